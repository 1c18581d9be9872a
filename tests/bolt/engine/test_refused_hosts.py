"""Tests of what is said of hosts that are none of ours."""

import logging
from typing import Any

import pytest

from ironbolt.bolt import BoltAPI, Info, WebSocket
from ironbolt.bolt.engine import refused_hosts
from ironbolt.testing import TestClient, WebSocketRefused

LOGGER = "django.security.DisallowedHost"


@pytest.fixture
def client() -> TestClient:
    """A client of an API with a route and a socket."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/")
    async def home() -> str:
        return "home"

    @api.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()

    return TestClient(api)


def lines(caplog: Any) -> list[str]:
    """What the log says of hosts."""
    assert all(record.levelno == logging.ERROR for record in caplog.records if record.name == LOGGER)
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


def test_log_says_what_to_do_once_and_the_client_is_told_nothing(client: TestClient, caplog: Any) -> None:
    """Each refused host is named once in Django's own log, with the remedy, whatever its port."""
    for host in ("shop.example", "shop.example:8000", "Shop.example"):
        answer = client.get("/", headers={"host": host})
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "The request could not be understood.")
    assert lines(caplog) == [
        "Invalid Host header: 'shop.example'. You may need to add 'shop.example' to ALLOWED_HOSTS."
    ]


def test_developer_is_told_in_the_answer_too(client: TestClient, settings: Any) -> None:
    """Under DEBUG the answer says what the log says."""
    settings.DEBUG = True
    message = client.get("/", headers={"host": "shop.example"}).json()["error"]["message"]
    assert message.endswith("You may need to add 'shop.example' to ALLOWED_HOSTS.")


def test_socket_is_refused_in_the_same_way(client: TestClient, caplog: Any) -> None:
    """A handshake for another host is told in the log too."""
    with pytest.raises(WebSocketRefused), client.websocket_connect("/live", headers={"host": "shop.example"}):
        pass
    assert "'shop.example' to ALLOWED_HOSTS" in lines(caplog)[0]


def test_strangers_can_not_fill_the_log(client: TestClient, caplog: Any, monkeypatch: Any) -> None:
    """However many hosts are made up, one process says so a few times a minute, and again after it."""
    now = 1000.0
    monkeypatch.setattr("ironbolt.bolt.engine.refused_hosts.time.monotonic", lambda: now)
    for number in range(400):
        client.get("/", headers={"host": f"h{number}.example"})
    assert len(lines(caplog)) == refused_hosts.LINES_A_MINUTE
    now += 61
    client.get("/", headers={"host": "h399.example"})
    assert len(lines(caplog)) == refused_hosts.LINES_A_MINUTE + 1


@pytest.mark.parametrize("host", ["a b", "é\u2028", "", "a" * 10_000, "x" * 300 + ".example", "evil\\n"])
def test_line_stays_short_and_one(client: TestClient, caplog: Any, host: str) -> None:
    """What is no name of a host is told as such, escaped and cut."""
    assert client.get("/", headers={"host": host.encode("utf-8").decode("latin-1")}).status_code == 400
    (line,) = lines(caplog)
    assert len(line) < 1200
    assert line.isprintable()
