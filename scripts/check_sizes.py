"""Refuses modules, functions and parameter lists that are too long to be read at one go."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(arguments: list[str]) -> int:
    """Report every excess below the folders that are named, one a line."""
    files = [path for folder in arguments for path in sorted(Path(folder).rglob("*.py"))]
    excesses = [excess for path in files if "migrations" not in path.parts for excess in excesses_of(path)]
    print(*excesses, f"{len(files)} modules measured, {len(excesses)} too large.", sep="\n")
    return 1 if excesses else 0


def excesses_of(path: Path) -> Iterator[str]:
    """What is too large in one module."""
    source = path.read_text(encoding="utf-8")
    lines = len(source.splitlines())
    if lines > MODULE_LINES:
        yield f"{path}: {lines} lines, {MODULE_LINES} at most"
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, Function):
            yield from (f"{path}:{node.lineno}: {node.name} has {excess}" for excess in excesses_in(node))


def excesses_in(function: Function) -> Iterator[str]:
    """What is too large in one function; its docstring and its decorators do not count."""
    lines = lines_of(function)
    if lines > FUNCTION_LINES:
        yield f"{lines} lines, {FUNCTION_LINES} at most"
    parameters = len(parameters_of(function))
    if parameters > PARAMETERS:
        yield f"{parameters} parameters, {PARAMETERS} at most"


def lines_of(function: Function) -> int:
    """The lines from ``def`` to the end, without the docstring."""
    docstring = 0
    if ast.get_docstring(function) is not None:
        first = function.body[0]
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def parameters_of(function: Function) -> list[str]:
    """The names a caller can pass: without self and cls, and without ``*args`` and ``**kwargs``."""
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    own = names[1:] if names[:1] in (["self"], ["cls"]) else names
    return own + [argument.arg for argument in arguments.kwonlyargs]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
