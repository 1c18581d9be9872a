"""The picture of the hooks in the documents: what it says is what happens, through both doors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ironbolt.core.unit import current_unit
from tests.contract.tasks import do, through_bolt
from tests.contract.test_hooks import ACTIONS, PLACES, with_filter
from tests.project.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


WRITTEN = Path(__file__).parents[2] / "docs/hooks.md"
DRAWN = WRITTEN.parent / "images/hooks.svg"

STEP = re.compile(r"^ *(?P<inside>[|│])? *(?P<name>\w+)(?:\(.*\))?(?: .*)?$")


def told() -> dict[str, list[tuple[str, bool]]]:
    """What the document says: action → each step, and whether it is inside the transaction."""
    pictures: dict[str, list[tuple[str, bool]]] = {}
    for block in re.findall(r"```text\n(.*?)```", WRITTEN.read_text(encoding="utf-8"), re.DOTALL):
        title, *rows = block.strip("\n").splitlines()
        steps = [found for row in rows if (found := STEP.match(row))]
        pictures[title.split()[0]] = [(step["name"], bool(step["inside"])) for step in steps]
    return pictures


def traced(through: Any, seen: list[tuple[str, bool]]) -> dict[str, Any]:
    """Every hook of a view set, each noting its name and whether a unit of work is open."""

    def hook(name: str) -> Any:
        def noted(view: Any, *args: Any) -> Any:
            seen.append((name, current_unit() is not None))
            return {} if name.startswith("get_") else args[-1] if name.endswith("_list") else None

        return noted

    def filters(rows: Any) -> Any:
        seen.append(("filter_queryset", current_unit() is not None))
        return rows

    writes = [f"{place}_{action}" for place in PLACES for action in ACTIONS]
    reads = [f"{place}_perform_{action}" for place in ("before", "after") for action in ("list", "retrieve")]
    hooks = [*writes, *reads, "get_create_kwargs", "get_update_kwargs"]
    return {name: hook(name) for name in hooks} | with_filter(through, filters)


SAYS = {"INSERT INTO": "save", "UPDATE": "save", "DELETE FROM": "delete"}


@pytest.fixture
def seen(task: Task) -> Iterator[list[tuple[str, bool]]]:
    """Notes as they are made, with those of the rows themselves."""
    notes: list[tuple[str, bool]] = []
    table = connection.ops.quote_name(Task._meta.db_table)

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        words = [word for verb, word in SAYS.items() if sql.startswith(f"{verb} {table}")]
        notes.extend((word, current_unit() is not None) for word in words)
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield notes


@pytest.mark.row("V05", "V06", "V07", "V08", "V09")
@pytest.mark.parametrize("action", [*ACTIONS, "list", "retrieve"])
def test_hooks_run_as_the_picture_has_them(through: Any, task: Task, seen: Any, action: str) -> None:
    """Each step in its place, inside the transaction or outside, with none left out and none more."""
    call = through(**traced(through, seen))
    answer = do(call, action, task)
    assert answer[0] < 300
    found = told()[action]
    if through is through_bolt:  # which filters lists alone
        found = [step for step in found if action == "list" or step[0] != "filter_queryset"]
    assert seen == found


def test_the_drawing_says_the_same() -> None:
    """Every step of the text stands in the drawing, under its action and in its order."""
    columns: dict[str, list[str]] = {}
    for group in re.findall(r'<g id="(\w+)".*?</g>', DRAWN.read_text(encoding="utf-8"), re.DOTALL):
        drawn = re.search(rf'<g id="{group}".*?</g>', DRAWN.read_text(encoding="utf-8"), re.DOTALL)
        assert drawn
        columns[group] = re.findall(r'<text class="step"[^>]*>(\w+)</text>', drawn[0])
    assert columns == {action: [name for name, _ in steps] for action, steps in told().items()}
