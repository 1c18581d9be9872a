"""Builds the wheel and imports every public module from it, where nothing else of this clone can be seen."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

EXTRAS = {
    "ironbolt.drf": "drf",
    "ironbolt.plans.literals": "postgres",
    "ironbolt.plans.questions": "postgres",
    "ironbolt.plans.wire": "postgres",
    "ironbolt.plans.wires": "postgres",
}
"""The packages and modules that need an extra; all else must import without any."""

OF_OTHERS = ("ironbolt.pytest_plugin",)
"""Modules that are loaded by a program which is not ours, and is there when they are: pytest."""

PROBE = """
import importlib, json, sys
from pathlib import Path
import django, ironbolt
from django.conf import settings

without = tuple(sys.argv[1:])
home = Path(ironbolt.__path__[0])
paths = [path.relative_to(home.parent).with_suffix("") for path in sorted(home.rglob("*.py"))]
names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
names = [name for name in names if "._" not in name and not (name + ".").startswith(without)]
own = [name.removesuffix(".apps") for name in names if name.endswith(".apps")]
settings.configure(
    SECRET_KEY="probe-probe-probe-probe-probe-probe-probe",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *own],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ROOT_URLCONF="ironbolt",
)
django.setup()
failures = {} if (home / "py.typed").exists() else {"py.typed": "missing, so type checkers see no annotations"}
for name in ("scalar.js.gz", "scalar-start.js", "scalar.LICENSE.txt"):
    if not (home / "bolt/openapi/assets" / name).exists():
        failures[name] = "missing, so the documentation pages have no script"
for name in names:
    try:
        importlib.import_module(name)
    except Exception as failure:
        failures[name] = repr(failure)
json.dump({"modules": len(names), "failures": failures}, sys.stdout)
"""


def main() -> int:
    """Try the bare wheel first, then the wheel with each extra."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder)
        wheel = next(folder.glob("*.whl"))
        failed = check(folder, wheel, extras=())
        failed += check(folder, wheel, extras=set(EXTRAS.values()))
    return 1 if failed else 0


def check(folder: Path, wheel: Path, extras: Iterable[str]) -> list[str]:
    """Import what needs no more than ``extras`` in an environment made for it; return what failed."""
    wanted = ",".join(sorted(extras))
    venv = folder / f"venv-{wanted}"
    uv("venv", "--python", sys.executable, venv)
    constraints = ("--constraint", ROOT / "requirements/dev.txt")
    uv("pip", "install", "--python", venv, *constraints, f"ironbolt[{wanted}] @ {wheel.as_uri()}")
    missing = [package for package, extra in EXTRAS.items() if extra not in extras]
    without = [package + "." for package in (*missing, *OF_OTHERS)]
    command = [str(venv / "bin/python"), "-I", "-c", PROBE, *without]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        print(done.stderr.strip())
        return ["start"]
    report = json.loads(done.stdout)
    for module, failure in report["failures"].items():
        print(f"{module}: {failure}")
    print(f"{wheel.name}[{wanted}]: {report['modules']} modules, {len(report['failures'])} failures")
    return list(report["failures"])


def uv(*arguments: str | Path) -> None:
    """Run uv, quietly."""
    subprocess.run([ROOT / "scripts/uv", "--quiet", *map(str, arguments)], check=True, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
