"""Deleting softly: what Django would delete is marked where it can be, and ``on_delete`` is honoured throughout."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any

from django.db import router
from django.db.models import Model, QuerySet, RestrictedError
from django.db.models.deletion import Collector
from django.utils import timezone

from ironbolt.core.unit import unit_of_work
from ironbolt.core.users import stored_user
from ironbolt.features.softdelete.columns import DELETED_AT, DELETED_BY, IS_DELETED, is_soft_deletable, knows_who

Count = tuple[int, dict[str, int]]
"""How many rows went, in all and by the label of their model; as ``Model.delete()`` counts."""

_deleter: ContextVar[Callable[[], Any] | None] = ContextVar("ironbolt_softdelete_deleter", default=None)


@contextmanager
def deleting_as(who: Callable[[], Any]) -> Iterator[None]:
    """Let what is deleted softly inside the block be deleted by somebody, where nobody else is named.

    Args:
        who: gives what a request calls its user; only asked where it has to be known.
    """
    token = _deleter.set(who)
    try:
        yield
    finally:
        _deleter.reset(token)


def delete_as(instance: Model, who: Callable[[], Any]) -> Count:
    """Delete an object by its own ``delete()``, softly or not, and let it know who does.

    Raises:
        ProtectedError, RestrictedError: another row forbids it.
    """
    with deleting_as(who):
        return instance.delete()


def soft_delete_as(instance: Model, who: Callable[[], Any]) -> Count:
    """The same, softly in any case: where ``delete()`` would be the end of the row, it is not asked.

    Raises:
        ProtectedError, RestrictedError: another row forbids it.
    """
    if getattr(instance, "deletes_softly", False):
        return delete_as(instance, who)
    with deleting_as(who):
        return soft_delete(instance)


def soft_delete(instance: Model, *, by: Any = None, using: str | None = None) -> Count:
    """Mark one object as deleted, with all that would go with it.

    Nothing is counted, and nothing done, where it has been deleted before.

    Args:
        instance: an object with the columns of ``SoftDeleteModel``; it knows afterwards that it is deleted.
        by: who deletes it, as a request calls its user, by default whoever :func:`deleting_as` names; nobody, where
            that one has no row among the users.
        using: the alias of the database, by default that of the object.

    Raises:
        ProtectedError, RestrictedError: a living row refers to it that forbids it.
    """
    model = type(instance)
    alias = using or router.db_for_write(model, instance=instance)
    rows = model._base_manager.using(alias).filter(pk=instance.pk)
    count, values = _delete(rows, alias, by)
    if count[0]:
        for name, value in values.items():
            if name != DELETED_BY or knows_who(model):
                setattr(instance, name, value)
    return count


def soft_delete_all(rows: "QuerySet[Any]", *, by: Any = None) -> Count:
    """The same for every row of a queryset, in a number of queries that does not grow with them.

    Raises:
        ProtectedError, RestrictedError: a living row refers to one of them that forbids it.
    """
    named: Any = rows
    alias: str = named._db or router.db_for_write(rows.model)  # noqa: SLF001 - db would ask for one to read from
    return _delete(rows.using(alias), alias, by)[0]


def _row_of(by: Any) -> Model | None:
    if by is None and (who := _deleter.get()) is not None:
        by = who()
    return stored_user(by)


def _delete(rows: "QuerySet[Any]", using: str, by: Any) -> tuple[Count, dict[str, Any]]:
    """What was deleted, and the values that it was marked with."""
    values: dict[str, Any] = {IS_DELETED: True, DELETED_AT: timezone.now()}
    with unit_of_work(using):
        found = _Marked(using)
        found.collect(_alive(rows))
        gone = Counter(found.settled().delete()[1])
        marked = {model: [one.pk for one in instances] for model, instances in found.data.items() if instances}
        values[DELETED_BY] = _row_of(by) if any(map(knows_who, marked)) else None
        for model, keys in marked.items():
            if count := _mark(model, keys, values, using):
                gone[model._meta.label] += count
    return (sum(gone.values()), dict(gone)), values


def _alive(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    model: Any = rows.model
    return rows.order_by().filter(**{IS_DELETED: False}) if is_soft_deletable(model) else rows


def _mark(model: type[Model], keys: Sequence[Any], values: dict[str, Any], using: str) -> int:
    own = values if knows_who(model) else {name: value for name, value in values.items() if name != DELETED_BY}
    rows = model._base_manager.using(using).filter(**{IS_DELETED: False})
    return sum(rows.filter(pk__in=keys[at : at + _BATCH]).update(**own) for at in range(0, len(keys), _BATCH))


_BATCH = 2_000
"""How many keys one statement names; databases limit the parameters of one."""


class _Gone(Collector):
    """What really goes: rows of models that can't be marked, and all that hangs on them, as Django deletes them."""

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        # Django's short cut for a single object would forget the other things we have put in here.
        return not isinstance(objs, Model) and super().can_fast_delete(objs, from_field)


class _Marked(Collector):
    """What is to be marked; what is found on the way and can't be is handed to those that go.

    Rows that have been deleted before are not there: they neither go again nor forbid anything.
    """

    def __init__(self, using: str) -> None:
        super().__init__(using)
        self._going = _Gone(using)

    def collect(self, objs: Any, *args: Any, **options: Any) -> None:
        """Collect rows with all that their deletion entails; what is restricted is judged by :meth:`settled`."""
        model: Any = objs.model if isinstance(objs, QuerySet) else type(objs[0]) if objs else None
        if model is None:
            return
        options["fail_on_restricted"] = False
        if not is_soft_deletable(model):
            self._going.collect(objs, *args, **options)
            return
        # A parent's row that can't be marked has to stay, since that of the child does.
        options["keep_parents"] = not all(map(is_soft_deletable, model._meta.all_parents))
        rows = _alive(objs) if isinstance(objs, QuerySet) else objs
        super().collect(rows, *args, **options)

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        model = getattr(objs, "model", None) or getattr(getattr(objs, "_meta", None), "model", None)
        marked = model is not None and is_soft_deletable(model)
        return not marked and not isinstance(objs, Model) and super().can_fast_delete(objs, from_field)

    def related_objects(self, related_model: Any, related_fields: Any, objs: Any) -> "QuerySet[Any]":
        """The rows that refer to these; those of automatic many-to-many tables stay, for a restoration needs them."""
        rows: QuerySet[Any] = super().related_objects(related_model, related_fields, objs)
        return rows.none() if related_model._meta.auto_created else _alive(rows)

    def settled(self) -> Any:
        """Everything that really goes or is changed, for its ``delete()``; what is in there is marked no more.

        Raises:
            RestrictedError: a row that stays restricts the deletion.
        """
        going: Any = self._going
        going.fast_deletes += self.fast_deletes
        for key, rows in self.field_updates.items():
            going.field_updates[key] += rows
        for model, fields in self.restricted_objects.items():
            for field, held in fields.items():
                going.restricted_objects[model][field].update(held)
        self._check_restricted(going)
        marked: Any = self.data
        for model, instances in going.data.items():
            if model in marked:
                marked[model] -= set(instances)
        return going

    def _check_restricted(self, going: Any) -> None:
        for model, instances in chain(self.data.items(), going.data.items()):
            going.clear_restricted_objects_from_set(model, set(instances))
        for rows in going.fast_deletes:
            going.clear_restricted_objects_from_queryset(rows.model, rows)
        left = {one for fields in going.restricted_objects.values() for rows in fields.values() for one in rows}
        if left:
            raise RestrictedError("Some instances can't be deleted: others that stay restrict it.", left)
