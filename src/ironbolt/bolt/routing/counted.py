"""The plans of routes that are measured: on the event loop no connection of Django's counts their queries."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

from ironbolt.bolt.request import Request
from ironbolt.core.tally import current_tally
from ironbolt.core.threads import on_a_loop
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Steps, counted


class CountedReads:
    """A planned read that counts its queries."""

    def __init__(self, planned: Any) -> None:
        self._planned = planned

    @property
    def using(self) -> str:
        """The alias of the database to read from."""
        using: str = self._planned.using
        return using

    @property
    def refusal(self) -> str:
        """Why the ORM answers."""
        refusal: str = self._planned.refusal
        return refusal

    def steps(self, request: Request, arguments: Sequence[Any], using: str) -> Steps[Any]:
        """What is read; in a thread it is counted by what runs it."""
        steps: Steps[Any] = self._planned.steps(request, arguments, using)
        return counted(steps) if on_a_loop() else steps


class CountedWrite:
    """A planned write that counts its statement."""

    def __init__(self, planned: Any) -> None:
        self._planned = planned
        self.is_new: bool = planned.is_new
        self.is_for_the_loop: bool = planned.is_for_the_loop

    @property
    def using(self) -> str:
        """The alias of the database to write to."""
        using: str = self._planned.using
        return using

    def may_run(self) -> bool:
        """Whether nobody wants to see an instance."""
        may_run: bool = self._planned.may_run()
        return may_run

    def query(self, arguments: Sequence[Any], using: str) -> tuple[Statement, Params]:
        """The statement that writes."""
        query: tuple[Statement, Params] = self._planned.query(arguments, using)
        if on_a_loop() and (tally := current_tally()) is not None:
            tally.began = perf_counter()
        return query

    def told(self, found: Rows) -> Any:
        """What is answered, of what it gives back: by then it has run."""
        if on_a_loop() and (tally := current_tally()) is not None:
            tally.times.append(perf_counter() - tally.began)
        return self._planned.told(found)
