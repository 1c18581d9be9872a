"""Answers that an action promises, checked as they are made: what breaks a promise is our fault and stays here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ironbolt.core.errors import NON_FIELD_ERRORS, Details


class InvalidAnswer(Exception):
    """An action answers something else than it has promised.

    The client gets a 500 that says nothing of it; the log says what is wrong, without the values.

    Args:
        where: the view and its action.
        details: dotted path of a field → messages.
    """

    def __init__(self, where: str, details: Details) -> None:
        told = "; ".join(f"{path}: {' '.join(messages)}" for path, messages in details.items())
        super().__init__(f"{where} answers something else than it has promised: {told}")
        self.details = details


_MISSING: Any = object()


class Answer:
    """What an action is about to answer; it is checked as soon as it is set.

    Args:
        check: gives the checked answer, as it is to be sent; raises InvalidAnswer.
    """

    def __init__(self, check: Callable[[Any], Any]) -> None:
        self._check = check
        self._data: Any = _MISSING

    @property
    def is_set(self) -> bool:
        """Whether there is one."""
        return self._data is not _MISSING

    @property
    def data(self) -> Any:
        """The checked answer, as it is to be sent.

        Raises:
            AttributeError: it was not set yet.
        """
        if not self.is_set:
            raise AttributeError("The answer was not set yet.")
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._data = self._check(value)


@contextmanager
def checked_answer(where: str, check: Callable[[Any], Any]) -> Iterator[Answer]:
    """An answer for the block to set.

    Raises:
        InvalidAnswer: what is set is not what was promised, or nothing is.
    """
    answer = Answer(check)
    yield answer
    if not answer.is_set:
        raise InvalidAnswer(where, {NON_FIELD_ERRORS: ["Nothing was answered."]})
