"""Why a plan does not answer: what is found when a shape is compiled, and what the event loop must not wait for."""


class CannotPlan(Exception):
    """Why the ORM has to answer."""


class TooSlow(Exception):
    """The event loop must not wait for this: a thread has to do it."""
