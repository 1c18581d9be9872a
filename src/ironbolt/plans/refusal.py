"""Why a plan does not answer: what is found when a shape is compiled, and what the event loop must not wait for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError


class CannotPlan(Exception):
    """Why the ORM has to answer."""

    def again(self) -> "CannotPlan":
        """A new one that says the same, to be kept, and to be raised of one that was kept.

        An exception that was raised holds on to everything in the frames that it passed, such as the request; raised
        again and again it would hold on to all of them.
        """
        return type(self)(*self.args)


class UnfitValuesError(CannotPlan):
    """Why the ORM has to answer for these values; with others a plan may."""


class TooSlow(Exception):
    """The event loop must not wait for this: a thread has to do it."""


class NotWritten(Exception):
    """A statement was refused, and nothing written: the ORM says in its own way what is wrong."""


@contextmanager
def refusing() -> Iterator[None]:
    """Make a refusal of whatever goes wrong where SQL is compiled: what it is shows where the ORM answers.

    Raises:
        UnfitValuesError: a value may be to blame.
        CannotPlan: anything else.
    """
    try:
        yield
    except (CannotPlan, TooSlow):
        raise
    except (ArithmeticError, TypeError, ValueError, ValidationError) as error:
        raise UnfitValuesError(f"a value can't be compiled with ({type(error).__name__})") from error
    except Exception as error:
        raise CannotPlan(f"it can't be compiled ({type(error).__name__}: {error})") from error
