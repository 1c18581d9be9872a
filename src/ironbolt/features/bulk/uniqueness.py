"""Values that may be there once only: those that a payload has twice, and those that the database has already."""

import operator
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cache, reduce
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, UniqueConstraint

from ironbolt.core.errors import Details
from ironbolt.core.integrity import TAKEN, TAKEN_TOGETHER
from ironbolt.features.bulk.door import Door
from ironbolt.features.bulk.faults import TWICE, TWICE_TOGETHER, invalid, violated
from ironbolt.features.bulk.items import Draft, Item, sound

Fields = tuple[Any, ...]


@cache
def unique_sets(model: type[Model]) -> tuple[Fields, ...]:
    """The fields of a model, alone or together, whose plain values no two rows share.

    Constraints with a condition or over expressions are not among them: only the database can tell.
    """
    meta = model._meta
    single = [(field,) for field in meta.concrete_fields if field.unique]
    constraints = [
        one.fields for one in meta.constraints if isinstance(one, UniqueConstraint) and one.condition is None
    ]
    together = [tuple(map(meta.get_field, names)) for names in (*meta.unique_together, *constraints) if names]
    return (*single, *together)


def refuse_twice(door: Door, items: Sequence[Item]) -> None:
    """Of several items that were sent with the same unique value, the first alone is without fault."""
    for fields in unique_sets(door.model):
        seen: dict[Hashable, int] = {}
        for item in sound(items):
            if (values := _sent(item, fields)) is None:
                continue
            first = seen.setdefault(values, item.index)
            if first != item.index:
                words = TWICE if len(fields) == 1 else TWICE_TOGETHER
                item.problem = invalid(_named(fields, words.format(index=first), door))


def _named(fields: Fields, message: str, door: Door) -> Details:
    return {door.names.get(field.name, field.name): [message] for field in fields}


def _sent(item: Item, fields: Fields) -> Hashable | None:
    """The values that an item was sent with, None where one of them is missing or empty."""
    values = tuple(item.values.get(field.attname, item.values.get(field.name)) for field in fields)
    return None if any(value is None for value in values) else _comparable(fields, values)


def _comparable(fields: Fields, values: Iterable[Any]) -> Hashable | None:
    """Values in the form that the database compares them in; None where there is none."""
    plain = []
    for field, value in zip(fields, values, strict=True):
        if isinstance(value, Model):
            value = getattr(value, field.target_field.attname)  # noqa: PLW2901 - a relation is told by its key
        if hasattr(value, "resolve_expression"):
            return None
        plain.append(value)
    try:
        found = tuple(field.to_python(value) for field, value in zip(fields, plain, strict=True))
        hash(found)
    except (TypeError, ValueError, ValidationError):
        return None
    return found


def refuse_taken(door: Door, drafts: Sequence[tuple[Item, Draft]]) -> None:
    """Find by one query which unique values other rows have already, and tell each item of them."""
    concerned = list(_concerned(door.model, drafts))
    if not concerned:
        return
    condition = reduce(operator.or_, (_any_of(fields, values) for fields, values in concerned))
    columns = sorted({field.attname for fields, _ in concerned for field in fields})
    rows = list(door.model._base_manager.using(door.using).filter(condition).values("pk", *columns))
    for fields, _ in concerned:
        owners = {_comparable(fields, (row[field.attname] for field in fields)): row["pk"] for row in rows}
        for item, draft in drafts:
            values = _of_instance(draft, fields)
            if values is not None and values in owners and owners[values] != _own_key(draft):
                message = TAKEN if len(fields) == 1 else TAKEN_TOGETHER
                item.problem = item.problem or violated(dict.fromkeys((one.name for one in fields), message), door)


def _concerned(
    model: type[Model], drafts: Sequence[tuple[Item, Draft]]
) -> Iterator[tuple[Fields, list[tuple[Any, ...]]]]:
    """The unique fields of which something is written, with the values they are to have."""
    for fields in unique_sets(model):
        values = [found for _, draft in drafts if (found := _of_instance(draft, fields)) is not None]
        if values:
            yield fields, values


def _of_instance(draft: Draft, fields: Fields) -> Any:
    is_new = draft.instance._state.adding
    if not is_new and not any({field.name, field.attname} & draft.names for field in fields):
        return None
    values = [getattr(draft.instance, field.attname) for field in fields]
    return None if any(value is None for value in values) else _comparable(fields, values)


def _own_key(draft: Draft) -> Any:
    return None if draft.instance._state.adding else draft.instance.pk


def _any_of(fields: Fields, values: Sequence[tuple[Any, ...]]) -> Q:
    """Rows that may have one of several sets of values; of those that were found each is compared once more."""
    columns = zip(fields, zip(*values, strict=True), strict=True)
    return Q(*((f"{field.attname}__in", list(dict.fromkeys(column))) for field, column in columns))
