"""Runs every Python block of README.md and docs/, so that no example can rot.

The blocks of one document share a namespace, from top to bottom. A block that only shows something is preceded by a
comment that says why: ``<!-- not run: the reason -->``. One that shows a file is preceded by its name,
``<!-- file: examples/quickstart.py -->``, and is that file to the letter.
"""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs/bolt/examples"
FENCE = re.compile(
    r"(?P<not_run><!-- not run: .+? -->\n+)?^```(?:python|py)\b[^\n]*\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE
)

SHOWN = re.compile(
    r"^<!-- file: (?P<file>\S+) -->\n+(?:<!-- not run: .+? -->\n+)?```python\n(?P<code>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
SERVE_SECONDS = 30


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


def shown_files() -> list[tuple[Path, str]]:
    """The files that documents show, each with what they show of it."""
    documents = sorted((ROOT / "docs").rglob("*.md"))
    return [
        (document.parent / match["file"], match["code"])
        for document in documents
        for match in SHOWN.finditer(document.read_text(encoding="utf-8"))
    ]


def test_a_shown_file_is_the_file_itself() -> None:
    """What a document shows as a file is that file, and every file of the examples is shown."""
    shown = dict(shown_files())
    assert set(shown) == set(EXAMPLES.glob("*.py"))
    for file, code in shown.items():
        assert file.read_text(encoding="utf-8") == code, f"{file.name} and the document that shows it differ"


def test_the_quickstart_has_fifty_lines_at_most() -> None:
    """The first example is as short as it says."""
    assert len((EXAMPLES / "quickstart.py").read_text(encoding="utf-8").splitlines()) <= 50


@contextmanager
def served(command: list[str], directory: Path, **environ: str) -> Iterator[str]:
    """The address at which a command serves, in a directory and with no settings but its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    process = subprocess.Popen(
        [sys.executable, *command, "--port", "0"],
        cwd=directory,
        env=inherited | {"PYTHONUNBUFFERED": "1"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    alarm = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(SERVE_SECONDS)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address, said + process.stdout.read()
        yield address[0]
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    finally:
        process.kill()
        process.communicate()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, alarm)


def answer_of(address: str, data: object = None) -> object:
    """What an address answers, to data if there is any."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SERVE_SECONDS) as answer:
        return json.load(answer)


def test_an_api_without_models_serves_itself(tmp_path: Path) -> None:
    """One file in an empty directory is a whole project, without settings, models or a database."""
    (tmp_path / "app.py").write_bytes((EXAMPLES / "app.py").read_bytes())
    with served(["app.py"], tmp_path, PYTHONPATH=str(ROOT / "src")) as address:
        assert answer_of(f"{address}/hello/Ada?times=2") == ["Hello, Ada!", "Hello, Ada!"]
        assert answer_of(f"{address}/distance", [{"x": 0, "y": 0}, {"x": 3, "y": 4}]) == 5.0
        assert "/distance" in str(answer_of(f"{address}/openapi.json"))
    assert {path.name for path in tmp_path.iterdir()} <= {"app.py", "__pycache__"}


def test_an_api_without_models_imports_none(tmp_path: Path) -> None:
    """It touches neither the tables of Django's users nor Django REST Framework."""
    (tmp_path / "app.py").write_bytes((EXAMPLES / "app.py").read_bytes())
    probe = (
        "import app, django, sys; django.setup(); app.api.asgi(); "
        "print({'rest_framework', 'django.contrib.auth.models', 'django.contrib.contenttypes.models'} & {*sys.modules})"
    )
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=SERVE_SECONDS,
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_the_quickstart_is_served_alone(tmp_path: Path) -> None:
    """The command that stands below the first example serves it."""
    path = os.pathsep.join([str(EXAMPLES), str(ROOT / "src"), str(ROOT)])
    command = [str(ROOT / "manage.py"), "serve", "--api", "quickstart:api"]
    with served(command, tmp_path, PYTHONPATH=path, DATA_DIR=str(tmp_path)) as address:
        assert "/shop/books/{pk}/restock" in str(answer_of(f"{address}/shop/openapi.json"))


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
