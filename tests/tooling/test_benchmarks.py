"""benchmarks/: how answers are compared, loads are made and figures are told; without servers."""

import datetime
import json
import random
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import answers, chart, growth, peers, scripting, table, work
from benchmarks.footprint import Footprint
from benchmarks.growth import Growth
from benchmarks.load import Load, read_load
from benchmarks.results import Results, Timing, paired
from benchmarks.rounds import rotated
from benchmarks.run import Plan

WRK = """Running 1s test @ http://127.0.0.1:1/
  Latency Distribution
     50%    1.52ms
     75%    2.00ms
     90%    3.00ms
     99%  812.00us
  22222 requests in 1.00s, 1.00MB read
{more}Requests/sec:  22211.55
Transfer/sec:      1.00MB
"""


def timing(peer: str, *rates: float, kind: str = "list20", fault: str = "") -> Timing:
    """One of SQLite's timings."""
    return Timing("SQLite", kind, peer, tuple(Load(rate, 1.0, 2.0) for rate in rates), 100, fault)


@pytest.fixture
def results() -> Results:
    """A run of three rounds with four peers, one of which answers wrongly."""
    return Results(
        circumstances={"machine": "a <machine>", "date": "today"},
        versions={"ironbolt": "1"},
        configurations={"ironbolt": "as it is"},
        timings=[
            timing("floor", 900, 1000, 1100),
            timing("ironbolt", 400, 500, 600),
            timing("django-bolt", 100, 250, 100),
            timing("drf", 800, 800, 800),
            timing("litestar", fault="status 500"),
        ],
        footprints={"ironbolt": Footprint(0.5, 40, 60, 50), "drf": Footprint(0.5, 30, 45, 40)},
    )


def test_wrk_is_read() -> None:
    """Rate and latencies in milliseconds, whatever unit wrk has chosen."""
    assert read_load(WRK.format(more=""), "url") == Load(22211.55, 1.52, 0.812)


@pytest.mark.parametrize("more", ["  Non-2xx or 3xx responses: 3\n", "  Socket errors: connect 0, read 1, timeout 0\n"])
def test_failed_requests_are_no_figure(more: str) -> None:
    """A server that refuses quickly is not quick."""
    with pytest.raises(RuntimeError, match="did not go well"):
        read_load(WRK.format(more=more), "url")


def test_numbers_and_moments_are_compared_by_value() -> None:
    """A price in quotes is the price, and a moment is the same in any zone and spelling."""
    moment = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    wanted = {"price": Decimal("12.50"), "at": moment, "day": datetime.date(2026, 1, 1), "on": True}
    for price, at in (("12.50", "2026-01-01T12:00:00Z"), (12.5, "2026-01-01T13:00:00.000+01:00")):
        answers.compare({"price": price, "at": at, "day": "2026-01-01", "on": True}, wanted)


@pytest.mark.parametrize(
    ("found", "where"),
    [
        ({"id": 1, "rows": [{"id": 2}]}, "price"),
        ({"id": 2, "price": "1.00", "rows": [{"id": 2}]}, "id"),
        ({"id": 1, "price": "1.01", "rows": [{"id": 2}]}, "price"),
        ({"id": 1, "price": "1.00", "rows": []}, "rows"),
        ({"id": 1, "price": "1.00", "rows": [{"id": 3}]}, r"rows\[0\].id"),
        ({"id": 1, "price": "1.00", "rows": [{"id": 2}], "secret": 1}, "secret"),
        ([], "object"),
    ],
)
def test_a_wrong_answer_is_named(found: object, where: str) -> None:
    """The first place that differs is in the message, and what is too much differs too."""
    with pytest.raises(answers.Wrong, match=where):
        answers.compare(found, {"id": 1, "price": Decimal("1.00"), "rows": [{"id": 2}]})


def test_true_is_not_one() -> None:
    """JSON's types of truth and number stay apart."""
    with pytest.raises(answers.Wrong):
        answers.compare({"on": 1}, {"on": True})


def test_categories_stand_in_any_order() -> None:
    """Nobody has asked for an order of them."""
    answers.compare({"categories": [{"id": 2}, {"id": 1}]}, {"categories": [{"id": 1}, {"id": 2}]})


def test_pages_are_compared_under_one_name() -> None:
    """Each framework has names of its own for a page."""
    assert answers.page_of({"items": [1], "total": 5, "has_next": True}) == {"results": [1], "count": 5}
    assert answers.spelling({"items": [], "count": 1}, {"results": [], "count": 1}) == {"other names: items"}


def test_other_spellings_are_told() -> None:
    """Equal by value is right, but not silently."""
    assert answers.spelling([{"price": 1.5}], [{"price": "1.50"}]) == {"price: float instead of str"}
    assert answers.spelling({"at": "2026-01-01T00:00:00+00:00"}, {"at": "2026-01-01T00:00:00Z"}) == {
        "at: other spelling"
    }


def test_drawn_requests_have_their_parts_in_range() -> None:
    """Ids are random, within the rows that exist, and the same in path, body and record."""
    for number in range(100):
        drawn = work.draw(work.BY_NAME["update"], random.Random(number))
        low, high = work.RANGES["book"]
        assert low <= drawn.numbers["book"] <= high
        assert drawn.path == f"/books/{drawn.numbers['book']}"
        assert json.loads(drawn.body)["author_id"] == drawn.numbers["author"]


