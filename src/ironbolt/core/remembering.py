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
