"""scripts/rows.py over a table and tests that are made up."""

import json
from pathlib import Path

import pytest

from scripts import rows

TABLE = """
| row | what | doors |
|---|---|---|
| V01 | Errors look alike | drf bolt |
| V02 | Hooks are called | drf |

| row | what |
|---|---|
| S01 | A shop |
"""

TESTS = """
import pytest

@pytest.mark.row("V01", "S01")
def test_alike():
    pass

@pytest.mark.row("V01")
class TestDoors:
    async def test_bolt(self):
        pass

@pytest.mark.parametrize("door", [pytest.param("drf", marks=pytest.mark.row("S01"))])
def test_each(door):
    pass
"""


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Runs the script; answers with its exit code and both outputs."""

    def call(*arguments: str, tests: str = TESTS) -> tuple[int, str, str]:
        (tmp_path / "rows.md").write_text(TABLE, encoding="utf-8")
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests/test_made_up.py").write_text(tests, encoding="utf-8")
        code = rows.main(["--table", str(tmp_path / "rows.md"), "--tests", str(tmp_path / "tests"), *arguments])
        return code, *capsys.readouterr()

    return call


def test_each_row_comes_with_the_tests_that_prove_it(run) -> None:
    """Marks on functions, classes and parameters all count."""
    code, output, _ = run("--json")
    found = json.loads(output)
    assert code == 0
    assert found["V01"]["tests"] == ["tests/test_made_up.py::test_alike", "tests/test_made_up.py::TestDoors::test_bolt"]
    assert found["S01"]["tests"] == ["tests/test_made_up.py::test_alike", "tests/test_made_up.py::test_each"]
    assert found["V01"]["doors"] == ["drf", "bolt"]


def test_a_mark_of_the_whole_module_counts_for_each_of_its_tests(run) -> None:
    """``pytestmark`` proves rows too."""
    _, output, _ = run("--row", "V02", "--json", tests='pytestmark = pytest.mark.row("V02")\ndef test_a(): ...\n')
    assert json.loads(output)["V02"]["tests"] == ["tests/test_made_up.py::test_a"]


def test_counts_and_missing_rows_close_the_list(run) -> None:
    """A person reads at the end how far it is."""
    _, output, _ = run()
    assert output.endswith("With a test: V 1 of 2, S 1 of 1\nWithout: V02\n")


def test_only_missing_rows_can_be_asked_for(run) -> None:
    """``--missing`` leaves out what is proven."""
    _, output, _ = run("--missing", "--json")
    assert list(json.loads(output)) == ["V02"]


def test_a_test_that_names_an_unknown_row_is_an_error(run) -> None:
    """A slip in a row's id can't pass as proof."""
    code, _, errors = run(tests='@pytest.mark.row("V99")\ndef test_typo(): ...\n')
    assert code == 1
    assert "tests/test_made_up.py::test_typo: there is no row 'V99'" in errors


def test_every_row_of_the_project_is_in_its_table() -> None:
    """The four guides have 23, 29, 31 and 47 rows, each named once."""
    ids = list(rows.read_rows(rows.ROOT / "docs/rows.md"))
    assert ids == [
        f"{letter}{n:02}" for letter, last in (("V", 23), ("B", 29), ("M", 31), ("S", 47)) for n in range(1, last + 1)
    ]


def test_the_projects_own_tests_name_only_known_rows() -> None:
    """Every mark in this suite stands for a row of docs/rows.md."""
    assert rows.read_proofs(rows.ROOT / "tests").keys() <= rows.read_rows(rows.ROOT / "docs/rows.md").keys()
