"""The end of a statement that writes: the columns that it gives back, and what is made of them."""

from typing import Any

from django.db import connections, models
from django.db.models import Model
from django.db.models.sql.compiler import SQLCompiler

from ironbolt.plans.own_ways import has_triggers
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.selection import Selection, selection_of
from ironbolt.plans.sources import Column, LeftOut, Plan
from ironbolt.plans.statement import Params, Statement, makers_of

_CERTAIN = frozenset(
    {
        models.AutoField,
        models.BigAutoField,
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.DateField,
        models.DateTimeField,
        models.DecimalField,
        models.BinaryField,
        models.DurationField,
        models.EmailField,
        models.FloatField,
        models.ForeignKey,
        models.GenericIPAddressField,
        models.IntegerField,
        models.OneToOneField,
        models.PositiveBigIntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.SlugField,
        models.SmallIntegerField,
        models.TextField,
        models.TimeField,
        models.URLField,
        models.UUIDField,
    }
)
"""Columns whose values can be shown whatever they are."""


def check_told(sources: Plan) -> None:
    """Refuse an answer for which more is needed than the columns of the row.

    Raises:
        CannotPlan: the message names the field.
    """
    if sources.from_model is not None:
        raise CannotPlan(f"{sources.struct.__name__}.from_model wants an instance")
    for filled in sources.fields:
        source = filled.source
        own = isinstance(source, LeftOut) or (isinstance(source, Column) and len(source.path) == 1)
        if not own or (isinstance(source, Column) and source.is_file):
            raise CannotPlan(f"{filled.name!r} of the answer is no column of the row")


class Told:
    """How a row is shown by the statement that writes it.

    Args:
        sources: how rows are read.
        using: the alias of the database.

    Raises:
        CannotPlan: more is shown than the columns of the row.
    """

    def __init__(self, sources: Plan, using: str) -> None:
        check_told(sources)
        self.model: type[Model] = sources.model
        self.using = using
        self._struct: Any = sources.struct
        self._selection: Selection = selection_of(sources, frozenset(), shown=True)
        self._fields = [self._field(path) for path in self._selection.paths]

    def statement(self, sql: str, params: Params, compiler: SQLCompiler) -> Statement:
        """A statement that writes, and then shows."""
        connection = connections[self.using]
        operations: Any = connection.ops
        name = "returning_columns" if hasattr(operations, "returning_columns") else "return_insert_columns"
        returning, _ = getattr(operations, name)(self._fields)
        columns = [field.get_col(self.model._meta.db_table) for field in self._fields]
        makers = makers_of(self._selection.template, columns, compiler, connection)
        return Statement(f"{sql} {returning}", params, makers=makers, is_certain=self._is_certain())

    def _is_certain(self) -> bool:
        """Whether nothing of the project's, nor of the database's own, has a part in the answer."""
        plain = all(map(self._is_certain_to_show, self._fields)) and not hasattr(self._struct, "__post_init__")
        return plain and not has_triggers(self.model, self.using)

    def _is_certain_to_show(self, field: Any) -> bool:
        if field.has_db_default():  # infinite, or whatever else a database knows and Python does not
            return False
        # SQLite stores JSON whose texts can't be encoded, half a surrogate pair for instance.
        takes_json = connections[self.using].vendor == "postgresql"
        return type(field) in _CERTAIN or (takes_json and type(field) is models.JSONField and field.decoder is None)

    def _field(self, path: str) -> Any:
        field: Any = self.model._meta.get_field(path)
        if field not in self.model._meta.local_concrete_fields:
            raise CannotPlan(f"{path!r} is no column of the row")
        return field
