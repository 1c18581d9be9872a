"""Rows without the deleted ones, and the deleted ones alone, of any queryset."""

from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet, UniqueConstraint
from django.db.models.lookups import Exact

from ironbolt.core.scope import Scope
from ironbolt.features.softdelete.columns import IS_DELETED

_M = TypeVar("_M", bound=Model)


def _false(_: Any) -> tuple[bool]:
    return (False,)


LIVING = Scope((IS_DELETED,), _false)
"""Rows that are not deleted; a fixed shape, so that queries with it are compiled once."""


def living(rows: "QuerySet[_M]") -> "QuerySet[_M]":
    """``rows`` without the deleted ones."""
    if any(_says_living(node, rows) for node in rows.query.where.children):
        return rows
    return rows.filter(**{IS_DELETED: False})


def trash(rows: "QuerySet[_M]") -> "QuerySet[_M]":
    """The deleted ones of the rows that are meant: under every other condition of ``rows``, in their order.

    That ``rows`` leave out what is deleted, as those of a ``SoftDeleteManager`` do, counts for nothing.
    """
    found = rows.all()
    where = found.query.where
    if where.connector == "AND" and not where.negated:
        where.children = [node for node in where.children if not _says_living(node, found)]
    return found.filter(**{IS_DELETED: True})


def unique_among_living(*fields: str, name: str, **options: Any) -> UniqueConstraint:
    """A constraint that these fields are unique together, where what is deleted does not count.

    Args:
        fields: names of fields of the model.
        name: the name of the constraint, as all of Django's need one.
        options: more of ``UniqueConstraint``; a ``condition`` holds beside that of being alive.
    """
    alive = Q(**{IS_DELETED: False})
    condition = options.pop("condition", None)
    return UniqueConstraint(
        fields=fields, name=name, condition=alive if condition is None else alive & condition, **options
    )


def _says_living(node: Any, rows: "QuerySet[Any]") -> bool:
    """Whether a condition is that the row itself, and not one related to it, is alive."""
    if not isinstance(node, Exact) or node.rhs is not False:
        return False
    column: Any = node.lhs
    target = getattr(column, "target", None)
    if target is None or target.name != IS_DELETED:
        return False
    table = rows.query.alias_map.get(column.alias)
    return table is not None and _is_its_own(table, rows)


def _is_its_own(table: Any, rows: "QuerySet[Any]") -> bool:
    """Whether a table of a query is that of the rows, or of a parent that they inherit from."""
    field = getattr(table, "join_field", None)
    return field is None or bool(getattr(getattr(field, "remote_field", None), "parent_link", False))
