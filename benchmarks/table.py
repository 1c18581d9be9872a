"""The results as Markdown: who does how much, against whom, and where Ironbolt is behind."""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks import growth
from benchmarks.peers import FLOOR, OURS, THEIRS
from benchmarks.results import Results, Timing
from benchmarks.work import BY_NAME

NOT_THERE = "-"
JUDGED = (OURS, "ironbolt-drf")


def markdown(results: Results) -> str:
    """The whole page."""
    parts = [
        "# Side by side",
        _circumstances(results),
        *(part for database in _databases(results) for part in _database(results, database)),
        *_behind(results),
        *_footprints(results),
        *_half_loads(results),
        *_growths(results),
        *_small_print(results),
    ]
    return "\n\n".join(parts) + "\n"


def rows(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, the first column to the left, the others to the right."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))


def behind(results: Results) -> list[str]:
    """Sentences about every figure in which a door of Ironbolt is not the first among frameworks."""
    found = []
    for timing in results.timings:
        if timing.peer != OURS or timing.rate is None:
            continue
        for peer in _peers(results):
            ratio = results.ratio(timing.database, timing.work, peer, OURS)
            if peer not in {FLOOR, *JUDGED} and ratio is not None and ratio > 1:
                title = BY_NAME[timing.work].title
                found.append(f"{title} on {timing.database}: {peer} does {ratio:.2f} times as much")
    drf = [_pair(results, timing) for timing in results.timings if timing.peer == "ironbolt-drf"]
    found += [sentence for sentence in drf if sentence]
    memory = {name: print_.used for name, print_ in results.footprints.items()}
    if OURS in memory:
        found += [
            f"memory after 10,000 requests: {name} takes {used:.0f} MiB, Ironbolt {memory[OURS]:.0f} MiB"
            for name, used in memory.items()
            if name not in {FLOOR, *JUDGED} and used < memory[OURS]
        ]
    return found


def _pair(results: Results, timing: Timing) -> str:
    ratio = results.ratio(timing.database, timing.work, "ironbolt-drf", "drf")
    if ratio is None or ratio >= 1:
        return ""
    title = BY_NAME[timing.work].title
    return f"{title} on {timing.database}: the DRF door does {ratio:.2f} times as much as plain DRF"


def _circumstances(results: Results) -> str:
    told = "; ".join(f"{name}: {value}" for name, value in results.circumstances.items())
    return (
        f"{told}.\n\nRequests per second, medians; one process each, on one core, load (and PostgreSQL) on another. "
        f"In parentheses: how many times as many as {THEIRS}, median over rounds. Ratios count, absolute figures are "
        "this machine's. The floor is ASGI by hand on the bare driver."
    )


def _databases(results: Results) -> list[str]:
    return list(dict.fromkeys(timing.database for timing in results.timings))


def _peers(results: Results) -> list[str]:
    return list(dict.fromkeys(timing.peer for timing in results.timings))


def _works(results: Results, database: str) -> list[str]:
    return list(dict.fromkeys(timing.work for timing in results.timings if timing.database == database))


def _database(results: Results, database: str) -> Iterator[str]:
    peers = _peers(results)
    yield f"## {database}"
    lines = [
        [BY_NAME[work].title, *(_cell(results, database, work, peer) for peer in peers)]
        for work in _works(results, database)
    ]
    yield rows(["requests/s", *peers], lines)
    lines = [
        [BY_NAME[work].title, *_against(results, database, work)]
        for work in _works(results, database)
        if results.find(database, work, OURS)
    ]
    if lines:
        yield rows(["Ironbolt's Bolt door", f"to {THEIRS}", "to the best framework", "of the floor"], lines)


def _cell(results: Results, database: str, work: str, peer: str) -> str:
    timing = results.find(database, work, peer)
    if timing is None:
        return NOT_THERE
    if timing.rate is None:
        return "wrong" if timing.fault else NOT_THERE
    ratio = results.ratio(database, work, peer, THEIRS)
    return f"{timing.rate:,.0f}" + (f" ({ratio:.2f})" if ratio is not None and peer != THEIRS else "")


def _against(results: Results, database: str, work: str) -> list[str]:
    others = [peer for peer in _peers(results) if peer not in {FLOOR, *JUDGED}]
    ratios = {peer: results.ratio(database, work, OURS, peer) for peer in others}
    known = {peer: ratio for peer, ratio in ratios.items() if ratio is not None}
    best = min(known, key=known.__getitem__) if known else None
    return [
        _times(known.get(THEIRS)),
        f"{_times(known[best])} ({best})" if best else NOT_THERE,
        _times(results.ratio(database, work, OURS, FLOOR)),
    ]


def _times(ratio: float | None) -> str:
    return NOT_THERE if ratio is None else f"{ratio:.2f}×"  # noqa: RUF001 - the sign for times


def _behind(results: Results) -> Iterator[str]:
    yield "## Where Ironbolt is behind"
    found = behind(results)
    yield "\n".join(f"- {sentence}." for sentence in found) if found else "In none of the figures of this run."


def _footprints(results: Results) -> Iterator[str]:
    if not results.footprints:
        return
    yield "## Memory and start"
    header = ["", "fresh, MiB", "after 10,000 requests, MiB", "of that the worker, MiB", "first answer after, s"]
    yield rows(
        header,
        [
            [name, f"{one.fresh:.1f}", f"{one.used:.1f}", f"{one.worker:.1f}", f"{one.start:.2f}"]
            for name, one in results.footprints.items()
        ],
    )
    yield "Proportional set size of the whole process tree; lists of 20; median of three starts."


def _half_loads(results: Results) -> Iterator[str]:
    if not results.half_loads:
        return
    yield "## Latency at half load"
    lines = [
        [f"{BY_NAME[one.work].title}, {name}", f"{one.rate:,.0f}", f"{one.p50:.2f}", f"{one.p99:.2f}"]
        for name, found in results.half_loads.items()
        for one in found
    ]
    yield rows(["SQLite", "requests/s", "p50, ms", "p99, ms"], sorted(lines))


def _growths(results: Results) -> Iterator[str]:
    if not results.growths:
        return
    yield "## Growth"
    for kind, title in (("all", "rows in the answer"), ("list20", "list of 20, rows in the table"), (
        "retrieve", "retrieve, rows in the table"
    )):  # fmt: skip
        points = [one for one in results.growths if one.work.startswith(kind)]
        if not points:
            continue
        sizes = sorted({one.rows for one in points})
        by_place = {(one.peer, one.rows): f"{one.rate:,.1f}" for one in points}
        peers = list(dict.fromkeys(one.peer for one in points))
        lines = [[peer, *(by_place.get((peer, size), NOT_THERE) for size in sizes)] for peer in peers]
        yield rows([f"{title}, requests/s", *(f"{size:,}" for size in sizes)], lines)
    slopes = {peer: growth.slope(results.growths, peer) for peer in dict.fromkeys(one.peer for one in results.growths)}
    if floor := slopes.get(FLOOR):
        low, high = growth.SLOPE
        lines = [[peer, f"{one:.2f}", f"{one / floor:.2f}"] for peer, one in slopes.items() if one is not None]
        yield rows([f"each row more, from {low} to {high:,}", "µs", "of the floor's"], lines)


def _small_print(results: Results) -> Iterator[str]:
    yield "## How each is served"
    yield "\n".join(
        f"- **{name}** {results.versions.get(name, '')}: {text}." for name, text in results.configurations.items()
    )
    told = [f"- {name}: {reason}" for name, reason in results.absent.items()]
    for timing in results.timings:
        where = f"- {timing.peer}, {BY_NAME[timing.work].title}, {timing.database}"
        told += [f"{where}: not timed, {timing.fault}"] if timing.fault else []
        told += [f"{where}: {note}" for note in timing.notes]
    if told:
        yield "## What else is to be told"
        yield "\n".join(dict.fromkeys(told))
