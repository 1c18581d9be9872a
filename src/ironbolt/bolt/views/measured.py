"""What a view may say of its performance."""

from typing import Any, ClassVar

from ironbolt.features.observability import Budget, Measurement


class Measured:
    """The part of a view that is about its performance.

    Attributes:
        LOG_PERFORMANCE: whether a line in the log ``ironbolt.performance`` tells how long each action took and how
            many queries it made; None for what the settings say.
        query_budget: how many queries an action may make before the log warns; a number, or a dict of action → number.
    """

    LOG_PERFORMANCE: ClassVar[bool | None] = None
    query_budget: ClassVar[Budget] = None

    def after_action(self, measurement: Measurement) -> Any:
        """Called in a database thread with what was measured, once the answer is made.

        Overriding it is what has a view measured. It may be a coroutine function. Nothing that it does or raises
        changes the answer.
        """


def has_hook(view: Any) -> bool:
    """Whether a class does something with its measurements; a function, which has none, does not."""
    return view is not None and view.after_action is not Measured.after_action
