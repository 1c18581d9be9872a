"""How times grow: with the rows of an answer, and with the rows of the table."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.lineup import Lineup
from benchmarks.peers import Peer
from benchmarks.rounds import Pace, load, rotated, warm_up
from benchmarks.scripting import Manner
from benchmarks.servers import Server
from benchmarks.shop.keeping import Shop
from benchmarks.work import ANSWERS, BY_NAME, RANGES, Work, rows_work

SLOPE = (20, 10_000)
CONNECTIONS = 4
FEW_REQUESTS = 10

Say = Callable[[str], None]


@dataclass(frozen=True)
class Growth:
    """One point of a curve.

    Attributes:
        peer: whose.
        work: the kind.
        rows: of the answer or the table.
        rate: requests per second.
    """

    peer: str
    work: str
    rows: int
    rate: float


def growth_of_answers(
    servers: Mapping[str, Server], pace: Pace, say: Say, answers: Sequence[int] = ANSWERS
) -> Iterator[Growth]:
    """Lists of ever more rows."""
    for rows in answers:
        work = rows_work(rows)
        say(f"answers of {rows:,} rows")
        yield from _points(servers, work, pace, Manner(), rows)


def growth_of_table(peers: Sequence[Peer], url: str, sizes: Sequence[int], pace: Pace, say: Say) -> Iterator[Growth]:
    """A list of 20 and single rows out of ever larger tables, each made anew."""
    for size in sizes:
        say(f"a table of {size:,} rows")
        Shop(url).make(size)
        with Lineup(peers, url) as lineup:
            for work in (BY_NAME["list20"], BY_NAME["retrieve"]):
                ranges = {**RANGES, "book": (1, size)}
                yield from _points(lineup.servers, work, pace, Manner(ranges=ranges), size)


def slope(points: Sequence[Growth], peer: str, ends: tuple[int, int] = SLOPE) -> float | None:
    """Microseconds that each further row of an answer costs, between two sizes; None where one is missing."""
    times = {point.rows: 1e6 / point.rate for point in points if point.peer == peer and point.work.startswith("all")}
    low, high = ends
    if low not in times or high not in times:
        return None
    return (times[high] - times[low]) / (high - low)


def _points(servers: Mapping[str, Server], work: Work, pace: Pace, manner: Manner, rows: int) -> Iterator[Growth]:
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        warm_up(server, work, FEW_REQUESTS, manner.ranges)
    for turn in range(pace.rounds):
        for name in rotated(list(servers), turn):
            try:
                seen = load(servers[name], work, pace.seconds, connections=CONNECTIONS, manner=manner)
            except RuntimeError as error:
                print(f"    {name} failed under load: {error}")
            else:
                rates[name].append(seen.rate)
    for name, found in rates.items():
        if found:
            yield Growth(name, work.name, rows, statistics.median(found))
