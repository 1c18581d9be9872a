"""scripts/find-python among interpreters that are made up."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/find-python"
NEEDED = ("sh", "tr", "sort", "head", "dirname", "readlink")

Make = Callable[[str, str], Path]
Find = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def make_python(tmp_path: Path) -> Make:
    """Makes an interpreter that proves itself as the given version, or fails like a shim if that is empty."""

    def make(where: str, version: str) -> Path:
        path = tmp_path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        major, minor, patch = (version or "0.0.0").split(".")
        answer = f'echo "{major}{minor:0>3}{patch:0>3} $0"' if version else "echo not selected >&2; exit 127"
        path.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Runs the script with nothing on PATH but what it needs and the folder ``bin``."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        (tools / name).symlink_to(which(name) or f"/bin/{name}")

    def run(*arguments: str, path: str = "bin", **environment: str) -> "subprocess.CompletedProcess[str]":
        env = {"PATH": os.pathsep.join([str(tmp_path / path), str(tools)]), **environment}
        return subprocess.run([SCRIPT, *arguments], env=env, capture_output=True, text=True, check=False)

    return run


def test_the_newest_working_interpreter_is_taken(make_python: Make, find: Find) -> None:
    """Of several interpreters on PATH the newest is printed, whatever its name."""
    make_python("bin/python3.11", "3.11.9")
    newest = make_python("bin/python3", "3.13.2")
    assert find().stdout.strip() == str(newest)


def test_patch_releases_are_compared_as_numbers(make_python: Make, find: Find) -> None:
    """3.12.10 is newer than 3.12.9."""
    make_python("bin/python3.12", "3.12.9")
    newest = make_python("bin/python3", "3.12.10")
    assert find().stdout.strip() == str(newest)


def test_a_shim_that_fails_is_passed_over(make_python: Make, find: Find) -> None:
    """A name on PATH that does not run is no interpreter."""
    make_python("bin/python3.14", "")
    working = make_python("bin/python3.12", "3.12.1")
    assert find().stdout.strip() == str(working)


def test_versions_of_pyenv_are_found_behind_its_shims(make_python: Make, find: Find) -> None:
    """With an empty home, the shims on PATH lead to pyenv's versions."""
    make_python("pyenv/shims/python3.13", "")
    hidden = make_python("pyenv/versions/3.13.0/bin/python3", "3.13.0")
    assert find(path="pyenv/shims").stdout.strip() == str(hidden)


def test_versions_of_pyenv_are_found_in_the_home(make_python: Make, find: Find, tmp_path: Path) -> None:
    """Nothing of pyenv needs to be on PATH."""
    hidden = make_python("home/.pyenv/versions/3.12.4/bin/python3", "3.12.4")
    assert find(HOME=str(tmp_path / "home")).stdout.strip() == str(hidden)


def test_the_interpreter_that_is_named_wins(make_python: Make, find: Find) -> None:
    """PYTHON is taken even when a newer one is there."""
    make_python("bin/python3.14", "3.14.1")
    named = make_python("elsewhere/python", "3.11.2")
    assert find(PYTHON=str(named)).stdout.strip() == str(named)


def test_a_named_interpreter_that_fails_is_refused(make_python: Make, find: Find) -> None:
    """A wrong PYTHON is an error, never a reason to take another one."""
    make_python("bin/python3.13", "3.13.0")
    broken = make_python("elsewhere/python", "")
    done = find(PYTHON=str(broken))
    assert done.returncode == 1
    assert not done.stdout
    assert f"PYTHON={broken}" in done.stderr


def test_without_any_interpreter_the_message_says_what_to_do(find: Find) -> None:
    """A machine without Python gets a sentence, not a traceback."""
    done = find()
    assert done.returncode == 1
    assert "make PYTHON=" in done.stderr


def test_this_very_interpreter_proves_itself(find: Find) -> None:
    """The proof holds for a real CPython, and a module that it lacks is noticed."""
    real = which("python3", path=os.defpath) or which("python3")
    assert real is not None
    assert find("json", PYTHON=real).returncode == 0
    assert find("no_such_module", PYTHON=real).returncode == 1
    assert find("--only", "3.99", PYTHON=real).returncode == 1
