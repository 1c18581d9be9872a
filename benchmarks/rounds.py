"""Rounds: A B C, B C A, C A B ... of one kind of work, with a write between, so that what others do hits all alike."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from tempfile import NamedTemporaryFile

from benchmarks import checking
from benchmarks.load import Load, wrk
from benchmarks.scripting import Manner, script_for
from benchmarks.servers import Server
from benchmarks.shop.keeping import Shop
from benchmarks.work import RANGES, Work, draw

WARM_UP_REQUESTS = 100
CONNECTIONS = 32


@dataclass(frozen=True)
class Pace:
    """How long to measure.

    Attributes:
        rounds: how often each peer's turn comes.
        seconds: how long a turn takes.
    """

    rounds: int
    seconds: int


def load(
    server: Server, work: Work, seconds: int, *, connections: int = CONNECTIONS, manner: Manner | None = None
) -> Load:
    """One turn of one server."""
    url = f"http://127.0.0.1:{server.port}{work.path}"
    text = script_for(work, manner or Manner(random.randrange(1, 1_000_000)))  # noqa: S311 - no secret
    if text is None:
        return wrk(url, seconds=seconds, connections=connections)
    with NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(text)
        file.flush()
        root = f"http://127.0.0.1:{server.port}/"
        return wrk(root, seconds=seconds, connections=connections, script=file.name)


def warm_up(
    server: Server, work: Work, requests: int = WARM_UP_REQUESTS, ranges: Mapping[str, tuple[int, int]] = RANGES
) -> None:
    """Have everything compiled and connected that is made at the first requests."""
    chance = random.Random(2)  # noqa: S311 - no secret
    for _ in range(requests):
        checking.ask(server, work, draw(work, chance, ranges))


def take_turns(servers: Mapping[str, Server], work: Work, pace: Pace, shop: Shop) -> dict[str, list[Load]]:
    """What each server did in each of its turns; a server that fails under load has none."""
    from benchmarks.shop.seed import BOOKS

    names = list(servers)
    found: dict[str, list[Load]] = {name: [] for name in names}
    failed: set[str] = set()
    for name in names:
        try:
            warm_up(servers[name], work)
        except (OSError, HTTPException) as error:
            print(f"    {name} failed: {error!r}")
            failed.add(name)
    for turn in range(pace.rounds):
        for name in rotated(names, turn):
            if name in failed:
                continue
            try:
                found[name].append(load(servers[name], work, pace.seconds))
            except RuntimeError as error:
                print(f"    {name} failed under load: {error}")
                failed.add(name)
        if work.writes:
            shop.clean(BOOKS)
        if work.touches_rows:
            shop.touch()
    return {name: loads for name, loads in found.items() if name not in failed}


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """The order of a round: each begins one later than the round before."""
    start = turn % len(names) if names else 0
    return [*names[start:], *names[:start]]
