"""Which fields broke a database constraint, told in public names and never in those of the schema."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from django.db import connections
from django.db.models import BaseConstraint, CheckConstraint, F, ForeignKey, ManyToManyField, Model, Q, UniqueConstraint
from django.db.models.expressions import BaseExpression
from django.db.utils import IntegrityError

from ironbolt.core.violations import Kind, Violation, violation_of

TAKEN = "This value is already taken."
TAKEN_TOGETHER = "These values are already taken together."
MISSING = "No such object."
EMPTY = "This field may not be null."

FORBIDDEN = "This value is not allowed."
FORBIDDEN_TOGETHER = "These values are not allowed together."
NOT_RELATED = "It refers to something that is not there, or is itself still referred to."

_ATTRIBUTE = "_ironbolt_details"
_ALONE: dict[Kind, str] = {
    "unique": TAKEN,
    "exclusion": TAKEN,
    "missing": MISSING,
    "null": EMPTY,
    "check": FORBIDDEN,
}
_TOGETHER: dict[Kind, str] = {"unique": TAKEN_TOGETHER, "exclusion": TAKEN_TOGETHER, "check": FORBIDDEN_TOGETHER}
_WITHOUT_FIELDS: dict[Kind, str] = {"missing": NOT_RELATED, "null": "A value is missing."}


class Attempt(msgspec.Struct, frozen=True):
    """An object about to be written, with the many-to-many keys that go with it."""

    instance: Model
    references: Mapping[str, Iterable[Any]] = {}


def details_of(exc: IntegrityError) -> dict[str, list[str]]:
    """The details that :func:`explain` attached to ``exc``, empty if it never saw it."""
    details: dict[str, list[str]] = getattr(exc, _ATTRIBUTE, {})
    return details


def is_explained(exc: IntegrityError) -> bool:
    """Whether :func:`explain` has seen it, whatever it found."""
    return hasattr(exc, _ATTRIBUTE)


def sentence_of(exc: IntegrityError) -> str:
    """What was violated, without any name, for who has no fields to be told of; empty where nobody knows."""
    violation = violation_of(exc) if exc.__cause__ is not None else None  # raised by hand it says what it likes
    if violation is None:
        return ""
    return _WITHOUT_FIELDS.get(violation.kind) or _message(violation, len(violation.columns))


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
    violation = violation_of(exc)
    if violation:
        found = dict(_fields_of(violation, model))
    else:
        found = {name: MISSING for attempt in attempts for name in _dangling(attempt, using)}
    # Where clients have names for the fields, a field without one is none of theirs.
    names = {name: name for name in found} if public_names is None else public_names
    setattr(exc, _ATTRIBUTE, {names[name]: [message] for name, message in found.items() if name in names})


def _fields_of(violation: Violation, model: type[Model]) -> Iterator[tuple[str, str]]:
    """Field name → message, for the columns or the constraint that were violated."""
    if many_to_many := _through(violation.table, model):
        yield many_to_many.name, _ALONE[violation.kind]
        return
    declared = _declared(violation, model)
    names = [*dict.fromkeys(_names_of(declared) if declared else _names_by_column(violation, model))]
    message = _said(declared) or _message(violation, len(names))
    for name in names:
        yield name, message


def _message(violation: Violation, count: int) -> str:
    # The values of an expression are not taken as they are: the fields in it are told one by one.
    is_together = count > 1 and (violation.kind == "check" or len(violation.columns) > 1)
    return _TOGETHER.get(violation.kind, _ALONE[violation.kind]) if is_together else _ALONE[violation.kind]


def _names_by_column(violation: Violation, model: type[Model]) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        table = field.model._meta.db_table
        # A hook may have written another table, with columns of the same names; a check of SQLite's names no table.
        if field.column in violation.columns and violation.table in (table, ""):
            yield field.name
        elif violation.kind == "check" and violation.constraint in (f"{table}_{field.column}_check", field.column):
            yield field.name  # what PostgreSQL and SQLite call the check of one column, such as a positive number


def _declared(violation: Violation, model: type[Model]) -> BaseConstraint | None:
    """The constraint of a model that was violated, by its name or, where it has told none, by its columns."""
    bases: list[Any] = [base for base in model.__mro__ if hasattr(base, "_meta")]
    for base in bases:
        constraints: list[BaseConstraint] = base._meta.constraints
        for constraint in constraints:
            if violation.constraint:
                if constraint.name == violation.constraint:
                    return constraint
            elif isinstance(constraint, UniqueConstraint) and violation.table == base._meta.db_table:
                columns = {base._meta.get_field(name).column for name in constraint.fields}
                if violation.kind == "unique" and columns and columns == {*violation.columns}:
                    return constraint
    return None


def _said(constraint: BaseConstraint | None) -> str:
    """What whoever declared a constraint says of its violation; Django's own words tell its name."""
    if constraint is None or constraint.violation_error_message == constraint.default_violation_error_message:
        return ""
    return str(constraint.get_violation_error_message())


def _names_of(constraint: BaseConstraint) -> Iterator[str]:
    """The fields that a constraint is about."""
    fields: Iterable[str] = getattr(constraint, "fields", ())
    yield from fields
    if isinstance(constraint, CheckConstraint):
        yield from _names_in(constraint.condition)
    for expression in getattr(constraint, "expressions", ()):
        # An exclusion has pairs of an expression and its operator.
        yield from _names_in(expression[0] if isinstance(expression, tuple | list) else expression)


def _through(table: str, model: type[Model]) -> "ManyToManyField[Any, Any] | None":
    for field in model._meta.many_to_many:
        if _table_of(field) == table:
            return field
    return None


def _table_of(field: "ManyToManyField[Any, Any]") -> str:
    through = field.remote_field.through
    assert through is not None  # Django fills it in when the models are loaded
    return through._meta.db_table


def _names_in(expression: Any) -> Iterator[str]:
    """The fields that a condition or an expression speaks of."""
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, F):
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
