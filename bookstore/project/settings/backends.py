"""The database and the cache: SQLite and memory unless the environment names others."""

from pathlib import Path
from typing import Any

import environ

SQLITE = "django.db.backends.sqlite3"

# Readers do not wait for the writer (WAL), a second writer waits up to 5 s, and a transaction takes the write lock at
# its start, since one that began by reading cannot wait for it later. Django itself switches foreign keys on.
SQLITE_OPTIONS = {
    "timeout": 5,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}


def database(env: environ.Env, data_dir: Path) -> dict[str, Any]:
    """The database of DATABASE_URL, else SQLite in the data directory, which is made if missing."""
    if env.str("DATABASE_URL", default=""):
        config = dict(env.db_url("DATABASE_URL"))
    else:
        data_dir.mkdir(parents=True, exist_ok=True)
        config = {"ENGINE": SQLITE, "NAME": str(data_dir / "bookstore.sqlite3")}
    if config["ENGINE"] == SQLITE:
        # Opening a file and setting it up costs more than most queries, and nothing is lost by keeping it open.
        config |= {"CONN_MAX_AGE": None, "OPTIONS": SQLITE_OPTIONS | config.get("OPTIONS", {})}
        return config
    return {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True} | config


def cache(env: environ.Env) -> dict[str, Any]:
    """The Redis of REDIS_URL, else the memory of this process."""
    url = env.str("REDIS_URL", default="")
    if url:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "bookstore"}
