"""Prints what Ironbolt must do, row by row, with the tests that prove each row.

The rows are the tables of docs/rows.md; a test names what it proves with ``@pytest.mark.row("V02")``. The tests are
read, not run: whether they pass is for ``make test`` to say.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| *(?P<id>[A-Z]\d\d) *\| *(?P<what>.*?) *\|(?: *(?P<doors>[a-z ]*?) *\|)? *$")

Rows = dict[str, dict[str, Any]]
Proofs = dict[str, list[str]]


def main(arguments: list[str]) -> int:
    """Print the rows that were asked for; a test that names an unknown row is an error."""
    options = parse(arguments)
    rows = read_rows(options.table)
    proofs = read_proofs(options.tests)
    unknown = {row: tests for row, tests in proofs.items() if row not in rows}
    for row, tests in sorted(unknown.items()):
        print(f"{', '.join(tests)}: there is no row {row!r} in {options.table.name}", file=sys.stderr)
    known = {row: {**facts, "tests": proofs.get(row, [])} for row, facts in rows.items()}
    wanted = {
        row: facts
        for row, facts in known.items()
        if row in (options.row or known) and not (options.missing and facts["tests"])
    }
    print(json.dumps(wanted, indent=2, ensure_ascii=False) if options.json else as_text(wanted, known))
    return 1 if unknown else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", metavar="V02", help="only this row (may be repeated)")
    parser.add_argument("--missing", action="store_true", help="only rows that no test proves")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--table", type=Path, default=ROOT / "docs/rows.md", help="where the rows stand")
    parser.add_argument("--tests", type=Path, default=ROOT / "tests", help="where the tests stand")
    options = parser.parse_args(arguments)
    unknown = set(options.row or ()) - read_rows(options.table).keys()
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    return options


def read_rows(table: Path) -> Rows:
    """Each row's id, with its text and the doors it has."""
    found = map(ROW.match, table.read_text(encoding="utf-8").splitlines())
    return {row["id"]: {"what": row["what"], "doors": (row["doors"] or "").split()} for row in found if row}


def read_proofs(tests: Path) -> Proofs:
    """Each row's id, with the tests that name it."""
    proofs: Proofs = {}
    for path in sorted(tests.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        where = path.relative_to(tests.parent).as_posix()
        for name, ids in marked(tree.body, (), module_rows(tree)):
            for row in ids:
                proofs.setdefault(row, []).append(f"{where}::{name}")
    return proofs


def marked(body: list[ast.stmt], outer: tuple[str, ...], inherited: set[str]) -> Iterator[tuple[str, list[str]]]:
    """The tests in ``body`` with their rows: their own, their class's and their module's."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        ids = inherited.union(*map(rows_in, node.decorator_list))
        path = (*outer, node.name)
        if isinstance(node, ast.ClassDef):
            yield from marked(node.body, path, ids | module_rows(node))
        elif node.name.startswith("test"):
            yield "::".join(path), sorted(ids)


def module_rows(scope: ast.Module | ast.ClassDef) -> set[str]:
    """The rows of ``pytestmark = pytest.mark.row(...)`` in a module or class."""
    assigned = [node.value for node in scope.body if isinstance(node, ast.Assign) and is_pytestmark(node)]
    return {row for value in assigned for row in rows_in(value)}


def is_pytestmark(node: ast.Assign) -> bool:
    """Whether this is ``pytestmark = ...``."""
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def rows_in(expression: ast.expr) -> set[str]:
    """The ids in every ``mark.row(...)`` inside ``expression``."""
    calls = [node for node in ast.walk(expression) if isinstance(node, ast.Call)]
    rows = [call for call in calls if ast.unparse(call.func).endswith("mark.row")]
    return {str(ast.literal_eval(argument)) for call in rows for argument in call.args}


def as_text(rows: Rows, known: Rows) -> str:
    """``rows`` for a person, then how far all that are known have come."""
    lines: list[str] = []
    for row, facts in rows.items():
        tests = facts["tests"]
        lines += [f"{'✓' if tests else '·'} {row}  {facts['what']}", *(f"         {test}" for test in tests)]
    proven: dict[str, list[bool]] = {}
    for row, facts in known.items():
        proven.setdefault(row[0], []).append(bool(facts["tests"]))
    counts = [f"{letter} {sum(each)} of {len(each)}" for letter, each in proven.items()]
    missing = [row for row, facts in known.items() if not facts["tests"]]
    lines += ["", "With a test: " + ", ".join(counts)]
    lines += ["Without: " + " ".join(missing)] if missing else []
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
