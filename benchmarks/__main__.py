"""``python -m benchmarks``: measure side by side; what it has found goes to ``benchmarks/results/``."""

import os
import shlex
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks import peers, work
from benchmarks.growth import SLOPE
from benchmarks.load import LOAD_CORE
from benchmarks.results import Results, circumstances
from benchmarks.rounds import Pace
from benchmarks.run import FOLDER, MAIN, POSTGRESQL, SQLITE, Plan, Run
from benchmarks.servers import SERVER_CORE
from benchmarks.table import markdown
from benchmarks.work import Work

PARTS = ("rounds", "half", "growth", "footprint", "table")
QUICK_PARTS = ("rounds", "growth", "footprint")
QUICK_ON_POSTGRESQL = ("list20", "retrieve")
LARGEST_TABLE = 7
Named = TypeVar("Named")

DATABASES = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for."""
    plan = plan_of(parser().parse_args(arguments))
    _take_place()
    said = shlex.join(["python -m benchmarks", *arguments]).replace("'", "")
    run = Run(plan, Results(circumstances(said)))
    run.say(f"{len(plan.peers)} peers, {plan.pace.rounds} rounds of {plan.pace.seconds} s, into {plan.folder}")
    print(markdown(run.all()))


def parser() -> ArgumentParser:
    """What can be asked for."""
    asked = ArgumentParser("python -m benchmarks", description=__doc__)
    asked.add_argument("--quick", action="store_true", help="the main lines, in about five minutes")
    asked.add_argument("--peers", default="", help=f"some of {','.join(peers.BY_NAME)}")
    asked.add_argument("--work", default="", help=f"some of {','.join(work.BY_NAME)}")
    asked.add_argument("--only", default="", help=f"some of the parts {','.join(PARTS)}")
    asked.add_argument("--database", choices=DATABASES, help="one instead of both")
    asked.add_argument("--rounds", type=int, help="how often each peer's turn comes (7; quick 3)")
    asked.add_argument("--seconds", type=int, help="how long a turn takes (2; quick 1)")
    asked.add_argument("--largest", type=int, default=LARGEST_TABLE, help="tables grow to 10 to the power of this (7)")
    asked.add_argument("--into", type=Path, default=FOLDER, help="the folder for what is found")
    return asked


def plan_of(asked: Namespace) -> Plan:
    """What to do; an unknown name ends the program with the known ones."""
    parts = _named(asked.only, {part: part for part in PARTS}) or list(QUICK_PARTS if asked.quick else PARTS)
    taking_part = _named(asked.peers, peers.BY_NAME) or list(peers.PEERS)
    chosen = _named(asked.work, work.BY_NAME)
    databases = [DATABASES[asked.database]] if asked.database else [SQLITE, POSTGRESQL]
    in_order = [peer for peer in peers.PEERS if peer in taking_part]
    return Plan(
        peers=in_order,
        works={name: found for name in databases if (found := _works(name, chosen, quick=asked.quick))},
        pace=Pace(asked.rounds or (3 if asked.quick else 7), asked.seconds or (1 if asked.quick else 2)),
        parts=frozenset(parts),
        sizes=tuple(10**power for power in range(3, asked.largest + 1)),
        answers=SLOPE if asked.quick else work.ANSWERS,
        weighed=[peer for peer in in_order if peer.name in MAIN] if asked.quick else in_order,
        folder=asked.into,
    )


def _take_place() -> None:
    """Stand beside the load, where the servers are not disturbed, and end them also when somebody ends us."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if not {SERVER_CORE, LOAD_CORE} <= cores:
        sys.exit("Servers and load need a core each, and Linux, which can keep them there.")
    os.sched_setaffinity(0, {LOAD_CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _works(database: str, chosen: Sequence[Work], *, quick: bool) -> list[Work]:
    if database == SQLITE:
        return list(chosen) or [one for one in work.WORKS if one.quick or not quick]
    on_rows = [one for one in chosen or work.WORKS if one.touches_rows]
    return [one for one in on_rows if chosen or not quick or one.name in QUICK_ON_POSTGRESQL]


def _named(said: str, known: Mapping[str, Named]) -> list[Named]:
    names = [name for name in said.split(",") if name]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"Unknown: {', '.join(unknown)}. There are {', '.join(known)}.")
    return [known[name] for name in names]


if __name__ == "__main__":
    main(sys.argv[1:])
