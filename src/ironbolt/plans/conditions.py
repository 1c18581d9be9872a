"""Values that change from request to request: where they stand among the parameters of a compiled statement."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import models
from django.db.models import Lookup, QuerySet
from django.db.models.lookups import YearLookup
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from ironbolt.plans.leaves import with_value
from ironbolt.plans.refusal import CannotPlan, UnfitValuesError
from ironbolt.plans.samples import target_of
from ironbolt.plans.statement import Params, Statement
from ironbolt.plans.variation import other_than

Build = Callable[[Sequence[Any]], "QuerySet[Any]"]
"""Makes the queryset for these values."""

Samples = tuple[Any, Any]
"""Two values that differ, to compile with."""

_ELSEWHERE, _NOWHERE = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")
"""Time zones where few projects are."""

Compile = Callable[["QuerySet[Any]"], Statement]
"""Makes the statement of a queryset."""


_LEAST, _MOST = -(2**31), 2**31 - 1
"""Numbers that no column of whole numbers but the smallest stumbles over."""


class Slot(msgspec.Struct, frozen=True):
    """Parameters of a statement that are made of one value.

    Attributes:
        value: which of the values.
        first: the position of the first parameter.
        count: how many there are.
        lookup: the lookup that makes them.
        compiler: what it was compiled by.
        sql: how it writes them.
        plain: the type of values that are their own parameter, if there is one.
        is_prepared: whether values come as the lookup has prepared them already.
    """

    value: int
    first: int
    count: int
    lookup: "Lookup[Any]"
    compiler: SQLCompiler
    sql: str = ""
    plain: type | None = None
    is_prepared: bool = False

    def params(self, value: Any) -> Sequence[Any]:
        """The parameters for a value.

        Raises:
            EmptyResultSet: nothing can match it.
            CannotPlan: it does not fit the shape.
        """
        plain: Any = self.plain
        if type(value) is plain and (plain is str or _LEAST <= value <= _MOST):
            return (value,)
        try:
            sql, made = right_side(self._asking(value), self.compiler)
        except FullResultSet:
            raise UnfitValuesError("everything matches a value") from None
        if len(made) != self.count or sql != self.sql:
            raise UnfitValuesError("a value changes the shape of the query")
        return made

    def _asking(self, value: Any) -> "Lookup[Any]":
        lookup = self.lookup
        return with_value(lookup, value) if self.is_prepared else type(lookup)(lookup.lhs, value)


class Bound(msgspec.Struct, frozen=True):
    """A statement and the places of its values.

    Attributes:
        statement: the statement.
        slots: where the values stand.
        zone: the current time zone that it was compiled in, None where it would be the same in any other.
    """

    statement: Statement
    slots: tuple[Slot, ...]
    zone: str | None = None

    def params(self, values: Sequence[Any]) -> Params:
        """The parameters for these values.

        Raises:
            EmptyResultSet: nothing can match them.
            CannotPlan: one of them does not fit the shape.
        """
        if self.zone is not None and self.zone != timezone.get_current_timezone_name():
            raise UnfitValuesError("it was compiled for another time zone")
        if not self.slots:
            return self.statement.params
        if len(self.statement.params) == 1:
            return (*self.slots[0].params(values[self.slots[0].value]),)
        params = list(self.statement.params)
        for slot in self.slots:
            params[slot.first : slot.first + slot.count] = slot.params(values[slot.value])
        return tuple(params)


def bound(build: Build, values: Sequence[Any], using: str, compile_: Compile, prepared: int = 0) -> Bound:
    """Compile a shape, and again with every value changed in its turn: what changes along is the value's place.

    Args:
        build: makes the queryset for given values.
        values: one for each place; true and false decide the shape itself, and have none.
        using: the alias of the database.
        compile_: makes the statement of a queryset.
        prepared: how many of them, from the first on, are the right sides of lookups; the SQL need not have those.

    Raises:
        CannotPlan: a value changes more than its own parameters.
    """
    queryset = build(values)
    statement = compile_(queryset)
    compiler = queryset.query.get_compiler(using)
    slots: list[Slot] = []
    for index, value in enumerate(values):
        if isinstance(value, bool):
            continue
        other = other_than(value)
        changed = build([*values[:index], other, *values[index + 1 :]])
        one = _Sample(value, queryset.query, statement)
        slots += _slots(index, one, _Sample(other, changed.query, compile_(changed)), compiler, index < prepared)
    return Bound(statement, tuple(slots), _zone_of(statement, queryset, compile_))


def _zone_of(statement: Statement, queryset: "QuerySet[Any]", compile_: Compile) -> str | None:
    """The current time zone, where the statement depends on it: of which day an instant is, for example."""
    here = timezone.get_current_timezone_name()
    with timezone.override(_ELSEWHERE if here != _ELSEWHERE.key else _NOWHERE):
        moved = compile_(queryset)
    return None if (moved.sql, moved.params) == (statement.sql, statement.params) else here


class _Sample(msgspec.Struct, frozen=True):
    """A value, and what a shape is with it."""

    value: Any
    query: Query
    statement: Statement


def _slots(index: int, one: _Sample, other: _Sample, compiler: SQLCompiler, is_prepared: bool) -> Iterator[Slot]:
    """The places of one value, told by two samples of it.

    Raises:
        CannotPlan: something else changes along with it.
    """
    lookups, changed = [*_lookups(one.query)], [*_lookups(other.query)]
    if len(lookups) != len(changed):
        raise CannotPlan("a value changes the conditions")
    probes = [
        _probe(Slot(index, 0, 0, lookup, compiler, is_prepared=is_prepared), again)
        for lookup, again in zip(lookups, changed, strict=True)
        if lookup.rhs != again.rhs
    ]
    missing = _changed_places(one.statement, other.statement)
    if not missing and not is_prepared:
        raise CannotPlan("a value is not among the parameters")
    begin, lost = 0, False
    for probe in probes:
        slot = _placed(probe, one, other, begin)
        if slot is None:
            lost = True
            continue
        begin = slot.first + slot.count
        missing -= set(range(slot.first, begin))
        yield slot
    if missing:
        raise CannotPlan(f"a value {'is changed on its way to the database' if lost else 'stands where no lookup is'}")


def _changed_places(one: Statement, other: Statement) -> set[int]:
    if one.sql != other.sql or len(one.params) != len(other.params):
        raise CannotPlan("a value changes the SQL")
    return {at for at, pair in enumerate(zip(one.params, other.params, strict=True)) if pair[0] != pair[1]}


def _probe(slot: Slot, again: "Lookup[Any]") -> Slot:
    """What a lookup writes, wherever that will be; neither of the samples may be one that no row can have."""
    sql, made = _sides(slot.lookup, slot.compiler)
    _sides(again, slot.compiler)
    return msgspec.structs.replace(slot, count=len(made), sql=sql)


def _placed(probe: Slot, one: _Sample, other: _Sample, begin: int) -> Slot | None:
    """Find where the parameters of a lookup stand, for both of the samples."""
    first, second = list(probe.params(one.value)), list(probe.params(other.value))
    for at in range(begin, len(one.statement.params) - probe.count + 1):
        span = slice(at, at + probe.count)
        if list(one.statement.params[span]) == first and list(other.statement.params[span]) == second:
            plain = _plain(probe.lookup, (one.value, other.value), (first, second))
            return msgspec.structs.replace(probe, first=at, plain=plain)
    return None


def _plain(lookup: "Lookup[Any]", samples: Samples, params: tuple[Sequence[Any], Sequence[Any]]) -> type | None:
    """The type of values that reach the database as they are, asked only whether something equals them.

    Samples do not tell: a field of somebody's own, or one of addresses, may change other values.
    """
    field = target_of(lookup.lhs.output_field)
    own = type(lookup).__module__.startswith("django.") and type(field).__module__ == "django.db.models.fields"
    if not own or isinstance(field, models.GenericIPAddressField | models.BooleanField):
        return None
    kind = type(samples[0])
    unchanged = all([sample] == list(made) for sample, made in zip(samples, params, strict=True))
    return kind if unchanged and kind in (int, str) and lookup.lookup_name == "exact" else None


def _sides(lookup: "Lookup[Any]", compiler: SQLCompiler) -> tuple[str, Sequence[Any]]:
    try:
        return right_side(lookup, compiler)
    except (EmptyResultSet, FullResultSet):
        raise UnfitValuesError("a value is no sample") from None


def right_side(lookup: "Lookup[Any]", compiler: SQLCompiler) -> tuple[str, Sequence[Any]]:
    """How a lookup writes its value, and the parameters of that.

    Raises:
        EmptyResultSet: nothing can match it.
        FullResultSet: everything does.
    """
    if isinstance(lookup, YearLookup):  # of a year its first and its last day are asked
        _, left = lookup.process_lhs(compiler, compiler.connection, lookup.lhs.lhs)
        try:
            sql, params = compiler.compile(lookup)
        except (ValueError, OverflowError):
            raise UnfitValuesError("no calendar has such a year") from None
        return sql, params[len(left) :]
    written: tuple[str, Sequence[Any]] = lookup.process_rhs(compiler, compiler.connection)
    return written


def _lookups(query: Query) -> Iterator["Lookup[Any]"]:
    """The lookups of a query whose right side is a value, in the order of the SQL; those of subqueries too."""
    parts = (getattr(query, name) for name in ("select", "group_by", "order_by"))
    select, group_by, order_by = (part if isinstance(part, tuple) else () for part in parts)
    for node in (*select, *query.annotations.values(), query.where, *group_by, *order_by):
        yield from _within(node)


def _within(node: Any) -> Iterator["Lookup[Any]"]:
    if isinstance(node, Query):
        yield from _lookups(node)
    elif isinstance(node, Lookup):
        yield from _within(node.lhs)
        if node.rhs_is_direct_value():
            yield node
        else:
            yield from _within(node.rhs)
    elif hasattr(node, "query") and isinstance(node.query, Query):
        yield from _lookups(node.query)
    else:
        for child in getattr(node, "children", None) or getattr(node, "get_source_expressions", list)():
            yield from _within(child)
