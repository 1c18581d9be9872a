"""scripts/check_sizes.py at its limits."""

from pathlib import Path

import pytest

from scripts import check_sizes


def excesses(folder: Path, source: str) -> list[str]:
    """What the script says of a module with this source."""
    path = folder / "module.py"
    path.write_text(source, encoding="utf-8")
    return [line.removeprefix(str(path)) for line in check_sizes.excesses_of(path)]


@pytest.mark.parametrize(("lines", "refused"), [(400, False), (401, True)])
def test_a_module_has_400_lines_at_most(tmp_path: Path, lines: int, refused: bool) -> None:
    """One line more is one too many."""
    assert excesses(tmp_path, "x = 1\n" * lines) == ([": 401 lines, 400 at most"] if refused else [])


@pytest.mark.parametrize(("lines", "refused"), [(40, False), (41, True)])
def test_a_function_has_40_lines_at_most(tmp_path: Path, lines: int, refused: bool) -> None:
    """Its ``def`` counts, its docstring does not."""
    source = "async def f():\n" + '    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * (lines - 1)
    assert excesses(tmp_path, source) == ([":1: f has 41 lines, 40 at most"] if refused else [])


def test_six_parameters_may_stand_beside_self(tmp_path: Path) -> None:
    """Self, ``*args`` and ``**kwargs`` are not counted, keyword-only parameters are."""
    allowed = "class C:\n    def f(self, a, b, c, /, d, *args, e, f, **kwargs): ...\n"
    refused = "def g(a, b, c, /, d, e, *, f, g): ...\n"
    assert excesses(tmp_path, allowed + refused) == [":3: g has 7 parameters, 6 at most"]


def test_migrations_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Django writes them, at whatever length."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/0001_initial.py").write_text("x = 1\n" * 500, encoding="utf-8")
    assert check_sizes.main([str(tmp_path)]) == 0
    (tmp_path / "models.py").write_text("x = 1\n" * 500, encoding="utf-8")
    assert check_sizes.main([str(tmp_path)]) == 1
    assert "models.py: 500 lines, 400 at most" in capsys.readouterr().out
