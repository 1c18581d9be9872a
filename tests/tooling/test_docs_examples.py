"""Runs every Python block of README.md and docs/, so that no example can rot.

The blocks of one document share a namespace, from top to bottom. A block that only shows something is preceded by a
comment that says why: ``<!-- not run: the reason -->``.
"""

import re
import sys
from pathlib import Path
from types import CodeType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?P<not_run><!-- not run: .+? -->\n+)?^```(?:python|py)\b[^\n]*\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE
)


def examples_in(text: str, name: str) -> list[CodeType]:
    """The blocks to run, compiled so that a traceback names the document's own line."""
    found = [match for match in FENCE.finditer(text) if not match["not_run"]]
    padded = ["\n" * text.count("\n", 0, match.start("code")) + match["code"] for match in found]
    return [compile(source, name, "exec") for source in padded]


def read(path: Path) -> list[CodeType]:
    """The blocks to run of one document."""
    return examples_in(path.read_text(encoding="utf-8"), str(path))


DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): examples
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if (examples := read(path))
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("examples", DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_python_example_runs(examples: list[CodeType], monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a document run as they are printed, each after those above it."""
    module = ModuleType("example")
    # Annotations are resolved through sys.modules.
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for example in examples:
        exec(example, vars(module))


def test_a_failing_example_is_reported_at_its_own_line() -> None:
    """The traceback of a broken example points into the document."""
    text = "# Title\n\n```python\nwhole = 1\n```\n\n```python\n\nbroken\n```\n"
    _, broken = examples_in(text, "guide.md")
    with pytest.raises(NameError) as caught:
        exec(broken, {})
    entry = caught.traceback[-1]
    assert (entry.frame.code.raw.co_filename, entry.lineno + 1) == ("guide.md", 9)


def test_only_python_blocks_without_a_reason_are_run() -> None:
    """Shell blocks, and blocks marked as not run, are left alone."""
    text = "```sh\nmake run\n```\n\n<!-- not run: needs a key -->\n```python\n1 / 0\n```\n\n```py\nx = 1\n```\n"
    assert len(examples_in(text, "guide.md")) == 1
