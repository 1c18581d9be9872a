"""Refuses locks that do not follow from the pyproject files and benchmarks/requirements.in, or that name an address."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import copy

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (*sorted(ROOT.glob("requirements/*.txt")), ROOT / "benchmarks/requirements.txt")
ADDRESS = re.compile(r"://|^-|@")
UNREACHABLE = re.compile(r"failed to fetch|connect|dns|network|timed out|offline", re.IGNORECASE)


def main() -> int:
    """Report every line that differs from a fresh compilation."""
    faults = [fault for lock in LOCKS for fault in addresses_in(lock)] + stale()
    print(*faults, f"{len(faults)} faults in the locks.", sep="\n")
    return 1 if faults else 0


def stale() -> list[str]:
    """What a fresh compilation would change; nothing where no package index can be reached."""
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        for lock in LOCKS:
            compiled = fresh / lock.relative_to(ROOT)
            compiled.parent.mkdir(exist_ok=True)
            copy(lock, compiled)
        done = subprocess.run([ROOT / "scripts/lock", fresh], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return [fault for lock in LOCKS for fault in differences(lock, fresh / lock.relative_to(ROOT))]
    if UNREACHABLE.search(done.stderr):
        print("The locks are not compiled anew: no package index is within reach.")
        return []
    return [done.stderr.strip()]


def addresses_in(lock: Path) -> list[str]:
    """The lines that say where a package lies, which is for each machine to know."""
    return [f"{lock.name}: {line}" for line in lock.read_text(encoding="utf-8").splitlines() if ADDRESS.search(line)]


def differences(lock: Path, fresh: Path) -> list[str]:
    """The packages that only one of the two files pins."""
    ours, theirs = pins_of(lock), pins_of(fresh)
    return [f"{lock.name}: {pin} is not asked for" for pin in sorted(ours - theirs)] + [
        f"{lock.name}: {pin} is missing" for pin in sorted(theirs - ours)
    ]


def pins_of(lock: Path) -> set[str]:
    """``package==version ; marker`` of each package; hashes grow when a maintainer adds a file, so they don't count."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {line.removesuffix("\\").strip() for line in lines if not line.startswith(" ")}


if __name__ == "__main__":
    sys.exit(main())
