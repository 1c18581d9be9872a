"""How a process starts and ends, as its server tells it."""

from ironbolt.core.exchange import Receive, Send
from ironbolt.core.threads import close_database_threads


async def follow_lifespan(receive: Receive, send: Send) -> None:
    """Answer startup and shutdown; at the end the database threads and their connections close."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await close_database_threads()
            await send({"type": "lifespan.shutdown.complete"})
            return
