"""Work done once for a text that clients send, if it is short: a few hundred long ones would fill the memory."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

_T = TypeVar("_T")

LONGEST = 256
"""Of any header that a well-meaning client sends often."""


def remembered(most: int, longest: int = LONGEST) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    """For a function of a text, of bytes or None, and perhaps of more that is hashable.

    Args:
        most: for how many texts it is remembered.
        longest: the number of characters from which on nothing is.
    """

    def decorate(function: Callable[..., _T]) -> Callable[..., _T]:
        kept = lru_cache(maxsize=most)(function)

        @wraps(function)
        def call(text: Any, *more: Any) -> _T:
            return kept(text, *more) if text is None or len(text) <= longest else function(text, *more)

        call.kept = kept  # type: ignore[attr-defined]  # for who wants it forgotten
        return call

    return decorate


class Table(dict[bytes, _T]):
    """The same for what is asked many times in a request, such as the names of headers: ``table[text]``.

    Args:
        work: the function.
        most: for how many texts it is remembered; then all of them are forgotten.
        longest: the number of bytes from which on nothing is.
    """

    def __init__(self, work: Callable[[bytes], _T], most: int, longest: int) -> None:
        super().__init__()
        self._work = work
        self._most = most
        self._longest = longest

    def __missing__(self, text: bytes) -> _T:
        found = self._work(text)
        if len(text) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[text] = found
        return found
