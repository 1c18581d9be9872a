"""API keys: one fixed text for each machine that calls."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth.base import AuthContext
from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.request import API_KEY, Request

_FAILED = "Given API key is not valid."


@dataclass(frozen=True, init=False)
class APIKeyAuthentication:
    """A key in a header; ``request.user`` stays anonymous, since no user of Django's stands behind it.

    The keys themselves are not kept, only their digests. A name is what audit and logs show; a key
    without one is called by the first digits of its digest.

    Attributes:
        names: the names of the keys.
        header: the header that carries a key.
    """

    names: tuple[str, ...]
    header: str
    _digests: tuple[bytes, ...] = field(repr=False)

    reads_database = False

    def __init__(self, api_keys: Mapping[str, str] | Iterable[str], header: str = "X-API-Key") -> None:
        if isinstance(api_keys, str):
            raise ImproperlyConfigured("APIKeyAuthentication: api_keys is a dictionary key → name, or a set of keys.")
        named = api_keys if isinstance(api_keys, Mapping) else dict.fromkeys(api_keys, "")
        # An unset variable of the environment is an empty text, and must not open the door to everybody.
        by_digest = {_digest(key): name or f"key-{_digest(key).hex()[:8]}" for key, name in named.items() if key}
        object.__setattr__(self, "_digests", tuple(by_digest))
        object.__setattr__(self, "names", tuple(by_digest.values()))
        object.__setattr__(self, "header", header.lower())

    @property
    def challenge(self) -> str:
        """No scheme is registered for API keys; the name of the header is said all the same."""
        return f'ApiKey realm="api", header="{self.header}"'

    @property
    def security_scheme(self) -> tuple[str, dict[str, Any]]:
        """A key in a header in OpenAPI's words."""
        name = "apiKey" if self.header == "x-api-key" else f"apiKey_{self.header}"
        return name, {"type": "apiKey", "in": "header", "name": self.header}

    def as_data(self) -> dict[str, Any]:
        """Where a key stands and which there are, as JSON-able data without any key."""
        return {"way": "api_key", "header": self.header, "names": list(self.names)}

    def authenticate(self, request: Request) -> AuthContext | None:
        """Find the key of the request among ours, if it has one.

        Raises:
            Unauthorized: it has one, and it is none of ours.
        """
        given = request.headers.get(self.header, "")
        if not given:
            return None
        digest = hashlib.sha256(given.encode("latin-1")).digest()
        found: str | None = None
        # To the end in any case: how long it takes tells nothing of which key was nearly right.
        for ours, name in zip(self._digests, self.names, strict=True):
            if hmac.compare_digest(ours, digest):
                found = name
        if found is None:
            raise Unauthorized(_FAILED)
        return {
            "user_id": found,
            "username": found,
            "is_staff": False,
            "is_admin": False,
            "permissions": [],
            "backend": API_KEY,
        }


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
