"""Inserting a row with SQL that was built once, and taking over what the database made of it.

What ``Model.save`` does beside the statement (signals, parents, overrides) a plan can't do: then it stands
back, and Django saves.
"""

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec
from django.db import connections, transaction
from django.db.models import Field, Model
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery

from ironbolt.plans.own_ways import saves_in_its_own_way
from ironbolt.plans.preparing import Prepare, preparation
from ironbolt.plans.statement import Statement, converters_of

_STORED = "_ironbolt_is_as_stored"


class InsertPlan(msgspec.Struct, frozen=True):
    """How rows of a model are inserted.

    Attributes:
        statement: returns every column of the new row.
        readers: for each parameter what reads its value off an instance, and what the driver wants for it.
        names: the attributes of the columns that are returned.
    """

    statement: Statement
    readers: tuple[tuple[Callable[[Any], Any], Prepare], ...]
    names: tuple[str, ...]

    def params(self, instance: Model) -> list[Any] | None:
        """The parameters for an instance; None where a value is an expression of SQL."""
        params = []
        for read, prepare in self.readers:
            value = read(instance)
            if hasattr(value, "resolve_expression"):
                return None
            params.append(prepare(value))
        return params


def insert(instance: Model, using: str) -> bool:
    """Insert a new row and give ``instance`` every value that it has in the database.

    False where this has to be left to Django: nothing was done then.

    Raises:
        IntegrityError, DataError: as ``Model.save``.
    """
    model = type(instance)
    if instance._state.fields_cache or _is_listened_to(model):
        return False
    plan = _plan(model, using, instance.pk is not None)
    params = plan.params(instance) if plan else None
    if plan is None or params is None:
        return False
    with transaction.mark_for_rollback_on_error(using), connections[using].cursor() as cursor:
        cursor.execute(plan.statement.sql, params)
        rows = plan.statement.convert(cursor.fetchall())
    for name, value in zip(plan.names, rows[0], strict=True):
        setattr(instance, name, value)
    instance._state.adding = False
    instance._state.db = using
    setattr(instance._state, _STORED, True)
    return True


def is_as_stored(instance: Model) -> bool:
    """Whether all columns of an instance came back from the database when it was inserted."""
    return getattr(instance._state, _STORED, False)


def _is_listened_to(model: type[Model]) -> bool:
    return pre_save.has_listeners(model) or post_save.has_listeners(model)


@cache
def _plan(model: type[Model], using: str, with_key: bool) -> InsertPlan | None:
    meta = model._meta
    if saves_in_its_own_way(model) or not connections[using].features.can_return_columns_from_insert:
        return None
    fields = [
        field
        for field in meta.local_concrete_fields
        if not field.generated and (with_key or field is not meta.auto_field)
    ]
    if not with_key and meta.auto_field is None:
        return None  # the key is made by Python
    readers = tuple((_reader(field), preparation(field, connections[using])) for field in fields)
    statement = _statement(model, fields, using)
    if statement is None:
        return None
    return InsertPlan(statement, readers, tuple(field.attname for field in meta.local_concrete_fields))


def _reader(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    if type(field).pre_save is Field.pre_save:
        return attrgetter(field.attname)
    return lambda instance: field.pre_save(instance, add=True)


def _statement(model: type[Model], fields: Sequence[Any], using: str) -> Statement | None:
    """The SQL for values that are no expressions; None where a column wants more than its value."""
    query = InsertQuery(model)
    query.insert_values(fields, [model()])
    compiler = query.get_compiler(using)
    columns: list[Any] = list(model._meta.local_concrete_fields)
    compiler.returning_fields = columns
    sql, params = compiler.as_sql()[0]
    values = ", ".join(["%s"] * len(fields))
    if f"VALUES ({values})" not in sql or len(params) != len(fields):
        return None
    shown = [field.get_col(model._meta.db_table) for field in columns]
    return Statement(sql, tuple(params), *converters_of(shown, compiler, connections[using]))
