"""Where the rows lie, said once by BENCH_DATABASE: ``sqlite:///PATH`` or ``postgres://USER:SECRET@HOST:PORT/NAME``."""

import os
from typing import Any
from urllib.parse import urlsplit

VARIABLE = "BENCH_DATABASE"

# What Django's documentation advises for SQLite in production; everybody who serves gets the same.
SQLITE_PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON")
SQLITE_TIMEOUT_SECONDS = 5


def address() -> str:
    """The address that the environment names."""
    return os.environ[VARIABLE]


def is_sqlite(url: str) -> bool:
    """Whether an address is that of a file."""
    return url.startswith("sqlite")


def sqlite_path(url: str) -> str:
    """The file of an address."""
    return url.removeprefix("sqlite:///")


def asyncpg_url(url: str) -> str:
    """The address in the spelling that PostgreSQL's own drivers take."""
    return url.replace("postgres://", "postgresql://", 1)


def alchemy_url(url: str) -> str:
    """The address as SQLAlchemy's asynchronous engines take it."""
    if is_sqlite(url):
        return f"sqlite+aiosqlite:///{sqlite_path(url)}"
    return url.replace("postgres://", "postgresql+asyncpg://", 1)


def django_settings(url: str) -> dict[str, Any]:
    """The address as an entry of DATABASES; connections stay open, as each framework here advises."""
    if is_sqlite(url):
        options = {
            "timeout": SQLITE_TIMEOUT_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": "; ".join(SQLITE_PRAGMAS),
        }
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_path(url),
            "CONN_MAX_AGE": None,
            "OPTIONS": options,
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": parts.port,
        "CONN_MAX_AGE": None,
    }