def test_scripts_draw_in_lua() -> None:
    """A place becomes a random number of its range, and quotes stay text."""
    assert scripting.lua_text("/books/<book>?a=1", {"book": (1, 9)}) == '"/books/" .. random(1, 9) .. "?a=1"'
    assert scripting.lua_text('{"a":<book>}', {"book": (1, 9)}) == '"{\\"a\\":" .. random(1, 9) .. "}"'
    assert scripting.lua_text("") == "nil"


def test_only_what_varies_needs_a_script() -> None:
    """Wrk alone is quicker, and the load must not be what is measured."""
    manner = scripting.Manner(seed=5)
    assert scripting.script_for(work.BY_NAME["hello"], manner) is None
    script = scripting.script_for(work.BY_NAME["retrieve"], manner)
    assert script is not None
    assert "math.randomseed(5)" in script
    assert "delay" not in script
    paused = scripting.script_for(work.BY_NAME["hello"], scripting.Manner(pause=10))
    assert paused is not None
    assert "random(0, 20)" in paused


def test_ratios_are_those_of_the_same_round() -> None:
    """What disturbs a round disturbs both, so the median is taken of ratios, not the ratio of medians."""
    assert paired([400, 500, 600], [100, 250, 100]) == 4.0
    assert paired([], []) is None
    assert paired([1.0], [1.0, 2.0]) is None


def test_turns_rotate() -> None:
    """Nobody is always first."""
    assert [rotated(["a", "b", "c"], turn) for turn in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]


def test_table_tells_rates_ratios_and_faults(results: Results) -> None:
    """Each peer has a column, a wrong answer has no rate, and what was wrong stands below."""
    page = table.markdown(results)
    assert "| list of 20 | 1,000 (9.00) | 500 (4.00) | 100 | 800 (8.00) | wrong |" in page
    assert "| list of 20 | 4.00× | 0.62× (drf) | 0.50× |" in page  # noqa: RUF001 - the sign for times
    assert "- litestar, list of 20, SQLite: not timed, status 500" in page


def test_table_tells_where_ironbolt_is_behind(results: Results) -> None:
    """Time and memory; the floor is no framework, so it does not count."""
    assert table.behind(results) == [
        "list of 20 on SQLite: drf does 1.60 times as much",
        "memory after 10,000 requests: drf takes 45 MiB, Ironbolt 60 MiB",
    ]


def test_slope_is_the_cost_of_a_row() -> None:
    """Microseconds between two sizes of an answer; unknown where one of them is missing."""
    points = [Growth("floor", "all20", 20, 10_000), Growth("floor", "all10000", 10_000, 100)]
    assert growth.slope(points, "floor") == pytest.approx((10_000 - 100) / 9_980)
    assert growth.slope(points[:1], "floor") is None


def test_chart_is_a_drawing_for_light_and_dark(results: Results) -> None:
    """Well-formed, one bar for each peer that was timed, the longest first, and texts are escaped."""
    drawn = chart.svg(results)
    bars = [
        node for node in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect") if node.get("class") != "ground"
    ]
    assert [bar.get("class") for bar in bars] == ["floor", "other", "ours", "other"]
    widths = [float(bar.get("width") or 0) for bar in bars]
    assert widths == sorted(widths, reverse=True)
    assert "prefers-color-scheme: dark" in drawn
    assert "a &lt;machine&gt;" in drawn


def test_results_can_be_read_back(results: Results) -> None:
    """Every turn is kept, beside the median."""
    found = json.loads(results.as_json())["timings"][1]
    assert (found["rate"], [load["rate"] for load in found["loads"]]) == (500, [400, 500, 600])


def test_every_peer_has_its_routes_and_reason() -> None:
    """A peer is a file in apps, a locked package, and a sentence about how it is served."""
    root = Path(peers.__file__).parent
    locked = (root / "requirements.txt").read_text(encoding="utf-8")
    for peer in peers.PEERS:
        assert (root / f"apps/{peer.name.replace('-', '_')}.py").exists()
        assert peer.package == "ironbolt" or f"\n{peer.package}==" in locked
        assert len(peer.note) > 20


def plan(*arguments: str) -> Plan:
    """What a command line asks for."""
    return command.plan_of(command.parser().parse_args(arguments))


def test_quick_run_takes_about_five_minutes() -> None:
    """It has the main lines of both databases, memory, and the slope, but no large tables."""
    quick = plan("--quick")
    assert quick.seconds() < 6 * 60
    assert {one.name for one in quick.works["SQLite"]} >= {"hello", "list20", "retrieve", "nested", "create"}
    assert {one.name for one in quick.works["PostgreSQL"]} == {"list20", "retrieve"}
    assert "table" not in quick.parts
    assert plan().sizes[-1] == 10_000_000


def test_a_run_can_be_narrowed() -> None:
    """By peers, work, part and database; those who stay keep their order."""
    narrow = plan("--peers", "drf,floor", "--work", "page", "--only", "rounds", "--database", "postgresql")
    assert [peer.name for peer in narrow.peers] == ["floor", "drf"]
    assert {name: [one.name for one in works] for name, works in narrow.works.items()} == {"PostgreSQL": ["page"]}
    assert narrow.parts == {"rounds"}


def test_an_unknown_name_ends_it() -> None:
    """With the names that there are."""
    with pytest.raises(SystemExit, match=r"Unknown: rails\. There are floor, ironbolt"):
        plan("--peers", "rails")
