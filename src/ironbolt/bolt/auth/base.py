"""What the door asks of a way to authenticate, and what all of them answer."""

from collections.abc import Iterable
from typing import Any, Protocol

from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.request import Request

FAILED = "Given token is not valid."

AuthContext = dict[str, Any]
"""``user_id``, ``username``, ``is_staff``, ``is_admin``, ``permissions`` and ``backend``."""


class Authentication(Protocol):
    """What the door asks of a way to authenticate.

    One that reads the database says ``reads_database = True``, and is then asked in a database
    thread; any other is asked on the event loop, and must not wait for anything.
    """

    @property
    def challenge(self) -> str:
        """The value of ``WWW-Authenticate`` (RFC 9110, 11.6.1)."""

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """Name and description for OpenAPI."""

    def authenticate(self, request: Request) -> AuthContext | None:
        """What the credentials say of the caller, None where there are none of this kind.

        Raises:
            Unauthorized: there are some, and they are wrong.
        """


class KeysDue(Unauthorized):
    """Nobody can say yet: keys have to be fetched first, which may take a while. Unhandled, it is a 401."""

    def __init__(self, keys: Any) -> None:
        super().__init__(FAILED)
        self.keys = keys


def reads_database(way: Authentication) -> bool:
    """Whether a way to authenticate has to be asked in a database thread."""
    return bool(getattr(way, "reads_database", False))


def texts(value: Any) -> list[str]:
    """The texts in a list that came from outside; nothing where it is none."""
    return [item for item in value if isinstance(item, str) and is_text(item)] if isinstance(value, list) else []


def is_text(value: str) -> bool:
    """Whether it can be written in UTF-8: JSON can carry half a character, which no database or answer takes."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_tuple(value: str | Iterable[str]) -> tuple[str, ...]:
    """One text or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
