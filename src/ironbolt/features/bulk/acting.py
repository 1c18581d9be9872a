"""What a bulk write asks of a view set in the name of its single action."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Model


@contextmanager
def acting_as(view: Any, action: str) -> Iterator[None]:
    """Let a view set be asked as if for another action, the single one of which a bulk action does many."""
    before, view.action = view.action, action
    try:
        yield
    finally:
        view.action = before


def key_field_of(model: type[Model], lookup: str) -> Any:
    """The field that items name their row by: that which addresses look up, if it is unique; else the primary key."""
    found = next((field for field in model._meta.concrete_fields if field.name == lookup), None)
    return found if found is not None and found.unique else model._meta.pk
