"""Who is compared: how each is served, with which of Django's apps, and why so."""

import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

OURS = "ironbolt"
THEIRS = "django-bolt"
FLOOR = "floor"

GRANIAN = ("-m", "granian", "--no-ws", "--log-level", "warning", "--workers", "1", "--loop", "uvloop")
WSGI = (*GRANIAN, "--interface", "wsgi", "--blocking-threads", "{threads}")
ASGI = (*GRANIAN, "--interface", "asgi")
DJANGO = ("-m", "django")
DJANGO_WSGI = (*WSGI, "--port", "{port}", "benchmarks.shop.wsgi:application")
AUTH = "django.contrib.contenttypes,django.contrib.auth"


@dataclass(frozen=True)
class Peer:
    """One framework, served by one process.

    Attributes:
        name: as it stands in tables.
        package: whose version is told.
        command: the arguments for Python; ``{port}``, ``{module}`` and ``{threads}`` are filled in.
        note: how it is configured and why, for the results.
        env: environment variables of its own.
        lacks: kinds of work that it has no means for, each with the reason.
    """

    name: str
    package: str
    command: tuple[str, ...]
    note: str
    env: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """Where its routes are written."""
        return f"benchmarks.apps.{self.name.replace('-', '_')}"

    def arguments(self, port: int, threads: int = 1) -> list[str]:
        """The whole command; a server that works in threads gets so many."""
        known = {"port": port, "module": self.module, "threads": threads}
        return [sys.executable, *(part.format(**known) for part in self.command)]

    def environment(self) -> dict[str, str]:
        """What the command is given beside the environment of the harness."""
        return {"DJANGO_SETTINGS_MODULE": "benchmarks.shop.settings", **self.env}

    def version(self) -> str | None:
        """The installed version; None where it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


def _django(apps: str, module: str, **more: str) -> dict[str, Any]:
    return {"BENCH_APPS": apps, "BENCH_URLS": f"benchmarks.apps.{module}", **more}


PEERS = (
    Peer(
        FLOOR,
        "granian",
        (*ASGI, "--port", "{port}", "{module}:application"),
        "ASGI by hand on granian with uvloop: sqlite3 in the loop or asyncpg, msgspec, prepared statements, the "
        "collector frozen as ours is",
    ),
    Peer(
        OURS,
        "ironbolt",
        (*DJANGO, "serve", "--port", "{port}"),
        "The Bolt door's model view sets, default actions; `manage.py serve`",
        {"BENCH_APPS": "ironbolt", "BENCH_ASGI": "benchmarks.apps.ironbolt.application"},
    ),
    Peer(
        "ironbolt-drf",
        "ironbolt",
        (*DJANGO, "serve", "--port", "{port}"),
        "The DRF door's BaseViewSet and serializers; `manage.py serve`",
        _django(f"{AUTH},ironbolt,rest_framework,django_filters", "ironbolt_drf", BENCH_ASGI=(
            "benchmarks.apps.ironbolt_drf.application"
        )),
    ),
    Peer(
        THEIRS,
        "django-bolt",
        (*DJANGO, "runbolt", "--host", "127.0.0.1", "--port", "{port}", "--processes", "1", "--no-admin"),
        "ModelViewSet and APIView, its Serializer, no documentation pages; its own runbolt, one process, one worker "
        "thread, which is its default",
        {"BENCH_APPS": "django_bolt", "BENCH_BOLT": "benchmarks.apps.django_bolt"},
    ),
    Peer(
        "drf",
        "djangorestframework",
        DJANGO_WSGI,
        "Generic view sets, JSON renderer and parser only, read-only serializers for reads; granian's WSGI",
        _django(f"{AUTH},rest_framework,django_filters", "drf"),
    ),
    Peer(
        "ninja",
        "django-ninja",
        DJANGO_WSGI,
        "Functions (it has no classes), orjson renderer as its documentation advises; granian's WSGI, which "
        "was faster than ASGI",
        _django("ninja", "ninja"),
    ),
    Peer(
        "modern-rest",
        "django-modern-rest",
        DJANGO_WSGI,
        "Controllers on msgspec, its own path(), validate_responses off as for production; granian's WSGI",
        _django(AUTH, "modern_rest"),
    ),
    Peer(
        "fastapi",
        "fastapi",
        (*ASGI, "--port", "{port}", "{module}:application"),
        "Functions with response models, SQLAlchemy's AsyncSession on aiosqlite or asyncpg, a pool of 8; granian with "
        "uvloop, which was faster than uvicorn",
        lacks={"guarded": "no limit of requests of its own: token and guard only"},
    ),
    Peer(
        "litestar",
        "litestar",
        (*ASGI, "--port", "{port}", "{module}:application"),
        "Controllers and msgspec Structs, SQLAlchemy's AsyncSession on aiosqlite or asyncpg, a pool of 8; granian with "
        "uvloop",
    ),
)  # fmt: skip

BY_NAME = {peer.name: peer for peer in PEERS}
