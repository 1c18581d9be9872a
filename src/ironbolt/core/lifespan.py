"""How a process starts and ends, as its server tells it."""

from collections.abc import Awaitable, Callable

from ironbolt.core.exchange import Receive, Send
from ironbolt.core.threads import close_database_threads

End = Callable[[], Awaitable[None]]

_ends: list[End] = []


def at_the_end(call: End) -> End:
    """Have something awaited when the process ends, before the database threads close."""
    _ends.append(call)
    return call


async def follow_lifespan(receive: Receive, send: Send) -> None:
    """Answer startup and shutdown; at the end the database threads and their connections close."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            for end in _ends:
                await end()
            await close_database_threads()
            await send({"type": "lifespan.shutdown.complete"})
            return
