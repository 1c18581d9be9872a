"""SQL that was compiled once: its text, the places of its parameters, and what turns its rows into Python values."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from ironbolt.plans.making import Conversion, Makers, Template
from ironbolt.plans.quick_values import Convert, needs_driver, quick
from ironbolt.plans.refusal import CannotPlan, TooSlow, UnfitValuesError

Params = tuple[Any, ...]
Rows = Any
"""What a statement makes of its rows: themselves, or Found where it has makers."""

Converters = tuple[tuple[int, Convert], ...]
"""Position of a column, and what makes its Python value."""

_LIMIT, _OFFSET = 7_919_003, 104_729_011
"""Numbers that stand for a page where SQL is compiled; nobody asks for that page."""

_placeholder = re.compile(r"(?<!%)%s")

_page = re.compile(rf"LIMIT {_LIMIT} OFFSET {_OFFSET}$")


class Statement(msgspec.Struct, frozen=True):
    """A query that is ready to be run.

    Attributes:
        sql: with ``%s`` for each parameter, as Django's cursors take it.
        params: the parameters as they were when it was compiled; those of a page are not among them.
        converters: for each column that needs it, its position and what makes the Python value.
        quick: the same for rows that no driver has touched; None where the driver has to.
        quick_sql: the SQL with ``?`` for each parameter, as SQLite itself takes it; worked out.
        makers: what makes Structs of its rows, where that is what they are for; they convert values on their way.
        is_certain: of one that writes, whether an answer can be made of whatever it gives back.
    """

    sql: str
    params: Params
    converters: Converters = ()
    quick: Converters | None = ()
    quick_sql: str = ""
    makers: Makers | None = None
    is_certain: bool = False

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "quick_sql", _placeholder.sub("?", self.sql).replace("%%", "%"))

    def convert(self, rows: Sequence[Any]) -> Rows:
        """Rows of Django's cursor with Python values in them, as the ORM would give them."""
        return _converted(rows, self.converters) if self.makers is None else self.makers.of_django(rows)

    def convert_quickly(self, rows: Sequence[Any]) -> Rows:
        """The same for rows of a bare SQLite connection, with what it stores.

        Raises:
            TooSlow: only the driver knows what they are, or they are malformed.
        """
        if self.makers is not None:
            return self.makers.of_sqlite(rows)
        if self.quick is None:
            raise TooSlow
        try:
            return _converted(rows, self.quick)
        except Exception as error:
            raise TooSlow from error  # the driver and Django say in their own way what is wrong


def compiled(
    queryset: "QuerySet[Any]", using: str, *, paged: bool = False, template: Template | None = None
) -> Statement:
    """The SQL of a queryset of values.

    Args:
        queryset: the rows and their columns.
        using: the alias of the database.
        paged: whether the parameters end with how many rows to read, and how many to leave out before them.
        template: what is made of a row; None for the row itself.

    Raises:
        CannotPlan: it has none, since nothing can match, or its page can't be told apart from the rest.
    """
    if paged:
        queryset = queryset[_OFFSET : _OFFSET + _LIMIT]
    connection = connections[using]
    compiler = queryset.query.get_compiler(using)
    try:
        sql, params = compiler.as_sql()
    except (EmptyResultSet, FullResultSet):
        raise UnfitValuesError("nothing can match") from None
    if compiler.has_extra_select:
        raise CannotPlan("it is distinct, and ordered by more than is shown")
    if paged:
        sql, found = _page.subn("LIMIT %s OFFSET %s", sql)
        if not found:
            raise CannotPlan(f"{connection.vendor} pages in a way of its own")
    expressions = [expression for expression, _, _ in compiler.select[: compiler.col_count]]
    if template is None:
        return Statement(sql, tuple(params), *converters_of(expressions, compiler, connection))
    return Statement(sql, tuple(params), makers=makers_of(template, expressions, compiler, connection))


def makers_of(
    template: Template, expressions: list[Any], compiler: SQLCompiler, connection: BaseDatabaseWrapper
) -> Makers:
    """What makes Structs of rows with these columns."""
    is_bare = not _need_driver(expressions, connection)
    return Makers(template, _conversions(expressions, compiler, connection), is_bare=is_bare)


def converters_of(
    expressions: list[Any], compiler: SQLCompiler, connection: BaseDatabaseWrapper
) -> tuple[Converters, Converters | None]:
    """What makes Python values of columns: of those of Django's cursor, and of what SQLite stores without a driver."""
    conversions = _conversions(expressions, compiler, connection)
    by_django = tuple((position, one.by_django) for position, one in conversions.items())
    if _need_driver(expressions, connection):
        return by_django, None
    return by_django, tuple((position, one.quick.careful) for position, one in conversions.items())


def _conversions(
    expressions: list[Any], compiler: SQLCompiler, connection: BaseDatabaseWrapper
) -> dict[int, Conversion]:
    found = {}
    for position, (functions, expression) in compiler.get_converters(expressions).items():
        convert = _chain(functions, expression, connection)
        kind = expression.output_field.get_internal_type() if len(functions) == 1 else ""
        found[position] = Conversion(convert, quick(expression, kind, convert, connection))
    return found


def _need_driver(expressions: list[Any], connection: BaseDatabaseWrapper) -> bool:
    return any(needs_driver(expression.output_field, connection) for expression in expressions)


def _converted(rows: Sequence[Any], converters: Sequence[tuple[int, Convert]]) -> Sequence[Any]:
    if not converters or not rows:
        return rows
    columns: list[Any] = list(zip(*rows, strict=True))
    for position, converter in converters:
        columns[position] = map(converter, columns[position])
    return list(zip(*columns, strict=True))


def _chain(functions: Sequence[Callable[..., Any]], expression: Any, connection: BaseDatabaseWrapper) -> Convert:
    if len(functions) == 1:
        first = functions[0]
        return lambda value: first(value, expression, connection)

    def convert(value: Any) -> Any:
        for function in functions:
            value = function(value, expression, connection)
        return value

    return convert


class _CapturedError(Exception):
    """Carries what would have been run."""


class _Capture:
    """Stands where a cursor would."""

    def execute(self, sql: str, params: Any = None) -> None:
        raise _CapturedError(sql, tuple(params or ()))

    def close(self) -> None:
        """There is nothing to close."""


def captured(run: Callable[[], Any], using: str) -> Statement:
    """The first query that ``run`` would make, which is not made.

    Raises:
        CannotPlan: it makes none.
    """
    attributes = vars(connections[using])
    before = {name: attributes[name] for name in ("cursor",) if name in attributes}
    # Instead of a wrapper around the execution: nobody sees, counts or logs a query that is none.
    attributes["cursor"] = _Capture
    try:
        run()
    except _CapturedError as found:
        return Statement(*found.args)
    finally:
        del attributes["cursor"]
        attributes.update(before)
    raise UnfitValuesError("no query is made")
