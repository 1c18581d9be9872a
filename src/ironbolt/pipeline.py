"""The order in which a write passes the features: read this screen and you know it.

authorise → claim the idempotency key → the handler (version check, hooks, save) → audit → outbox →
store the answer → commit. A step that no installed app has joined is not there and costs nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol, TypeVar, cast

from django.db.utils import IntegrityError

from ironbolt.core import integrity
from ironbolt.core.operation import Operation
from ironbolt.core.unit import Unit, unit_of_work


class Answer(Protocol):
    """What the pipeline needs to know of a door's response."""

    @property
    def status_code(self) -> int:
        """The HTTP status; 400 and above roll the unit back."""


_A = TypeVar("_A", bound=Answer)

Handler = Callable[[], _A]
Step = Callable[[Operation, Unit, Handler[Any]], Any]
"""A step does its part and calls the handler it is given, which holds the steps further in."""

Place = Literal["authorise", "idempotency", "outbox", "audit"]

ORDER: tuple[Place, ...] = ("authorise", "idempotency", "outbox", "audit")
"""From the outermost step to the one next to the handler."""

_steps: dict[Place, Step] = {}


def join(place: Place, step: Step) -> None:
    """Put a feature's step into its place; called from the feature's ``AppConfig.ready``.

    Raises:
        ValueError: there is no such place in the pipeline.
    """
    if place not in ORDER:
        raise ValueError(f"The pipeline has no place {place!r}; it has {', '.join(ORDER)}.")
    _steps[place] = step


def leave(place: Place) -> None:
    """Take a step out again."""
    _steps.pop(place, None)


def has_steps() -> bool:
    """Whether any feature has joined."""
    return bool(_steps)


def run(operation: Operation, handler: Handler[_A]) -> _A:
    """Run ``handler`` as one atomic unit, through every step that has joined.

    The handler returns the finished answer, rendered. An answer with a status of 400 or above is
    rolled back like an exception.

    Raises:
        Exception: whatever the handler or a step raises, after the rollback; an ``IntegrityError``
            knows by then which public fields it is about.
    """
    unit: Unit | None = None
    try:
        with unit_of_work(operation.database) as unit:
            answer = _through_steps(operation, unit, handler)
            if answer.status_code >= 400:
                unit.roll_back()
            else:
                unit.check()
            return answer
    except IntegrityError as error:
        if operation.model is not None:
            integrity.explain(
                error,
                operation.model,
                attempts=unit.attempts if unit else (),
                public_names=operation.public_names,
                using=operation.database,
            )
        raise


def _through_steps(operation: Operation, unit: Unit, handler: Handler[_A]) -> _A:
    onion: Handler[Any] = handler
    for place in reversed(ORDER):
        if step := _steps.get(place):
            onion = partial(step, operation, unit, onion)
    return cast(_A, onion())
