"""Querysets that may also be awaited, so that one method serves synchronous and asynchronous code."""

from collections.abc import Generator
from functools import cache
from typing import Any

from django.db.models import QuerySet


class _Awaitable:
    """``await queryset`` is the queryset itself, as lazy as before."""

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()  # nothing to wait for; an await wants a generator all the same
        return self


@cache
def _awaitable_class(kind: type["QuerySet[Any]"]) -> type["QuerySet[Any]"]:
    return type(kind.__name__, (_Awaitable, kind), {"__module__": kind.__module__, "__doc__": kind.__doc__})


def awaitable(queryset: "QuerySet[Any]") -> "QuerySet[Any]":
    """A fresh clone of ``queryset`` that may be awaited; so may everything that is made from it."""
    clone = queryset.all()
    if not isinstance(clone, _Awaitable):
        clone.__class__ = _awaitable_class(type(clone))
    return clone
