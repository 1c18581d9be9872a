"""The way of a bulk write: keys, rows, permissions, forms, the writing itself, the answer."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import DataError, IntegrityError
from django.db.models import Model, ProtectedError, RestrictedError

from ironbolt.core.errors import body_of
from ironbolt.core.handled import Handled
from ironbolt.core.unit import Unit, unit_of_work
from ironbolt.features.bulk import together
from ironbolt.features.bulk.door import Door, Kind
from ironbolt.features.bulk.eligibility import needs_rows, references_need_rows
from ironbolt.features.bulk.faults import BulkFailed, gone, problem_with
from ironbolt.features.bulk.finding import find
from ironbolt.features.bulk.items import Draft, Item, sound
from ironbolt.features.bulk.payload import read_keys
from ironbolt.features.bulk.references import drafts_of, refuse_dangling
from ironbolt.features.bulk.uniqueness import refuse_taken, refuse_twice

MULTI_STATUS = 207
DONE: dict[Kind, int] = {"create": 201, "update": 200, "destroy": 200}
"""The status of a bulk write that did all it was asked for."""

_DONE_EACH: dict[Kind, int] = {"create": 201, "update": 200, "destroy": 204}
_TRIES = 3
_Drafted = tuple[Item, Draft]


class Answer(msgspec.Struct, frozen=True):
    """What is answered: a status, and a body of plain data and of rows as the door shows them."""

    status: int
    body: Any


class _Work(msgspec.Struct, frozen=True):
    door: Door
    kind: Kind
    unit: Unit
    partial: bool

    def refuse(self, items: Sequence[Item]) -> None:
        """In atomic mode one fault is enough.

        Raises:
            BulkFailed: there is one.
        """
        if not self.partial and any(item.problem for item in items):
            raise BulkFailed(items)


def write(door: Door, kind: Kind, items: Sequence[Item], *, partial: bool = False) -> Answer:
    """Create, update or destroy many rows, in one unit of work.

    Args:
        door: the view, in the words of its door.
        kind: what is done.
        items: what was sent.
        partial: whether items that can't be done are left out, instead of undoing everything.

    Raises:
        BulkFailed: nothing was done, for these reasons; never in partial mode.
        Exception: what an item raised that is a fault of the server's; nothing was done either.
    """
    with unit_of_work(door.using) as unit:
        work = _Work(door, kind, unit, partial)
        if kind != "create":
            read_keys(door, items)
            find(door, items)
        if kind != "destroy":
            door.fill(sound(items))
            refuse_twice(door, items)
        work.refuse(items)
        if needs_rows(door.model, kind) or door.needs_rows(kind):
            _write_each(work, sound(items))
        elif kind == "destroy":
            _delete_together(work, sound(items))
        else:
            _write_together(work, sound(items))
        work.refuse(items)
        return _answer(work, items)


# --- together ------------------------------------------------------------------------------------------


def _write_together(work: _Work, items: Sequence[Item]) -> None:
    drafts: list[_Drafted] = []
    for item in items:
        try:
            drafts.append((item, work.door.draft(item)))
        except Exception as exc:  # noqa: BLE001 - what a hook says of an item is told with it
            item.problem = problem_with(exc, work.door)
    refuse_dangling(work.door, drafts)
    work.refuse(items)
    if references_need_rows([draft for _, draft in drafts]):
        _write_each(work, sound(items))
        return
    for _ in range(_TRIES):
        drafts = [(item, draft) for item, draft in drafts if item.problem is None]
        if not drafts or _stored(work, drafts):
            for item, _draft in drafts:
                work.door.settle(work.kind, item)
            return
        refuse_taken(work.door, drafts)
        work.refuse(items)
        if not any(item.problem for item, _ in drafts):
            break
    # The database has seen what nobody could find by looking: it is asked about each.
    _write_each(work, sound(items))


def _stored(work: _Work, drafts: Sequence[_Drafted]) -> bool:
    """Write the rows; False where the database refuses one of them and has undone all."""
    rows = [draft for _, draft in drafts]
    states = [(row.instance, row.instance.pk, row.instance._state.adding) for row in rows]
    try:
        with work.unit.part():
            for row in rows:
                work.unit.attempt(row.instance, row.references)
            store = together.insert if work.kind == "create" else together.update
            store(work.door.model, rows, work.door.using)
    except (IntegrityError, DataError):
        for instance, key, adding in states:
            instance.pk, instance._state.adding = key, adding
        return False
    for item, draft in drafts:
        item.instance = draft.instance
    return True


def _delete_together(work: _Work, items: Sequence[Item]) -> None:
    try:
        with work.unit.part():
            together.delete(work.door.model, [item.instance.pk for item in items], work.door.using)
    except (ProtectedError, RestrictedError) as exc:
        _refuse_protected(work, items, exc)
        work.refuse(items)
        _write_each(work, sound(items))
        return
    except IntegrityError:
        _write_each(work, items)
        return
    for item in items:
        work.door.settle(work.kind, item)


def _refuse_protected(work: _Work, items: Sequence[Item], exc: Any) -> None:
    """Tell which of the rows are referred to by what stands in the way."""
    blocking: set[Model] = getattr(exc, "protected_objects", None) or exc.restricted_objects
    keys = {
        getattr(one, field.attname)
        for one in blocking
        for field in one._meta.concrete_fields
        if field.related_model is not None and issubclass(work.door.model, field.related_model)
    }
    for item in items:
        if item.instance.pk in keys:
            item.problem = problem_with(exc, work.door)


# --- one by one ----------------------------------------------------------------------------------------


def _write_each(work: _Work, items: Sequence[Item]) -> None:
    written: list[_Drafted] = []
    for item in items:
        before = len(work.unit.attempts)
        try:
            if work.partial:
                _write_part(work, item)
            else:
                item.instance = work.door.write(work.kind, item)
                written += drafts_of(work.door, item, work.unit.attempts[before:])
        except Handled:
            raise
        except Exception as exc:
            item.problem = item.problem or problem_with(exc, work.door)
            if not work.partial:
                raise BulkFailed(items) from exc
    refuse_dangling(work.door, written)


def _write_part(work: _Work, item: Item) -> None:
    """Write one item, whose failure undoes nothing but itself."""
    early: Handled | None = None
    before = len(work.unit.attempts)
    with work.unit.part():
        try:
            item.instance = work.door.write(work.kind, item)
        except Handled as exc:
            early = exc  # it wants to keep what it did
        refuse_dangling(work.door, drafts_of(work.door, item, work.unit.attempts[before:]))
        if item.problem:
            raise BulkFailed([item])
    if early is not None:
        raise early


# --- the answer ----------------------------------------------------------------------------------------


def _answer(work: _Work, items: Sequence[Item]) -> Answer:
    done = sound(items)
    shown: dict[int, Any] = {}
    if work.kind != "destroy":
        shown = _shown(work, done)
    if work.partial:
        return Answer(MULTI_STATUS, [_outcome(work, item, shown) for item in items])
    body = {"deleted": len(done)} if work.kind == "destroy" else [shown[item.index] for item in items]
    return Answer(DONE[work.kind], body)


def _shown(work: _Work, items: Sequence[Item]) -> dict[int, Any]:
    """Items as clients see them, by index."""
    keys = {item.index: item.instance.pk for item in items if _is_row(item.instance, work.door.model)}
    found = work.door.show(list(keys.values()))
    if any(key not in found for key in keys.values()):
        raise gone(work.door.model)
    return {
        item.index: found[keys[item.index]] if item.index in keys else work.door.show_unsaved(item) for item in items
    }


def _is_row(instance: Any, model: type[Model]) -> bool:
    """Whether the view has saved one: a way of its own to create may queue it, or make something else."""
    return isinstance(instance, model._meta.concrete_model or model) and not instance._state.adding


def _outcome(work: _Work, item: Item, shown: dict[int, Any]) -> dict[str, Any]:
    if item.problem is not None:
        return {"index": item.index, "status": item.problem.status, **body_of(item.problem)}
    outcome: dict[str, Any] = {"index": item.index, "status": _DONE_EACH[work.kind]}
    return outcome if work.kind == "destroy" else {**outcome, "data": shown[item.index]}
