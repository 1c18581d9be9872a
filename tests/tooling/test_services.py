"""scripts/services, as far as it goes without a server."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.services import __main__ as commands
from scripts.services import place as places
from scripts.services import redis
from scripts.services.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place of one's own account."""
    return Place(tmp_path, None)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else's server answers."""
    with socket.socket() as server:
        server.bind((places.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_where_somebody_answers_is_left_alone(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another one that is free is taken, and standard error says so."""
    monkeypatch.setenv("IRONBOLT_TEST_PORT", str(taken_port))
    port = places.choose_port("Redis", "IRONBOLT_TEST_PORT", 6379)
    assert port != taken_port
    assert not places.answers(port)
    assert f"Port {taken_port} belongs to a server that is not ours" in capsys.readouterr().err


def test_a_free_port_is_taken_as_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable goes before the default."""
    with socket.socket() as probe:
        probe.bind((places.LOOPBACK, 0))
        free = probe.getsockname()[1]
    monkeypatch.setenv("IRONBOLT_TEST_PORT", str(free))
    assert places.choose_port("Redis", "IRONBOLT_TEST_PORT", 6379) == free


def test_the_secret_is_made_once_and_kept_from_others(place: Place) -> None:
    """A second start logs in with the first one's password."""
    secret = place.secret()
    assert len(secret) >= 24
    assert place.secret() == secret
    assert (place.folder / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("pid", ["", "999999999", str(os.getpid())], ids=["empty", "gone", "another program"])
def test_a_stale_pid_file_points_at_nobody(place: Place, pid: str) -> None:
    """A process that merely got the same number is never taken for ours, nor ended."""
    place.make("redis")
    place.write("redis/pid", pid)
    assert not redis.runs(place)
    redis.stop(place)


def test_servers_that_are_given_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With both URLs set, nothing is started, and the command gets them; its exit code is passed on."""
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    monkeypatch.setattr(commands, "find_place", lambda: pytest.fail("a place was looked for"))
    told = tmp_path / "told"
    assert commands.main(["run", "sh", "-c", f'echo "$DATABASE_URL $REDIS_URL" >{told}; exit 7']) == 7
    assert told.read_text(encoding="utf-8") == "postgres://elsewhere/db redis://elsewhere/0\n"
