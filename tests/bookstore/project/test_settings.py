import importlib
import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from bookstore.project import settings as settings_package
from bookstore.project.settings import backends, secret_key
from bookstore.project.settings.environment import ROOT

env = environ.Env()
GOOD_KEY = "k" * secret_key.MINIMUM_LENGTH


@pytest.fixture
def production(monkeypatch):
    """A function that reads the production settings in an environment of its own."""

    def read(**variables):
        for name, value in {"SECRET_KEY": GOOD_KEY, "ALLOWED_HOSTS": "shop.example.com", **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "bookstore.project.settings.production", raising=False)
        return importlib.import_module("bookstore.project.settings.production")

    yield read
    sys.modules.pop("bookstore.project.settings.production", None)


def test_production_is_https_only_and_says_so_to_browsers(production):
    """Redirect, HSTS and secure cookies are on, debug pages off; health checks may come without TLS."""
    settings = production()
    assert settings.DEBUG is False
    assert settings.SECURE_SSL_REDIRECT
    assert settings.SESSION_COOKIE_SECURE
    assert settings.CSRF_COOKIE_SECURE
    assert settings.SECURE_HSTS_SECONDS == 31_536_000
    assert any(re.search(pattern, "health/live/") for pattern in settings.SECURE_REDIRECT_EXEMPT)
    assert not any(re.search(pattern, "api/v1/health/") for pattern in settings.SECURE_REDIRECT_EXEMPT)
    assert settings.ALLOWED_HOSTS == ["shop.example.com"]
    assert not hasattr(settings, "SECURE_PROXY_SSL_HEADER")


def test_production_believes_a_proxy_only_when_told_to(production):
    """A header that anyone can send is not trusted by default."""
    settings = production(TRUST_X_FORWARDED_PROTO="on")
    assert settings.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
    ],
)
def test_production_does_not_start_without_what_it_needs(production, variables, named):
    """The error names the variable and says what to put in."""
    with pytest.raises(ImproperlyConfigured, match=f"Set {named} to"):
        production(**variables)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    """A second start reads what the first one made."""
    path = tmp_path / "var" / "secret_key"
    key = secret_key.generated(path)
    assert len(key) >= secret_key.MINIMUM_LENGTH
    assert secret_key.generated(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_together_agree_on_the_key(tmp_path):
    """Whoever comes second takes the first one's key, whole, and leaves nothing lying about."""
    barrier = Barrier(8)

    def start():
        barrier.wait()
        return secret_key.generated(tmp_path / "secret_key")

    with ThreadPoolExecutor(8) as pool:
        keys = {future.result() for future in [pool.submit(start) for _ in range(8)]}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_without_an_address_the_database_is_a_file_in_the_data_directory(monkeypatch, tmp_path):
    """The directory is made, and the options are those of a busy little server."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    config = backends.database(env, tmp_path / "var")
    assert config["NAME"] == str(tmp_path / "var" / "bookstore.sqlite3")
    assert (tmp_path / "var").is_dir()
    assert config["OPTIONS"] == backends.SQLITE_OPTIONS


def test_a_postgresql_address_brings_checked_lasting_connections(monkeypatch, tmp_path):
    """The address says where; the connection is kept and checked before use."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:s%40cret@db.example.com:5433/shop?sslmode=require")
    config = backends.database(env, tmp_path)
    assert (config["ENGINE"], config["HOST"], config["PORT"]) == (
        "django.db.backends.postgresql",
        "db.example.com",
        5433,
    )
    assert (config["USER"], config["PASSWORD"], config["NAME"]) == ("ann", "s@cret", "shop")
    assert (config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"]) == (60, True)
    assert config["OPTIONS"] == {"sslmode": "require"}


def test_an_address_of_sqlite_keeps_the_options(monkeypatch, tmp_path):
    """Another file is still opened the same way."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite3")
    config = backends.database(env, tmp_path)
    assert config["NAME"] == f"{tmp_path}/other.sqlite3"
    assert config["OPTIONS"] == backends.SQLITE_OPTIONS


def test_the_cache_is_memory_unless_there_is_a_redis(monkeypatch):
    """One variable moves the cache out of the process."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert backends.cache(env)["BACKEND"].endswith("LocMemCache")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/3")
    assert backends.cache(env) == {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:6379/3",
    }


@pytest.mark.django_db
def test_sqlite_is_opened_with_the_pragmas_of_the_options():
    """Foreign keys are kept and commits do not wait for the disk twice."""
    if connection.vendor != "sqlite":
        pytest.skip("the tests run against another database")
    with connection.cursor() as cursor:
        pragmas = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("foreign_keys", "synchronous", "busy_timeout")
        ]
    assert pragmas == [1, 1, 5000]


def test_the_example_lists_every_variable_that_is_read_and_no_other():
    """Nobody has to read the settings to learn what can be set."""
    code = "".join(path.read_text(encoding="utf-8") for path in Path(settings_package.__file__).parent.glob("*.py"))
    read = set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', code))
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == read | {"DJANGO_SETTINGS_MODULE"}
