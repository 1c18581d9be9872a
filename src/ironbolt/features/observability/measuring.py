"""Whether a view is measured, decided once at start; and what becomes of a measurement."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core.operation import Door
from ironbolt.core.settings import get_settings
from ironbolt.core.tally import Tally, watch_threads
from ironbolt.core.threads import finished
from ironbolt.features.observability.measurement import Measurement
from ironbolt.features.observability.recording import Recorder, recorders

logger = logging.getLogger("ironbolt.performance")

Budget = int | Mapping[str, int] | None
"""How many queries the actions of a view may make: all of them, or each by its name."""


class Asked(msgspec.Struct, frozen=True):
    """What is asked for: of which action, by which method, at which route, with which status it was answered."""

    action: str
    method: str
    route: str
    status: int


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about the measurements of a view.

    Attributes:
        door: its door.
        view: the name of its class.
        logs: whether every one of them is logged, and not just those that warn.
        slow_ms: from how many milliseconds on an action is slow.
        budget: how many queries its actions may make.
        recorders: who else gets them.
        has_hook: whether the view does something with them itself.
    """

    door: Door
    view: str
    logs: bool
    slow_ms: int | None
    budget: Budget
    recorders: tuple[Recorder, ...]
    has_hook: bool

    def taken(self, asked: Asked, seconds: float, tally: Tally) -> Measurement:
        """The measurement of an action that took so many seconds, after it was logged and recorded."""
        duration = seconds * 1000
        measurement = Measurement(
            door=self.door,
            view=self.view,
            **msgspec.structs.asdict(asked),
            duration_ms=duration,
            queries=tally.queries,
            query_ms=tally.seconds * 1000,
            budget=self._budget_of(asked.action),
            is_slow=self.slow_ms is not None and duration >= self.slow_ms,
        )
        self._log(measurement)
        for recorder in self.recorders:
            try:
                recorder.record(measurement)
            except Exception:
                logger.exception("A recorder of measurements failed; the request goes on.")
        return measurement

    def _budget_of(self, action: str) -> int | None:
        return self.budget.get(action) if isinstance(self.budget, Mapping) else self.budget

    def _log(self, measurement: Measurement) -> None:
        warns = measurement.is_slow or measurement.is_over_budget
        level = logging.WARNING if warns else logging.INFO
        if (warns or self.logs) and logger.isEnabledFor(level):
            facts = measurement.facts()
            logger.log(level, " ".join(f"{name}={value}" for name, value in facts.items() if value != ""), extra=facts)


def measure_of(
    door: Door, view: Any, *, given: Mapping[str, Any] | None = None, has_hook: bool = False
) -> Measure | None:
    """What is done about the measurements of a view; None where nobody wants any, and it is not measured.

    Args:
        door: its door.
        view: its class, with ``LOG_PERFORMANCE`` and ``query_budget``; None for a function.
        given: what ``as_view`` was given beside the class, such as another budget.
        has_hook: whether it overrides ``after_action``.

    Raises:
        ImproperlyConfigured: its budget is no number of queries.
    """
    settings = get_settings()
    said, budget = (_said(name, view, given or {}) for name in ("LOG_PERFORMANCE", "query_budget"))
    name = getattr(view, "__name__", "")
    measure = Measure(
        door=door,
        view=name,
        logs=settings.LOG_PERFORMANCE if said is None else said,
        slow_ms=settings.SLOW_ACTION_MS,
        budget=_checked(budget, name),
        recorders=recorders(),
        has_hook=has_hook,
    )
    if not (measure.logs or measure.slow_ms or measure.budget is not None or measure.recorders or has_hook):
        return None
    watch_threads()
    return measure


def _said(name: str, view: Any, given: Mapping[str, Any]) -> Any:
    return given[name] if name in given else getattr(view, name, None)


def _checked(budget: Any, view: str) -> Budget:
    numbers = list(budget.values()) if isinstance(budget, Mapping) else [] if budget is None else [budget]
    if all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        found: Budget = budget
        return found
    raise ImproperlyConfigured(
        f"{view}.query_budget is a number of queries, or a dict of action → number, not {budget!r}."
    )


def tell(view: Callable[[], Any], measurement: Measurement) -> None:
    """Call the ``after_action`` of a view, in a database thread; what it raises is logged and reaches nobody.

    Args:
        view: gives the view.
        measurement: what it is told.
    """
    try:
        finished(view().after_action(measurement))
    except Exception:
        logger.exception("An after_action failed; the answer was made before.")
