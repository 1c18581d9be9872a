"""One run: compare, take turns, look at growth and footprints, write what was found as it goes."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import chart, table
from benchmarks.checking import check_all
from benchmarks.footprint import footprint, half_load
from benchmarks.growth import growth_of_answers, growth_of_table
from benchmarks.lineup import WORKSHOP, Lineup
from benchmarks.peers import BY_NAME as BY_PEER
from benchmarks.peers import FLOOR, OURS, THEIRS, Peer
from benchmarks.postgres import postgres
from benchmarks.results import Results, Timing
from benchmarks.rounds import Pace, take_turns
from benchmarks.servers import Server
from benchmarks.shop.keeping import Shop
from benchmarks.shop.seed import BOOKS
from benchmarks.work import BY_NAME, Work
from scripts.services.place import Refused

Servers = Mapping[str, Server]

FOLDER = Path(__file__).parent / "results"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
MAIN = frozenset({FLOOR, OURS, THEIRS})
HALF_LOADED = ("list20", "retrieve")


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Attributes:
        peers: who takes part.
        works: by the name of a database, the kinds of work.
        pace: of the rounds.
        parts: of ``rounds``, ``growth``, ``table``, ``half``, ``footprint``.
        sizes: rows of the tables that grow.
        answers: rows of the answers that grow.
        weighed: whose memory and start are looked at.
        folder: where results go.
    """

    peers: Sequence[Peer]
    works: dict[str, list[Work]]
    pace: Pace
    parts: frozenset[str]
    sizes: tuple[int, ...]
    answers: tuple[int, ...]
    weighed: Sequence[Peer]
    folder: Path = FOLDER

    @property
    def main(self) -> list[Peer]:
        """Those whose growth is looked at."""
        return [peer for peer in self.peers if peer.name in MAIN]

    def seconds(self) -> float:
        """About how long all of it takes."""
        turn = self.pace.seconds + 0.15
        rounds = sum(map(len, self.works.values())) * len(self.peers) * (self.pace.rounds * turn + 0.3)
        growing = len(self.main) * len(self.answers) * self.pace.rounds * turn
        tables = sum(20 + size / 100_000 + len(self.main) * 2 * self.pace.rounds * turn for size in self.sizes)
        parts = {
            "rounds": rounds,
            "growth": growing,
            "table": tables,
            "half": 2 * len(self.peers) * 2 * turn,
            "footprint": len(self.weighed) * 14,
        }
        return sum(cost for name, cost in parts.items() if name in self.parts)


class Run:
    """A run and what it has found so far."""

    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan = plan
        self.results = results
        self._begin = time.monotonic()

    def say(self, text: str) -> None:
        """A line of progress, with the time that has passed."""
        spent = time.monotonic() - self._begin
        print(f"[{spent / 60:4.1f} of about {self.plan.seconds() / 60:.0f} min] {text}", flush=True)

    def all(self) -> Results:
        """Do everything that is planned, and write it down after each step."""
        for peer in self.plan.peers:
            self.results.versions[peer.name] = peer.version() or "not installed"
            self.results.configurations[peer.name] = peer.note
        sqlite = f"sqlite:///{WORKSHOP}/shop.sqlite3"
        if SQLITE in self.plan.works:
            self._on(SQLITE, sqlite)
        if POSTGRESQL in self.plan.works:
            self._on_postgres()
        if "footprint" in self.plan.parts:
            self._footprints(sqlite)
        if "table" in self.plan.parts:
            self._growth_of_table()
        self.write()
        return self.results

    def write(self) -> None:
        """Write table, JSON and chart of what is known."""
        folder = self.plan.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.json").write_text(self.results.as_json(), encoding="utf-8")
        (folder / "results.md").write_text(table.markdown(self.results), encoding="utf-8")
        (folder / "results.svg").write_text(chart.svg(self.results), encoding="utf-8")

    def _on_postgres(self) -> None:
        try:
            with postgres() as url:
                self._on(POSTGRESQL, url)
        except Refused as reason:
            self.results.absent[POSTGRESQL] = str(reason)

    def _on(self, database: str, url: str) -> None:
        shop = Shop(url)
        self.say(f"{database}: {BOOKS:,} books")
        shop.make(BOOKS)
        with Lineup(self.plan.peers, url) as lineup:
            for absent in lineup.absent:
                self.results.absent[f"{absent.peer} on {database}"] = absent.reason
            if "rounds" in self.plan.parts:
                self._rounds(database, lineup.servers, shop)
            if database == SQLITE:
                self._half_loads(lineup.servers)
                self._growth_of_answers(lineup.servers)
        shop.close()
        self.write()

    def _rounds(self, database: str, servers: Servers, shop: Shop) -> None:
        works = self.plan.works[database]
        self.say(f"{database}: comparing answers")
        verdicts = {work.name: check_all(servers, work) for work in works}
        shop.make_over(BOOKS)
        for work in works:
            right = {name: server for name, server in servers.items() if not verdicts[work.name][name].fault}
            self.say(f"{database}: {work.title}, {len(right)} peers, {self.plan.pace.rounds} rounds")
            turns = take_turns(right, work, self.plan.pace, shop)
            if work.writes:
                shop.make_over(BOOKS)
            again = check_all(right, work) if work.touches_rows and not work.writes else {}
            for name, verdict in verdicts[work.name].items():
                fault = verdict.fault or (again[name].fault if name in again else "")
                loads = () if fault else tuple(turns.get(name, ()))
                fault = fault or ("" if loads else "it failed under load")
                lacking = BY_PEER[name].lacks.get(work.name)
                notes = (*verdict.notes, *((lacking,) if lacking else ()))
                self.results.timings.append(Timing(database, work.name, name, loads, verdict.size, fault, notes))
            self.write()

    def _half_loads(self, servers: Servers) -> None:
        if "half" not in self.plan.parts:
            return
        self.say("latency at half load")
        for name, server in servers.items():
            for kind in HALF_LOADED:
                timing = self.results.find(SQLITE, kind, name)
                if timing is None or timing.rate is None:
                    continue
                try:
                    seen = half_load(server, BY_NAME[kind], timing.rate, 2 * self.plan.pace.seconds)
                except RuntimeError as error:
                    self.results.absent[f"half load of {name}"] = str(error)
                else:
                    self.results.half_loads.setdefault(name, []).append(seen)

    def _growth_of_answers(self, servers: Servers) -> None:
        if "growth" in self.plan.parts:
            main = {name: server for name, server in servers.items() if name in MAIN}
            for point in growth_of_answers(main, self.plan.pace, self.say, self.plan.answers):
                self.results.growths.append(point)

    def _growth_of_table(self) -> None:
        url = f"sqlite:///{WORKSHOP}/growing.sqlite3"
        for point in growth_of_table(self.plan.main, url, self.plan.sizes, self.plan.pace, self.say):
            self.results.growths.append(point)
        Shop(url).remove()

    def _footprints(self, url: str) -> None:
        Shop(url).make(BOOKS)
        for peer in self.plan.weighed:
            if peer.version() is None:
                continue
            self.say(f"memory and start: {peer.name}")
            try:
                self.results.footprints[peer.name] = footprint(peer, url)
            except (RuntimeError, TimeoutError) as error:
                self.results.absent[f"memory of {peer.name}"] = str(error)
