"""Changes to a row by one statement: values by attribute, the conditions that find it, and no instance."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import Expression, QuerySet
from django.db.models.sql import UpdateQuery

from ironbolt.core.threads import on_a_loop
from ironbolt.plans.budget import Budget
from ironbolt.plans.conditions import Bound, bound
from ironbolt.plans.new_rows import Filling
from ironbolt.plans.own_ways import has_triggers
from ironbolt.plans.plan import MOST_SHAPES
from ironbolt.plans.querysets import check
from ironbolt.plans.refusal import CannotPlan, TooSlow, UnfitValuesError, refusing
from ironbolt.plans.statement import Params, Statement
from ironbolt.plans.told import Told

Build = Callable[["QuerySet[Any]", Sequence[Any]], "QuerySet[Any]"]

_PLACE: Any = object()


class _Place(Expression):
    """Where the value of a column will stand."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """One parameter."""
        return "%s", [_PLACE]


class _Change:
    """One shape of it: which columns are written, and where the values of its conditions stand."""

    def __init__(self, attributes: tuple[str, ...], kept: tuple[Filling, ...], bound: Bound) -> None:
        self.attributes = attributes
        self.kept = kept
        self.bound = bound


class ChangedRows:
    """Changes rows of one model.

    Args:
        rows: those that may be changed.
        build: narrows them to the one that is meant, by values.
        told: how it is shown.

    Raises:
        CannotPlan: they are more than rows of one table and conditions.
    """

    def __init__(self, rows: "QuerySet[Any]", build: Build, told: Told) -> None:
        check(rows)
        query: Any = rows.query
        if query.annotations or query.distinct or query.is_sliced:
            raise CannotPlan("the queryset is more than rows of one table")
        self._rows = rows.using(told.using)
        self._build = build
        self._told = told
        meta: Any = told.model._meta
        self._fields = {
            field.attname: field
            for field in meta.local_concrete_fields
            if not field.generated and not field.primary_key and not _has_own_sql(field)
        }
        self._fillings = {name: Filling(field, told.using) for name, field in self._fields.items()}
        self._kept = tuple(name for name, field in self._fields.items() if getattr(field, "auto_now", False))
        self._changes: OrderedDict[Hashable, _Change | CannotPlan] = OrderedDict()
        self._budget = Budget(MOST_SHAPES)
        self._lock = Lock()

    def query(self, values: Mapping[str, Any], wanted: Sequence[Any]) -> tuple[Statement, Params]:
        """The statement that writes these values, by attribute, to the row that ``wanted`` names.

        Raises:
            CannotPlan: Django has to save it.
            EmptyResultSet: no row can be meant.
            TooSlow: it has to be compiled, and this is an event loop.
        """
        change = self._change(tuple(values), wanted)
        fillings = self._fillings
        params = [fillings[name].prepare(values[name]) for name in change.attributes]
        params += [filling.otherwise() for filling in change.kept]
        return change.bound.statement, (*params, *change.bound.params(wanted))

    def _change(self, names: tuple[str, ...], wanted: Sequence[Any]) -> _Change:
        key = (names, tuple((at, value) for at, value in enumerate(wanted) if value is True or value is False))
        found = self._changes.get(key)
        if found is None:
            if on_a_loop():
                raise TooSlow
            if not self._budget.spend():
                raise CannotPlan("it changes other columns every time")
            found = self._compiled(names, wanted)
        with self._lock:
            self._changes[key] = found
            self._changes.move_to_end(key)
            if len(self._changes) > MOST_SHAPES:
                self._changes.popitem(last=False)
        if isinstance(found, CannotPlan):
            raise found.again()
        return found

    def _compiled(self, names: tuple[str, ...], wanted: Sequence[Any]) -> "_Change | CannotPlan":
        attributes = tuple(name for name in names if name not in self._kept)
        if missing := [name for name in names if name not in self._fields]:
            return CannotPlan(f"{missing[0]!r} is not simply written")
        if not attributes or has_triggers(self._told.model, self._told.using):
            return CannotPlan("there is nothing to write, or it is not all that is written")
        written = [self._fields[name] for name in (*attributes, *self._kept)]
        compile_ = partial(self._statement, written)
        try:
            with refusing():
                found = bound(self._narrowed, wanted, self._told.using, compile_)
        except UnfitValuesError:
            raise  # with those of another request it may go
        except CannotPlan as refusal:
            return refusal.again()
        return _Change(attributes, tuple(self._fillings[name] for name in self._kept), found)

    def _narrowed(self, values: Sequence[Any]) -> "QuerySet[Any]":
        return self._build(self._rows.all(), values)

    def _statement(self, written: Sequence[Any], queryset: "QuerySet[Any]") -> Statement:
        """The SQL, with the parameters of the conditions alone."""
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_fields([(field, None, _Place()) for field in written])
        if sum(1 for count in query.alias_refcount.values() if count) > 1:
            raise CannotPlan("the queryset joins other tables")
        compiler = query.get_compiler(self._told.using)
        try:
            sql, params = compiler.as_sql()
        except (EmptyResultSet, FullResultSet):
            raise UnfitValuesError("nothing can match") from None
        places, rest = params[: len(written)], params[len(written) :]
        if any(place is not _PLACE for place in places) or any(param is _PLACE for param in rest):
            raise CannotPlan("a column wants more than its value")
        return self._told.statement(sql, tuple(rest), compiler)


def _has_own_sql(field: Any) -> bool:
    return hasattr(field, "get_placeholder_sql") or hasattr(field, "get_placeholder")
