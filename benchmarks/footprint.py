"""What a server takes beside time: memory before and after 10,000 requests, and how long it needs to start."""

import statistics
import time
from dataclasses import dataclass

from benchmarks.lineup import serving
from benchmarks.load import Load
from benchmarks.peers import Peer
from benchmarks.rounds import load
from benchmarks.scripting import Manner
from benchmarks.servers import Server
from benchmarks.work import BY_NAME, Work

REQUESTS = 10_000
STARTS = 3
MOST_TURNS = 60
PAUSE_MILLISECONDS = 10
MEBI = 1024 * 1024


@dataclass(frozen=True)
class Footprint:
    """What one peer takes.

    Attributes:
        start: seconds from the command to the first answer, the median of some starts.
        fresh: proportional set size of all its processes after that answer, in MiB.
        used: the same after 10,000 lists of 20.
        worker: of that, the process that answers, in MiB.
    """

    start: float
    fresh: float
    used: float
    worker: float


@dataclass(frozen=True)
class HalfLoad:
    """How quick answers are while the server has as much again to spare.

    Attributes:
        work: the kind.
        rate: requests per second that were sent.
        p50: the median latency, in milliseconds.
        p99: the latency that 99 of 100 answers keep below, in milliseconds.
    """

    work: str
    rate: float
    p50: float
    p99: float


def footprint(peer: Peer, url: str) -> Footprint:
    """Start a peer some times, and ask the last one 10,000 times.

    Raises:
        RuntimeError: it does not start, or does not answer well.
    """
    work = BY_NAME["list20"]
    starts = [_seconds_to_answer(peer, url) for _ in range(STARTS - 1)]
    begin = time.perf_counter()
    with serving(peer, url) as server:
        _answered(server)
        starts.append(time.perf_counter() - begin)
        fresh = server.memory()
        asked = 0.0
        for _ in range(MOST_TURNS):
            asked += load(server, work, 1).rate
            if asked >= REQUESTS:
                break
        used, worker = server.memory(), server.largest()
    return Footprint(statistics.median(starts), fresh / MEBI, used / MEBI, worker / MEBI)


def half_load(server: Server, work: Work, full: float, seconds: int) -> HalfLoad:
    """Ask half as often as the server can answer."""
    connections = max(8, round(full / 2 * PAUSE_MILLISECONDS / 1000))
    manner = Manner(pause=PAUSE_MILLISECONDS)
    seen: Load = load(server, work, seconds, connections=connections, manner=manner)
    return HalfLoad(work.name, seen.rate, seen.p50, seen.p99)


def _seconds_to_answer(peer: Peer, url: str) -> float:
    begin = time.perf_counter()
    with serving(peer, url) as server:
        _answered(server)
        return time.perf_counter() - begin


def _answered(server: Server) -> None:
    from benchmarks import checking
    from benchmarks.work import Drawn

    hello = BY_NAME["hello"]
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if checking.ask(server, hello, Drawn(hello.path, "", {})).status == hello.status:
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise RuntimeError(f"No answer on port {server.port}.")
