"""scripts/check_locks.py, without an index."""

from pathlib import Path

import pytest

from scripts import check_locks

LOCK = "django==6.1.3 ; python_full_version >= '3.12' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"


def lock(folder: Path, text: str) -> Path:
    """A lock file with this text."""
    folder.mkdir(exist_ok=True)
    path = folder / "run.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lock_may_gain_hashes(tmp_path: Path) -> None:
    """A maintainer may add a wheel to a release; that is no other release."""
    more = lock(tmp_path / "fresh", LOCK + "    --hash=sha256:cc\n")
    assert check_locks.differences(lock(tmp_path / "kept", LOCK), more) == []


def test_another_version_or_marker_is_told(tmp_path: Path) -> None:
    """Both sides of a difference are named."""
    fresh = lock(tmp_path / "fresh", LOCK.replace("6.1.3", "6.1.4"))
    assert check_locks.differences(lock(tmp_path / "kept", LOCK), fresh) == [
        "run.txt: django==6.1.3 ; python_full_version >= '3.12' is not asked for",
        "run.txt: django==6.1.4 ; python_full_version >= '3.12' is missing",
    ]


@pytest.mark.parametrize("line", ["--index-url x", "-e .", "ironbolt @ file:///x", "http://example.com/a.whl"])
def test_an_address_in_a_lock_is_refused(tmp_path: Path, line: str) -> None:
    """A lock says what to install, never from where."""
    assert check_locks.addresses_in(lock(tmp_path, LOCK + line + "\n")) == [f"run.txt: {line}"]


def test_the_projects_own_locks_name_no_address() -> None:
    """They can be installed from any index."""
    assert [fault for path in check_locks.LOCKS for fault in check_locks.addresses_in(path)] == []
