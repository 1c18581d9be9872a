"""The start and the end of an application, as its server tells it."""

from collections.abc import Mapping
from typing import Any

from ironbolt.core.exchange import Application
from ironbolt.testing.conversation import Conversation
from ironbolt.testing.homes import Home


class Lifespan:
    """One life of an application; one that knows no lifespan lives without.

    Attributes:
        state: what the application keeps for its requests.
    """

    def __init__(self, app: Application, home: Home) -> None:
        self.state: dict[str, Any] = {}
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self._conversation = Conversation(app, scope, home, patience=None)

    async def start(self) -> None:
        """Have it start.

        Raises:
            RuntimeError: it says that it can't.
            Exception: what it raised itself.
        """
        self._conversation.tell({"type": "lifespan.startup"})
        try:
            message = await self._conversation.hear("sign of a start")
        except Exception:
            # By the specification an application that knows no lifespan raises when it is called with one.
            if self._conversation.was_heard:
                raise
            return
        _require("start", message)

    async def stop(self) -> None:
        """Have it end.

        Raises:
            RuntimeError: it says that it can't.
            Exception: what it raised itself.
        """
        if self._conversation.is_over:
            return
        message = {"type": "lifespan.shutdown"}
        self._conversation.tell(message)
        try:
            _require("shut down", await self._conversation.hear("sign of an end"))
            await self._conversation.leave(message)
        finally:
            await self._conversation.cancel()


def _require(act: str, message: Mapping[str, Any] | None) -> None:
    if message is not None and message["type"].endswith(".failed"):
        raise RuntimeError(f"The application could not {act}: {message.get('message', '')}")
