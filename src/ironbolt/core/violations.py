"""What a database says of a violated constraint, read off the driver's error."""

import re
from typing import Literal

import msgspec
from django.db.utils import IntegrityError

Kind = Literal["unique", "missing", "null", "check", "exclusion"]

_POSTGRES_KEY = re.compile(r"\((?P<columns>[^()]*)\)=\(")
"""The words around it depend on the language of the server."""

_POSTGRES_KINDS: dict[str, Kind] = {
    "23502": "null",
    "23503": "missing",
    "23505": "unique",
    "23514": "check",
    "23P01": "exclusion",
}

_SQLITE_COLUMNS = re.compile(r"(?P<kind>UNIQUE|NOT NULL) constraint failed: (?P<columns>.+)")
_SQLITE_INDEX = re.compile(r"UNIQUE constraint failed: index '(?P<name>[^']+)'")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>\w+)$")
_SQLITE_COLUMN_CHECK = re.compile(r'CHECK constraint failed: .*?"(?P<column>\w+)"')
_SQLITE_DANGLING = re.compile(r"invalid foreign key: (?P<table>\w+)\.(?P<column>\w+) contains")


class Violation(msgspec.Struct, frozen=True):
    """A violated constraint in the words of the schema.

    Attributes:
        kind: what was violated.
        columns: its columns, where the database names them.
        table: the table, where the database names it.
        constraint: the name of the constraint, where the database names it.
    """

    kind: Kind
    columns: tuple[str, ...] = ()
    table: str = ""
    constraint: str = ""


def violation_of(exc: IntegrityError) -> Violation | None:
    """What was violated; None where the database does not say, as SQLite of a foreign key at the commit."""
    return _of_postgres(exc) or _of_sqlite(str(exc))


def _of_postgres(exc: IntegrityError) -> Violation | None:
    diagnosis = getattr(exc.__cause__, "diag", None)
    kind = _POSTGRES_KINDS.get(getattr(diagnosis, "sqlstate", None) or "")
    if diagnosis is None or kind is None:
        return None
    key = _POSTGRES_KEY.search(diagnosis.message_detail or "")
    columns = key["columns"].split(", ") if key else [diagnosis.column_name or ""]
    return Violation(
        kind,
        tuple(column.strip('"') for column in columns if column),
        diagnosis.table_name or "",
        diagnosis.constraint_name or "",
    )


def _of_sqlite(text: str) -> Violation | None:
    if found := _SQLITE_INDEX.search(text):
        return Violation("unique", constraint=found["name"])
    if found := _SQLITE_COLUMNS.search(text):
        pairs = [column.partition(".") for column in found["columns"].split(", ")]
        kind: Kind = "null" if found["kind"] == "NOT NULL" else "unique"
        return Violation(kind, tuple(column for _, _, column in pairs), pairs[0][0])
    if found := _SQLITE_CHECK.search(text):
        return Violation("check", constraint=found["name"])
    if found := _SQLITE_COLUMN_CHECK.search(text):
        return Violation("check", (found["column"],))
    if found := _SQLITE_DANGLING.search(text):
        return Violation("missing", (found["column"],), found["table"])
    return None
