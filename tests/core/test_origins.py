"""Where the code of a function lies."""

from functools import wraps
from typing import Any

from django.utils.decorators import method_decorator

from ironbolt.core.origins import home_of


def test_a_wrapper_lies_where_it_was_written() -> None:
    """Not where what it wraps was written, as it says of itself."""

    @wraps(method_decorator)
    def wrapper(*args: Any) -> Any:
        return method_decorator(*args)

    assert wrapper.__module__ == "django.utils.decorators" == home_of(method_decorator)
    assert home_of(wrapper) == __name__


def test_what_is_no_function_lies_nowhere() -> None:
    """That is told by an empty text."""
    assert [home_of(value) for value in (None, property(lambda self: 1), 5, len)] == [""] * 4
