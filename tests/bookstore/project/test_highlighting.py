import re
from html import unescape
from pathlib import Path

import pytest

from bookstore.project import doors, highlighting
from bookstore.project.highlighting import highlighted

SAMPLE = '''"""A <module>."""

@decorator
async def total(prices: list[float]) -> float:
    # Add & round.
    return round(sum(prices), 2) if prices else f"{prices!r} {{}}"
'''


def text_of(html):
    """What a reader sees."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("module", [doors, highlighting])
def test_the_reader_sees_the_file_as_it_is(module):
    """Marking up changes no character of real source."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert text_of(highlighted(source)) + "\n" == source


@pytest.mark.parametrize(
    "source", ["", "x = 1", "\n\n", 'text = """a\n\nb"""\n', 'f"{x:{width}} }}"\n', "a = '\u2028'\n"]
)
def test_odd_sources_come_through_too(source):
    """Missing line ends, empty lines and strings over several lines are kept."""
    assert text_of(highlighted(source)) == source.removesuffix("\n")


def test_words_are_marked_by_their_kind_and_everything_is_escaped():
    """Keywords, names, strings, numbers and comments can be told apart, and no markup gets in."""
    html = highlighted(SAMPLE)
    for kind, word in [
        ("string", "&quot;&quot;&quot;A &lt;module&gt;.&quot;&quot;&quot;"),
        ("decorator", "decorator"),
        ("keyword", "async"),
        ("definition", "total"),
        ("builtin", "list"),
        ("comment", "# Add &amp; round."),
        ("number", "2"),
    ]:
        assert f'<span class="{kind}">{word}</span>' in html
    assert text_of(html) + "\n" == SAMPLE


def test_each_line_is_an_element_of_its_own():
    """Lines can be numbered by the style sheet, those inside a long string included."""
    assert highlighted('"""a\nb"""\n').count('class="line"') == 2
