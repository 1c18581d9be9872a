"""Which fields broke a database constraint, told in public names and never in those of the schema."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from django.db import connections
from django.db.models import CheckConstraint, F, ForeignKey, ManyToManyField, Model, Q
from django.db.models.expressions import BaseExpression
from django.db.utils import IntegrityError

TAKEN = "This value is already taken."
TAKEN_TOGETHER = "These values are already taken together."
MISSING = "No such object."
EMPTY = "This field may not be null."

_ATTRIBUTE = "_ironbolt_details"
_POSTGRES_KEY = re.compile(r"\((?P<columns>[^()]*)\)=\(")
"""The words around it depend on the language of the server."""

_SQLITE_COLUMNS = re.compile(r"(?P<kind>UNIQUE|NOT NULL) constraint failed: (?P<columns>.+)")
_SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '(?P<name>[^']+)'")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>\w+)")
_SQLITE_DANGLING = re.compile(r"invalid foreign key: (?P<table>\w+)\.(?P<column>\w+) contains")


class Attempt(msgspec.Struct, frozen=True):
    """An object about to be written, with the many-to-many keys that go with it."""

    instance: Model
    references: Mapping[str, Iterable[Any]] = {}


class _Violation(msgspec.Struct, frozen=True):
    message: str
    columns: tuple[str, ...] = ()
    table: str = ""
    constraint: str = ""


def details_of(exc: IntegrityError) -> dict[str, list[str]]:
    """The details that :func:`explain` attached to ``exc``, empty if it never saw it."""
    details: dict[str, list[str]] = getattr(exc, _ATTRIBUTE, {})
    return details


def explain(
    exc: IntegrityError,
    model: type[Model],
    *,
    attempts: Iterable[Attempt] = (),
    public_names: Mapping[str, str] | None = None,
    using: str = "default",
) -> None:
    """Attach to ``exc`` what it says about the fields of ``model``.

    Must be called after the failed transaction was rolled back: where the database does not name the
    dangling key (SQLite at commit), the keys in ``attempts`` are looked up.
    """
    violation = _of_postgres(exc) or _of_sqlite(exc)
    if violation:
        found = dict(_fields_of(violation, model))
    else:
        found = {name: MISSING for attempt in attempts for name in _dangling(attempt, using)}
    # Where clients have names for the fields, a field without one is none of theirs.
    names = public_names or {name: name for name in found}
    setattr(exc, _ATTRIBUTE, {names[name]: [message] for name, message in found.items() if name in names})


def _of_postgres(exc: IntegrityError) -> _Violation | None:
    diagnosis = getattr(exc.__cause__, "diag", None)
    if diagnosis is None:
        return None
    message = {"23503": MISSING, "23502": EMPTY}.get(diagnosis.sqlstate, TAKEN)
    key = _POSTGRES_KEY.search(diagnosis.message_detail or "")
    columns = key["columns"].split(", ") if key else [diagnosis.column_name or ""]
    return _Violation(
        message=message,
        columns=tuple(column.strip('"') for column in columns if column),
        table=diagnosis.table_name or "",
        # Without plain columns it is a check, or the uniqueness of an expression.
        constraint="" if key or diagnosis.column_name else diagnosis.constraint_name or "",
    )


def _of_sqlite(exc: IntegrityError) -> _Violation | None:
    text = str(exc)
    if found := _SQLITE_INDEX.search(text):
        return _Violation(TAKEN, constraint=found["name"])
    if found := _SQLITE_COLUMNS.search(text):
        pairs = [column.partition(".") for column in found["columns"].split(", ")]
        message = EMPTY if found["kind"] == "NOT NULL" else TAKEN
        return _Violation(message, tuple(column for _, _, column in pairs), table=pairs[0][0])
    if found := _SQLITE_CHECK.search(text):
        return _Violation("", constraint=found["name"])
    if found := _SQLITE_DANGLING.search(text):
        return _Violation(MISSING, (found["column"],), found["table"])
    return None


def _fields_of(violation: _Violation, model: type[Model]) -> Iterator[tuple[str, str]]:
    """Field name → message, for the columns or the check constraint that were violated."""
    if violation.constraint:
        yield from _fields_of_constraint(violation, model)
        return
    if many_to_many := _through(violation.table, model):
        yield many_to_many.name, violation.message
        return
    together = violation.message == TAKEN and len(violation.columns) > 1
    for field in model._meta.concrete_fields:
        # A hook may have written another table, with columns of the same names.
        if field.column in violation.columns and field.model._meta.db_table == violation.table:
            yield field.name, TAKEN_TOGETHER if together else violation.message


def _through(table: str, model: type[Model]) -> "ManyToManyField[Any, Any] | None":
    for field in model._meta.many_to_many:
        if _table_of(field) == table:
            return field
    return None


def _table_of(field: "ManyToManyField[Any, Any]") -> str:
    through = field.remote_field.through
    assert through is not None  # Django fills it in when the models are loaded
    return through._meta.db_table


def _fields_of_constraint(violation: _Violation, model: type[Model]) -> Iterator[tuple[str, str]]:
    constraints = [item for base in model.__mro__ if hasattr(base, "_meta") for item in base._meta.constraints]
    for constraint in constraints:
        if constraint.name == violation.constraint:
            checked = getattr(constraint, "condition", None) if isinstance(constraint, CheckConstraint) else None
            parts = [checked] if checked is not None else getattr(constraint, "expressions", ())
            message = str(constraint.get_violation_error_message()) if checked is not None else violation.message
            for name in dict.fromkeys(name for part in parts for name in _names_in(part)):
                yield name, message
            return


def _names_in(expression: Any) -> Iterator[str]:
    """The fields that a condition or an expression speaks of."""
    if isinstance(expression, F):
        yield str(expression.name).split("__")[0]  # type: ignore[attr-defined]  # missing in the stubs
    elif isinstance(expression, Q):
        for child in expression.children:
            if isinstance(child, tuple):
                yield child[0].split("__")[0]
                yield from _names_in(child[1])
            else:
                yield from _names_in(child)
    elif isinstance(expression, BaseExpression):
        for part in expression.get_source_expressions():
            yield from _names_in(part)


def _dangling(attempt: Attempt, using: str) -> Iterator[str]:
    """Names of the relations of an attempted object that point to nothing."""
    for field in attempt.instance._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            key = getattr(attempt.instance, field.attname)
            if key is not None and _count(field.related_model, [key], using, field.target_field.name) == 0:
                yield field.name
    for name, keys in attempt.references.items():
        wanted = set(keys)
        related = attempt.instance._meta.get_field(name).related_model
        if _count(related, wanted, using) < len(wanted):
            yield name


def _count(model: Any, keys: Iterable[Any], using: str, name: str = "pk") -> int:
    return int(model._base_manager.using(using).filter(**{f"{name}__in": list(keys)}).count())


def check_deferred(models: Iterable[type[Model]], using: str) -> None:
    """Check deferred foreign keys now, for a unit whose commit lies with somebody else (a test's transaction).

    Raises:
        IntegrityError: a key written since the transaction began points to nothing.
    """
    tables = {table for model in models for table in _tables_of(model)}
    if tables:
        connections[using].check_constraints(table_names=sorted(tables))


def _tables_of(model: type[Model]) -> Iterator[str]:
    yield from {field.model._meta.db_table for field in model._meta.concrete_fields}  # those of its parents too
    for field in model._meta.many_to_many:
        yield _table_of(field)
