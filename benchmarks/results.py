"""What a run has found, and the figures that follow from it: medians, and ratios within the same round."""

import datetime
import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.footprint import Footprint, HalfLoad
from benchmarks.growth import Growth
from benchmarks.load import Load


@dataclass(frozen=True)
class Timing:
    """One peer at one kind of work on one database.

    Attributes:
        database: ``SQLite`` or ``PostgreSQL``.
        work: the name of the kind.
        peer: whose.
        loads: what each of its turns saw, in their order.
        size: of an answer, in bytes.
        fault: why there is no figure; empty where there is one.
        notes: what is spelled otherwise, or lacking.
    """

    database: str
    work: str
    peer: str
    loads: tuple[Load, ...] = ()
    size: int = 0
    fault: str = ""
    notes: tuple[str, ...] = ()

    @property
    def rates(self) -> list[float]:
        """Requests per second, turn by turn."""
        return [load.rate for load in self.loads]

    @property
    def rate(self) -> float | None:
        """The median of the turns; None where there was none."""
        return statistics.median(self.rates) if self.loads else None


@dataclass
class Results:
    """All of a run.

    Attributes:
        circumstances: machine, versions, command; what figures are worthless without.
        versions: of each peer.
        configurations: how each peer is served and why.
        timings: the rounds.
        footprints: memory and start, by peer.
        half_loads: latencies at half load, by peer.
        growths: points of the curves.
        absent: peers, or parts of the run, that are not there, with the reason.
    """

    circumstances: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    configurations: dict[str, str] = field(default_factory=dict)
    timings: list[Timing] = field(default_factory=list)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    half_loads: dict[str, list[HalfLoad]] = field(default_factory=dict)
    growths: list[Growth] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def find(self, database: str, work: str, peer: str) -> Timing | None:
        """One timing, if it is there."""
        wanted = (database, work, peer)
        return next((one for one in self.timings if (one.database, one.work, one.peer) == wanted), None)

    def ratio(self, database: str, work: str, peer: str, other: str) -> float | None:
        """How many times as fast ``peer`` is as ``other``: the median over rounds; None where either is missing."""
        mine, theirs = self.find(database, work, peer), self.find(database, work, other)
        return paired(mine.rates, theirs.rates) if mine and theirs else None

    def as_json(self) -> str:
        """Everything, with the medians."""
        plain: dict[str, Any] = asdict(self)
        for timing, told in zip(self.timings, plain["timings"], strict=True):
            told["loads"] = [load._asdict() for load in timing.loads]
            told["rate"] = timing.rate
        return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def paired(mine: Sequence[float], theirs: Sequence[float]) -> float | None:
    """The median of the ratios of the same round; None where a round lacks one of the two."""
    if not mine or len(mine) != len(theirs):
        return None
    return statistics.median(one / other for one, other in zip(mine, theirs, strict=True))


def circumstances(command: str) -> dict[str, str]:
    """Where and when this is measured."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "date": f"{now:%Y-%m-%d %H:%M} UTC",
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load average at the start": " ".join(f"{part:.2f}" for part in os.getloadavg()),
        "command": command,
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
