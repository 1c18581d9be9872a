"""All peers at once, each served by its own process on the servers' core, over the same rows."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.peers import Peer
from benchmarks.servers import Server, free_port, running
from benchmarks.shop import database

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / "var/bench"
SETTLE_SECONDS = 0.5

# What a WSGI server gets: SQLite never lets a thread wait for others, a database behind a socket does.
SQLITE_THREADS = 1
NETWORK_THREADS = 4


class Absent(NamedTuple):
    """A peer that is not there, and why."""

    peer: str
    reason: str


class Lineup:
    """The servers, from entering to leaving.

    Attributes:
        servers: those that run, by the name of their peer.
        absent: the others.
    """

    def __init__(self, peers: Sequence[Peer], url: str) -> None:
        self._peers = peers
        self._url = url
        self._stack = ExitStack()
        self.servers: dict[str, Server] = {}
        self.absent: list[Absent] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for peer in self._peers:
                self._start(peer, stack)
            self._stack = stack.pop_all()
        time.sleep(SETTLE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, peer: Peer, stack: ExitStack) -> None:
        if peer.version() is None:
            self.absent.append(Absent(peer.name, f"{peer.package} is not installed"))
            return
        try:
            self.servers[peer.name] = stack.enter_context(serving(peer, self._url))
        except (RuntimeError, TimeoutError) as error:
            self.absent.append(Absent(peer.name, f"it did not start: {error} See {log_of(peer)}."))


def serving(peer: Peer, url: str) -> AbstractContextManager[Server]:
    """Serve one peer over the rows at ``url``."""
    port = free_port()
    log = log_of(peer)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("", encoding="utf-8")
    threads = SQLITE_THREADS if database.is_sqlite(url) else NETWORK_THREADS
    return running(peer.arguments(port, threads), port, {**peer.environment(), database.VARIABLE: url}, log)


def log_of(peer: Peer) -> Path:
    """The file with what a server says."""
    return WORKSHOP / "logs" / f"{peer.name}.log"
