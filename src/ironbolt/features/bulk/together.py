"""Writing many rows by a number of statements that does not depend on how many there are."""

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any

from django.db import connections
from django.db.models import Case, F, Field, Model, Value, When
from django.db.models.functions import Cast

from ironbolt.features.bulk.faults import gone
from ironbolt.features.bulk.finding import batches
from ironbolt.features.bulk.items import Draft

MOST_VALUES = 8_000
"""How many values one UPDATE names; SQLite bounds the length of a statement, and every row is compared with all."""


def insert(model: type[Model], drafts: Sequence[Draft], using: str) -> None:
    """Insert new rows, which get their keys, and what they refer to."""
    model._base_manager.using(using).bulk_create([draft.instance for draft in drafts])
    _set_references(model, drafts, using, are_new=True)


def update(model: type[Model], drafts: Sequence[Draft], using: str) -> None:
    """Write to each row the columns that were meant for it, and the timestamps that keep themselves.

    Raises:
        ObjectDoesNotExist: a row has gone since it was read.
    """
    written = {id(draft): _columns(draft) for draft in drafts}
    columns = list(dict.fromkeys(chain.from_iterable(written.values())))
    if columns:
        for some in _batches(drafts, columns, using):
            _update(model, some, columns, written, using)
    _set_references(model, drafts, using, are_new=False)


def delete(model: type[Model], keys: Sequence[Any], using: str) -> None:
    """Delete rows, with what goes with them."""
    for some in batches(keys, using):
        model._base_manager.using(using).filter(pk__in=some).delete()


def _columns(draft: Draft) -> list["Field[Any, Any]"]:
    """The columns to write, whose values are made ready as ``Model.save`` does."""
    found = [
        field
        for field in draft.instance._meta.concrete_fields
        if not field.primary_key
        and not field.generated
        and (not {field.name, field.attname}.isdisjoint(draft.names) or getattr(field, "auto_now", False))
    ]
    for field in found:
        field.pre_save(draft.instance, add=False)
    return found


def _batches(drafts: Sequence[Draft], columns: Sequence[Any], using: str) -> Iterator[Sequence[Draft]]:
    connection = connections[using]
    key = drafts[0].instance._meta.pk
    # A row takes its key once for each column, and once more to be found.
    most = MOST_VALUES // len(columns)
    if limit := connection.features.max_query_params:
        most = min(most, limit // (2 * len(columns) + 1))
    size = max(1, most)
    assert key is not None
    for start in range(0, len(drafts), size):
        yield drafts[start : start + size]


def _update(
    model: type[Model], drafts: Sequence[Draft], columns: Sequence[Any], written: dict[int, list[Any]], using: str
) -> None:
    values = {
        field.attname: _value(field, [one for one in drafts if field in written[id(one)]], drafts, using)
        for field in columns
    }
    rows = model._base_manager.using(using).filter(pk__in=[draft.instance.pk for draft in drafts])
    if rows.update(**values) != len(drafts):
        raise gone(model)


def _value(field: Any, writing: Sequence[Draft], drafts: Sequence[Draft], using: str) -> Any:
    """What becomes of a column: the new value in the rows it was meant for, in the others what it is by then."""
    new = [getattr(draft.instance, field.attname) for draft in writing]
    if len(writing) == len(drafts) and all(type(one) is type(new[0]) and one == new[0] for one in new):
        return _expression(new[0], field)
    cases = [
        When(pk=draft.instance.pk, then=_expression(value, field)) for draft, value in zip(writing, new, strict=True)
    ]
    chosen: Any = Case(*cases, default=F(field.attname), output_field=field)
    return Cast(chosen, output_field=field) if connections[using].features.requires_casted_case_in_updates else chosen


def _expression(value: Any, field: Any) -> Any:
    return value if hasattr(value, "resolve_expression") else Value(value, output_field=field)


# --- relations to many ---------------------------------------------------------------------------------


def _set_references(model: type[Model], drafts: Sequence[Draft], using: str, *, are_new: bool) -> None:
    for field in model._meta.many_to_many:
        meant = [
            (draft.instance.pk, draft.references[field.name]) for draft in drafts if field.name in draft.references
        ]
        if meant:
            _set(field, meant, using, are_new=are_new)


def _set(field: Any, meant: Sequence[tuple[Any, Collection[Any]]], using: str, *, are_new: bool) -> None:
    """Have each row refer to the keys that were meant for it, and to no others."""
    through = field.remote_field.through
    names = (field.m2m_field_name(), field.m2m_reverse_field_name())
    own, other = (through._meta.get_field(name).attname for name in names)
    wanted = {(pk, key) for pk, keys in meant for key in keys}
    rows = through._base_manager.using(using)
    there: dict[tuple[Any, Any], Any] = {}
    if not are_new:
        for some in batches([pk for pk, _ in meant], using):
            found = rows.filter(**{f"{own}__in": some}).values_list(own, other, "pk")
            there |= {(pk, key): row for pk, key, row in found}
    for some in batches([row for pair, row in there.items() if pair not in wanted], using):
        rows.filter(pk__in=some).delete()
    new = [(pk, key) for pk, keys in meant for key in dict.fromkeys(keys) if (pk, key) not in there]
    rows.bulk_create([through(**{own: pk, other: key}) for pk, key in new])
