"""A project of plain REST framework keeps its answers with Ironbolt in it, whatever its settings."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.drf.compat.plain.scenarios import KEPT, REFUSED

ROOT = Path(__file__).parents[3]
WAYS, SETS = ("switched", "door"), ("usual", "odd")
Answer = dict[str, Any]
Answers = dict[str, list[Answer]]

MEANT = {("kept: sum", "usual"), ("kept: action on a list", "usual"), ("kept: page of an action", "usual")}
"""Where views of our door differ: decimals that no serializer has made texts of are texts there."""

UNDONE = ("refused: raised after writing", "usual")
"""Where they differ as well: a write that fails leaves nothing behind, with ATOMIC_REQUESTS or without."""


def run(way: str, settings: str, directory: Path) -> Answers:
    """The answers of the project, made by a process of its own, since most settings are read once."""
    target = directory / f"{way}-{settings}.json"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.drf.compat.plain.settings",
        "COMPAT_WAY": way,
        "COMPAT_SET": settings,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",  # REST framework tells the methods of a function in the order of a set
    }
    command = [sys.executable, "-W", "error", "-m", "tests.drf.compat.plain.run", str(target)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers: Answers = json.loads(target.read_text(encoding="utf-8"))
    return answers


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[tuple[str, str], Answers]:
    """By way and settings, what the project answers."""
    directory = tmp_path_factory.mktemp("compat")
    runs = [(way, settings) for settings in SETS for way in ("plain", *WAYS)]
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(runs, pool.map(lambda one: run(one[0], one[1], directory), runs), strict=True))


@pytest.mark.parametrize("scenario", [f"kept: {name}" for name in KEPT])
@pytest.mark.parametrize("settings", SETS)
@pytest.mark.parametrize("way", WAYS)
def test_answers_stay_what_they_were(answers, way, settings, scenario) -> None:
    """Status, headers, cookies and body of a success are those of REST framework alone."""
    for before, after in pairs(answers, way, settings, scenario):
        if way == "door" and (scenario, settings) in MEANT:
            assert without_quotes(after["body"]) == without_quotes(before["body"]).replace("3.5}", "3.50}")
        else:
            same(before, after)


@pytest.mark.parametrize("scenario", [f"refused: {name}" for name in REFUSED])
@pytest.mark.parametrize("settings", SETS)
@pytest.mark.parametrize("way", WAYS)
def test_only_the_bodies_of_errors_are_others(answers, way, settings, scenario) -> None:
    """Status and headers of an error are those of REST framework, and what it said is said in our envelope."""
    for before, after in pairs(answers, way, settings, scenario):
        assert after["status"] == before["status"]
        if before["status"] < 400:
            if way != "door" or (scenario, settings) != UNDONE:
                same(before, after)
            continue
        assert headers_of_error(after) == headers_of_error(before)
        assert after["cookies"] == before["cookies"]
        if before["headers"]["Content-Type"].startswith("text/html"):
            assert after["headers"]["Content-Type"] == before["headers"]["Content-Type"]
            continue
        error = json.loads(after["body"])["error"]
        assert error.keys() == {"code", "message", "details"}
        if before["status"] == 400:
            assert set(sentences(json.loads(before["body"]))) <= set(sentences(error))


def test_own_words_of_rest_framework_are_translated(answers) -> None:
    """A client that speaks German gets the sentences that REST framework has in German."""
    for name in ("empty", "not acceptable", "who"):
        (before,), (after,) = (answers[way, "usual"][f"refused: {name} in German"] for way in ("plain", "switched"))
        error = json.loads(after["body"])["error"]
        assert set(sentences(json.loads(before["body"]))) <= set(sentences(error))
    (missing,) = answers["door", "usual"]["refused: missing in German"]
    assert json.loads(missing["body"])["error"]["message"] == "Nicht gefunden."
    (empty,) = answers["switched", "usual"]["refused: empty in German"]
    assert json.loads(empty["body"])["error"]["message"] == "Ungültige Eingabe."


@pytest.mark.parametrize("settings", SETS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scenario", ["refused on a page", "form refused on a page"])
def test_forms_show_what_was_wrong_with_them(answers, way, settings, scenario) -> None:
    """A form that is refused comes back filled in, each fault beside its field, as from REST framework."""
    (before,), (after,) = (answers[one, settings][f"refused: {scenario}"] for one in ("plain", way))
    for page in (before, after):
        assert '<span class="help-block">This field may not be blank.</span>' in page["body"]
    assert form_of(after["body"]) == form_of(before["body"])


@pytest.mark.parametrize("way", WAYS)
def test_atomic_requests_are_undone(answers, way) -> None:
    """With ATOMIC_REQUESTS what a failing view wrote is undone; at our door without them too."""
    for settings, names in (("usual", {"plain", "switched"}), ("odd", set())):
        for one in ("plain", way):
            rows = answers[one, settings]["refused: raised after writing"][-1]["body"]
            assert ("left over" in rows) is (one in names)


# --- how answers are compared ----------------------------------------------------------------------


def pairs(answers: Any, way: str, settings: str, scenario: str) -> list[tuple[Answer, Answer]]:
    """Each answer of a scenario as it was, and as it is now."""
    before, after = answers["plain", settings][scenario], answers[way, settings][scenario]
    assert all(one["status"] != 500 for one in before)
    return list(zip(before, after, strict=True))


def same(before: Answer, after: Answer) -> None:
    """Nothing differs; JSON may write the same number in another way."""
    if before["body"] != after["body"]:
        assert before["headers"]["Content-Type"].startswith("application/json")
        assert json.loads(before["body"]) == json.loads(after["body"])
        for one in (before, after):
            one["headers"].pop("Content-Length", None)
    assert (before["status"], before["headers"], before["cookies"]) == (
        after["status"],
        after["headers"],
        after["cookies"],
    )


def headers_of_error(answer: Answer) -> dict[str, str]:
    """The headers that do not speak of the body; an error is negotiated, and a 405 asks nobody who he is."""
    of_the_body = {"Content-Type", "Content-Length"}
    headers = {name: value for name, value in answer["headers"].items() if name not in of_the_body}
    vary = set(headers.pop("Vary", "").split(", ")) | {"Accept"}
    return headers | {"Vary": ", ".join(sorted(vary - ({"Cookie"} if answer["status"] == 405 else set())))}


def without_quotes(text: str) -> str:
    """A body in which a number is written as its text is."""
    return text.replace("&quot;", "").replace('"', "")


def sentences(value: Any) -> list[str]:
    """Every text in some JSON, but for the names."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [text for one in inside for text in sentences(one)]
    return [str(value)]


def form_of(page: str) -> str:
    """The form to post by, of a page of the browsable API."""
    start = page.index("<form action")
    return page[page.index("<fieldset>", start) : page.index("</fieldset>", start)]
