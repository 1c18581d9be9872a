"""The results as a drawing: one panel for each kind of work, one bar for each peer, readable on light and dark."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from benchmarks.peers import FLOOR, THEIRS
from benchmarks.results import Results
from benchmarks.work import BY_NAME

SHOWN = (
    ("SQLite", "list20"),
    ("SQLite", "retrieve"),
    ("SQLite", "nested"),
    ("SQLite", "create"),
    ("PostgreSQL", "list20"),
    ("PostgreSQL", "retrieve"),
)
SUBTITLE = f"In parentheses: times {THEIRS}. Dashed: ASGI by hand on the bare driver, no framework. Longer is better."
COLUMNS = 2
WIDTH = 460
LABEL = 96
VALUE = 104
BAR = 13
STEP = 19
HEAD = 34
GAP = 26
TOP = 66
FOOT = 40

STYLE = """
    text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
    .title { font-size: 17px; font-weight: 600; } .panel { font-size: 13px; font-weight: 600; }
    .quiet { fill: #59636e; } .name { text-anchor: end; } .ours-text { font-weight: 600; }
    .ground { fill: #ffffff; } .other { fill: #afb8c1; } .ours { fill: #0969da; } .door { fill: #6cb1f5; }
    .floor { fill: none; stroke: #818b98; stroke-dasharray: 3 2; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; } .quiet { fill: #9198a1; }
      .ground { fill: #0d1117; } .other { fill: #545d68; } .ours { fill: #4493f8; } .door { fill: #2f5f9e; }
      .floor { stroke: #9198a1; }
    }
"""
CLASSES = {"ironbolt": "ours", "ironbolt-drf": "door", FLOOR: "floor"}


class Bar(NamedTuple):
    """One bar: whose, how many requests a second, and how many times as many as django-bolt."""

    peer: str
    rate: float
    ratio: float | None


def svg(results: Results) -> str:
    """The drawing; panels of which nothing was measured are left out."""
    panels = [(place, bars) for place in SHOWN if (bars := _bars(results, *place))]
    tallest = max((len(bars) for _, bars in panels), default=0)
    height = HEAD + tallest * STEP + GAP
    lines = -(-len(panels) // COLUMNS)
    whole = TOP + lines * height + FOOT
    drawn = [
        part
        for number, ((database, work), bars) in enumerate(panels)
        for part in _panel(f"{BY_NAME[work].title}, {database}", bars, _corner(number, height))
    ]
    told = results.circumstances
    below = f"{told.get('machine', '')}; {told.get('python', '')}; {told.get('date', '')}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH + GAP} {whole}" role="img">',
        "<title>Requests per second, side by side</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{COLUMNS * WIDTH + GAP}" height="{whole}" rx="6"/>',
        f'<text class="title" x="{GAP}" y="32">Requests per second, one process on one core</text>',
        f'<text class="quiet" x="{GAP}" y="52">{escape(SUBTITLE)}</text>',
        *drawn,
        f'<text class="quiet" x="{GAP}" y="{whole - 16}">{escape(below)}</text>',
        "</svg>",
        "",
    ])  # fmt: skip


def _corner(number: int, height: int) -> tuple[int, int]:
    return GAP + number % COLUMNS * WIDTH, TOP + number // COLUMNS * height


def _bars(results: Results, database: str, work: str) -> list[Bar]:
    timed = [one for one in results.timings if (one.database, one.work) == (database, work)]
    bars = [
        Bar(one.peer, one.rate, results.ratio(database, work, one.peer, THEIRS))
        for one in timed
        if one.rate is not None
    ]
    return sorted(bars, key=lambda bar: -bar.rate)


def _panel(title: str, bars: Sequence[Bar], corner: tuple[int, int]) -> Iterator[str]:
    left, top = corner
    yield f'<text class="panel" x="{left}" y="{top + 18}">{escape(title)}</text>'
    longest = bars[0].rate
    room = WIDTH - LABEL - VALUE - GAP
    for number, bar in enumerate(bars):
        y = top + HEAD + number * STEP
        width = max(1.0, bar.rate / longest * room)
        kind = CLASSES.get(bar.peer, "other")
        weight = " ours-text" if bar.peer == "ironbolt" else ""
        yield f'<text class="name{weight}" x="{left + LABEL - 8}" y="{y + 11}">{escape(bar.peer)}</text>'
        yield f'<rect class="{kind}" x="{left + LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
        ratio = f" ({bar.ratio:.1f}×)" if bar.ratio is not None and bar.peer != THEIRS else ""  # noqa: RUF001 - times
        yield (
            f'<text class="quiet{weight}" x="{left + LABEL + width + 6:.1f}" y="{y + 11}">{bar.rate:,.0f}{ratio}</text>'
        )
