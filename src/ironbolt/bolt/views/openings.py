"""Where a planned read begins: with the rows that a class declares, or with those that its get_queryset makes."""

import time
from inspect import iscoroutine
from typing import Any

from django.db import DEFAULT_DB_ALIAS, router

from ironbolt.bolt.request import Request
from ironbolt.bolt.views.base import ViewSet
from ironbolt.core import context
from ironbolt.core.threads import on_a_loop
from ironbolt.plans.asking import Begin
from ironbolt.plans.own_rows import EMPTY, Opening, OwnRows
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.querysets import all_rows
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.sources import Plan as Sources
from ironbolt.plans.watching import asked_databases, refusals

PATIENCE = 0.001
"""Seconds that a get_queryset may take on the event loop before it is called in threads."""

QUICK_CALLS = 3
"""How many times in a row it has to be quicker, and to ask no database, before it is called on the loop."""


class Declared:
    """The rows that a class declares, and of those the ones in its scope.

    Attributes:
        refusal: why the ORM answers, as far as that is known; nothing where a plan does.
    """

    def __init__(self, view: type[ViewSet], sources: Sources, *, shown: bool) -> None:
        self._view = view
        self._model: Any = view.model_class()
        self._scope = view.scope
        self._sources = sources
        self._shown = shown
        rows: Any = view.queryset
        self._database: str | None = None if rows is None else rows._db  # noqa: SLF001 - db would ask the router
        self._openings: dict[str, Opening | CannotPlan] = {}

    @property
    def using(self) -> str:
        """The alias of the database to read from, for this request."""
        return self._database or _routed(self._model)

    @property
    def refusal(self) -> str:
        using = self.using
        found = self._openings.get(using) or self._made(using)
        return str(found) if isinstance(found, CannotPlan) else ""

    def opening(self, request: Request, using: str) -> Opening:
        """The plan for a database, and the rows that the caller may see.

        Raises:
            CannotPlan: the ORM has to answer.
            TooSlow: there is none yet, and this is an event loop.
        """
        found = self._openings.get(using)
        if found is None:
            if on_a_loop():
                raise TooSlow
            found = self._openings[using] = self._made(using)
        if isinstance(found, CannotPlan):
            raise found.again()
        if self._scope is None:
            return found
        values = self._scope.values(context.current())
        if any(value is None for value in values):
            return EMPTY
        switches = tuple(value if value is True or value is False else None for value in values)
        return Opening(found.plan, Begin(values, self._scope.narrow), switches)

    def _made(self, using: str) -> Opening | CannotPlan:
        queryset = self._view.queryset
        try:
            rows = all_rows(self._model._default_manager) if queryset is None else queryset.all()
            return Opening(QueryPlan(rows, self._sources, using, shown=self._shown))
        except CannotPlan as refusal:
            return refusal.again()


class PerRequest:
    """The rows that a get_queryset of somebody's own makes for each request.

    It is called on the event loop after it was quick a few times in a row, and asked no database. Where it asks one
    there, for some callers perhaps, what it gives is not looked at, and a thread calls it again.

    Attributes:
        refusal: why the ORM answered the last time that it had to, nothing where it never did.
    """

    def __init__(self, view: type[ViewSet], action: str, sources: Sources, *, shown: bool) -> None:
        self._view = view
        self._action = action
        model: Any = sources.model
        self._model = model
        self._rows = OwnRows(model, sources, shown=shown)
        queryset: Any = view.queryset
        self._likely: str | None = None if queryset is None else queryset._db  # noqa: SLF001 - db would ask the router
        self._quick_calls = 0
        self.refusal = ""

    @property
    def using(self) -> str:
        """The alias of the database that the rows may be in; only :meth:`opening` knows whether they are."""
        return self._likely or _routed(self._model)

    def opening(self, request: Request, using: str) -> Opening:
        """The plan for the rows of this request, which are in that database.

        Raises:
            CannotPlan: the ORM has to answer, as it does where the rows are in another database.
            TooSlow: a thread has to find out.
        """
        try:
            rows = self._called(request)
            # What is likely goes by other requests, and is never forgotten: without it the router has named this one.
            unnamed = using if self._likely is None else _routed(self._model)
            return self._in_database(self._rows.opening(rows, unnamed), using)
        except CannotPlan as refusal:
            self.refusal = str(refusal)
            raise

    def _in_database(self, found: Opening, using: str) -> Opening:
        """Whoever runs the queries has chosen the database before the rows were there."""
        if found.plan is not None and found.plan.using != using:
            self._likely = found.plan.using
            raise CannotPlan("its rows are in another database than was likely")
        return found

    def _called(self, request: Request) -> Any:
        looping = on_a_loop()
        if looping and self._quick_calls < QUICK_CALLS:
            raise TooSlow
        view = self._view()
        view.request = request
        view.action = self._action
        begin = time.perf_counter()
        rows = self._on_the_loop(view) if looping else self._in_a_thread(view)
        if time.perf_counter() - begin > PATIENCE:
            self._quick_calls = 0
        if iscoroutine(rows):
            rows.close()  # the ORM gets one of its own
            raise CannotPlan("get_queryset is asynchronous")
        return rows

    def _on_the_loop(self, view: ViewSet) -> Any:
        """What the method gives where it needs nothing that an event loop is refused, even if it hides that.

        Raises:
            TooSlow: a thread has to call it.
        """
        before = refusals()
        try:
            rows = view.get_queryset()
        except Exception as error:
            # A loop can't be run inside this one, as async_to_sync would.
            if refusals() == before and not isinstance(error, RuntimeError):
                raise
            self._quick_calls = 0
            raise TooSlow from error
        if refusals() != before:
            self._quick_calls = 0
            raise TooSlow
        return rows

    def _in_a_thread(self, view: ViewSet) -> Any:
        """What the method gives, which may ask a database: then it is called in threads for a while."""
        asked: set[str] = set()
        try:
            with asked_databases() as asked:
                return view.get_queryset()
        finally:
            self._quick_calls = 0 if asked else min(self._quick_calls + 1, QUICK_CALLS)


def _routed(model: Any) -> str:
    """The alias of the database that rows are read from where nobody names one."""
    return router.db_for_read(model) if router.routers else DEFAULT_DB_ALIAS
