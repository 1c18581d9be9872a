"""New rows of a model by one statement: values by attribute, what Django would add to them, and no instance."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import connections, models
from django.db.models import Model
from django.db.models.sql import InsertQuery
from django.utils import timezone

from ironbolt.core.threads import on_a_loop
from ironbolt.plans.preparing import Prepare, preparation
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.statement import Params, Statement
from ironbolt.plans.told import Told

_NOT_SENT: Any = object()


class _Holder:
    """Stands for an instance, where a column makes its value itself."""


class Filling:
    """How one column gets its value.

    Args:
        field: the column.
        using: the alias of the database.

    Attributes:
        is_kept: whether the column makes its value itself at every insert.
    """

    def __init__(self, field: "models.Field[Any, Any]", using: str) -> None:
        self.attribute: str = field.attname
        self.prepare: Prepare = preparation(field, connections[using])
        self.is_kept = bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))
        self.otherwise: Callable[[], Any] = self._kept(field) if self.is_kept else self._default(field)

    def _kept(self, field: Any) -> Callable[[], Any]:
        prepare = self.prepare
        if type(field) is models.DateTimeField:
            return lambda: prepare(timezone.now())  # as its pre_save, without an instance
        return lambda: prepare(field.pre_save(_Holder(), add=True))

    def _default(self, field: Any) -> Callable[[], Any]:
        prepare = self.prepare
        if callable(field.default):
            return lambda: prepare(field.get_default())
        if field.has_db_default() and not field.has_default():
            return lambda: None  # only where the database itself is not asked for it
        value = field.get_default()
        if isinstance(field, models.FileField):
            file: Any = field.attr_class
            value = file(None, field, value)  # as an instance has it
        constant = prepare(value)
        return lambda: constant


class NewRows:
    """Inserts rows of one model.

    Args:
        told: how they are shown.
    """

    def __init__(self, told: Told) -> None:
        self._told = told
        self._model = told.model
        meta: Any = told.model._meta
        self._fields = [field for field in meta.local_concrete_fields if not field.generated]
        self._fillings = {field.attname: Filling(field, told.using) for field in self._fields}
        left_out = [field for field in self._fields if field is meta.auto_field or _is_by_database(field)]
        self._may_be_left_out = frozenset(field.attname for field in left_out)
        self._statements: dict[frozenset[str], tuple[Statement, tuple[Filling, ...]]] = {}

    def query(self, values: Mapping[str, Any]) -> tuple[Statement, Params]:
        """The statement for a row of these values, by attribute.

        Raises:
            CannotPlan: Django has to save it.
            TooSlow: it has to be compiled, and this is an event loop.
        """
        absent = self._may_be_left_out.difference(values)
        found = self._statements.get(absent)
        if found is None:
            if on_a_loop():
                raise TooSlow
            found = self._statements[absent] = self._compiled(absent)
        statement, fillings = found
        params = []
        for filling in fillings:
            value = values.get(filling.attribute, _NOT_SENT)
            params.append(filling.otherwise() if value is _NOT_SENT or filling.is_kept else filling.prepare(value))
        return statement, tuple(params)

    def _compiled(self, absent: frozenset[str]) -> tuple[Statement, tuple[Filling, ...]]:
        fields = [field for field in self._fields if field.attname not in absent]
        if not fields:
            raise CannotPlan("there is no value to insert")
        query = InsertQuery(self._model)
        query.insert_values(fields, [_sample(self._model, fields)])
        compiler = query.get_compiler(self._told.using)
        sql, params = compiler.as_sql()[0]
        values = ", ".join(["%s"] * len(fields))
        if not sql.endswith(f"VALUES ({values})") or len(params) != len(fields):
            raise CannotPlan("a column wants more than its value")
        statement = self._told.statement(sql, (), compiler)
        return statement, tuple(self._fillings[field.attname] for field in fields)


def _is_by_database(field: Any) -> bool:
    return bool(field.has_db_default() and not field.has_default())


def _sample(model: type[Model], fields: list[Any]) -> Model:
    """An instance without an expression of SQL in these columns."""
    sample = model()
    for field in fields:
        if hasattr(getattr(sample, field.attname), "resolve_expression"):
            setattr(sample, field.attname, None)
    return sample
