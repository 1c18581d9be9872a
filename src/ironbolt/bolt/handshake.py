"""The handshake of a WebSocket: a request that guards, limits and parameters take for any other."""

from functools import cached_property
from typing import Any

from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.request import Request, Scope, headers_of
from ironbolt.core.sockets import METHOD
from ironbolt.core.threads import in_database_thread, on_a_loop

BEARER = "bearer"
"""Offered as a subprotocol it says that the one after it is a token: browsers can send no header of their own."""


class Handshake(Request):
    """What a socket's client said when it asked for one.

    Attributes:
        method: always ``WEBSOCKET``, which is not a safe one: guards see that more is asked than to read.
        token: the token among the offered subprotocols, empty where there is none.
        subprotocols: the others, in the client's order.
    """

    is_socket = True

    def __init__(self, scope: Scope) -> None:
        self.token, self.subprotocols = _without_token(scope.get("subprotocols") or ())
        headers = list(scope["headers"])
        if self.token:
            headers = [header for header in headers if header[0].lower() != b"sec-websocket-protocol"]
            headers.append((b"sec-websocket-protocol", _raw(", ".join(self.subprotocols))))
        # What others log of the scope shall hold no token.
        super().__init__({**scope, "method": METHOD, "headers": headers, "subprotocols": self.subprotocols})

    @property
    def scheme(self) -> str:
        """``https`` for an encrypted connection, else ``http``, as for the page that opens it."""
        return {"ws": "http", "wss": "https"}.get(scheme := super().scheme, scheme)

    @property
    def url(self) -> str:
        """The absolute address, without the query."""
        return f"ws{super().url.removeprefix('http')}"

    @cached_property
    def state(self) -> dict[str, Any]:
        """What guards, dependencies and the handler keep for each other; begins with what the server's start left."""
        return dict(self.scope.get("state") or {})

    @property
    def user(self) -> Any:
        """The caller as a user of Django's: ``await socket.user`` on the loop, as it is in a database thread."""
        return in_database_thread(self._user) if on_a_loop() else self._user()

    @user.setter
    def user(self, user: Any) -> None:
        vars(self)["_known_user"] = user

    def _user(self) -> Any:
        kept = vars(self)
        if "_known_user" not in kept:
            kept["_known_user"] = vars(Request)["user"].func(self)
        return kept["_known_user"]

    def present_token(self, names: tuple[str, ...]) -> None:
        """Put the token that was offered as a subprotocol into these headers, where nothing else is in them."""
        if self.token:
            self._set_token(self.token, tuple(name for name in names if name not in self.headers))

    async def authenticate(self, token: str) -> dict[str, Any]:
        """Judge a token that came in a message as if it had come in a header; it takes the place of any other.

        Returns:
            What the token says, as ``auth`` does from here on. The guards are asked once more.

        Raises:
            Unauthorized: it can't be believed, or this socket has no way to authenticate; uncaught it closes with 4401.
            Forbidden: the caller is known and may not; uncaught it closes with 4403.
        """
        self._set_token(token, self.route.token_headers)
        self._forget_caller()
        admission = self.route.admission
        if not admission.admit(self):
            await admission.admit_later(self)
        if self.auth is None:
            raise Unauthorized
        return self.auth

    def _forget_caller(self) -> None:
        self.auth = None
        vars(self).pop("_known_user", None)

    def _set_token(self, token: str, names: tuple[str, ...]) -> None:
        headers = [header for header in self.scope["headers"] if header[0].decode("latin-1").lower() not in names]
        self.scope["headers"] = headers + [(_raw(name), _raw(f"Bearer {token}")) for name in names]
        self.headers = headers_of(self.scope["headers"])

    def drop_cookies(self) -> None:
        """Forget the cookies, which a browser sends along whichever site asks it to."""
        self.scope["headers"] = [header for header in self.scope["headers"] if header[0].lower() != b"cookie"]
        self.headers = headers_of(self.scope["headers"])


def _without_token(offered: Any) -> tuple[str, list[str]]:
    """The token among the offered subprotocols, empty where there is none, and the others."""
    names = [str(name) for name in offered]
    if BEARER in names[:-1]:
        place = names.index(BEARER) + 1
        return names[place], names[:place] + names[place + 1 :]
    return "", names


def _raw(text: str) -> bytes:
    """As in a header; what can't stand there is in no token."""
    return text.encode("latin-1", "replace")
