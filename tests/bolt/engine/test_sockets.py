"""Tests of serving sockets: who is let in, what the handler gets, and how each conversation ends."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404
from msgspec import Struct

from ironbolt.bolt import BoltAPI, Info, WebSocket, WebSocketDisconnect
from ironbolt.bolt.auth import APIKeyAuthentication, JWTAuthentication, SessionAuthentication
from ironbolt.bolt.exceptions import Conflict, HTTPException, NotFound
from ironbolt.bolt.guards import SAFE_METHODS, DatabaseGuard, IsAuthenticated, IsStaff, ReadOnly
from ironbolt.bolt.middleware import cors, rate_limit
from ironbolt.bolt.params import Cookie, Depends, Header
from ironbolt.bolt.request import Request
from ironbolt.core import context
from ironbolt.testing import TestClient, WebSocketClosed, WebSocketRefused
from tests.bolt.calls import token
from tests.project.models import Label


class Move(Struct):
    """What these tests send."""

    x: int


diary: list[Any] = []
api = BoltAPI("/live", info=Info(served=False))


@pytest.fixture(autouse=True)
def empty_diary() -> None:
    """Each test finds its own entries."""
    diary.clear()


async def cleaned_later() -> AsyncIterator[str]:
    """A dependency with clean-up, on the loop."""
    try:
        yield "loop"
    finally:
        diary.append("loop closed")


def cleaned() -> Iterator[str]:
    """A dependency with clean-up, in a thread."""
    try:
        yield "thread"
    except BaseException as error:
        diary.append(type(error).__name__)
        raise
    finally:
        diary.append("thread closed")


@api.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    """Say everything again."""
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@api.get("/echo")
async def echo_http(text: str) -> dict[str, str]:
    """The same path by HTTP."""
    return {"text": text}


@api.get("/only-http")
async def only_http() -> dict[str, str]:
    """No socket."""
    return {}


@api.websocket("/boards/{board}")
async def board(ws, board: int, color: str = "white", x_note: str = Header(""), theme: str = Cookie("")) -> None:
    """Give back what the handshake said."""
    await ws.accept()
    await ws.send_json([board, color, x_note, theme])


@api.websocket("/moves")
async def moves(
    websocket: WebSocket, one: str = Depends(cleaned_later), other: str = Depends(cleaned), how: str = ""
) -> None:
    """End in many ways."""
    diary.append([one, other])
    if how == "refuse":
        raise NotFound("No such game.")
    await websocket.accept()
    errors: dict[str, Exception] = {
        "conflict": Conflict("Not your turn."),
        "http": HTTPException(503, "Later."),
        "fields": HTTPException(400, "No.", details={"x": ["Too far."]}),
        "django": Http404("secret"),
        "unexpected": ValueError("secret"),
        "group": ExceptionGroup("g", [WebSocketDisconnect(1001), ExceptionGroup("h", [Conflict("Not your turn.")])]),
        "gone": ExceptionGroup("g", [WebSocketDisconnect(1001), WebSocketDisconnect(1006)]),
    }
    if how in errors:
        raise errors[how]
    if how == "leave":
        raise SystemExit(1)
    if how == "close":
        await websocket.close(4000, "done")
    if how == "wait":
        while True:
            await websocket.receive_json(Move)


@api.websocket("/before")
async def before(socket: WebSocket, how: str) -> None:
    """Go wrong before it is accepted."""
    if how == "unexpected":
        raise ValueError("secret")
    if how == "gone":
        raise WebSocketDisconnect(1001)
    if how == "close":
        await socket.close(4000)
    if how == "receive":
        await socket.receive_text()


def client() -> TestClient:
    """A client of the API above."""
    return TestClient(api)


def refusal(path: str, target: Any = api, **options: Any) -> Any:
    """The answer that refuses a handshake."""
    with pytest.raises(WebSocketRefused) as caught, TestClient(target).websocket_connect(path, **options):
        pass
    return caught.value.answer


def ending(path: str, *said: str, target: Any = api) -> tuple[int, str]:
    """Code and reason that a conversation ends with, after the client has said this."""
    with TestClient(target).websocket_connect(path) as socket:
        for text in said:
            socket.send_text(text)
        with pytest.raises(WebSocketClosed) as caught:
            socket.receive_text()
    return caught.value.code, caught.value.reason


def bare(path: str, target: Any = api, **scope: Any) -> list[Any]:
    """What a server without denial responses is told, by a client that sends nothing."""
    sent: list[Any] = []

    async def run() -> None:
        said = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}])

        async def receive() -> Any:
            return next(said)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"testserver"), *scope.pop("headers", [])]
        path_, _, query = path.partition("?")
        handshake = {"type": "websocket", "path": path_, "query_string": query.encode(), "headers": headers, **scope}
        await target.asgi()(handshake, receive, send)

    asyncio.run(run())
    return sent


def single(**options: Any) -> Any:
    """An API with one socket, which tells who opened it."""
    one = BoltAPI(info=Info(served=False), **options.pop("api", {}))

    async def who(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json((socket.auth or {}).get("user_id"))

    decorators = options.pop("decorators", ())
    for decorate in decorators:
        who = decorate(who)
    one.websocket("/", **options)(who)
    return one


def opened_by(target: Any, **options: Any) -> Any:
    """The user that an API of :func:`single` says has opened it."""
    with TestClient(target).websocket_connect("/", **options) as socket:
        return socket.receive_json()


# --- what the handler gets -------------------------------------------------------------------------


def test_a_conversation() -> None:
    """Text comes and goes, and the handler ends when the client leaves."""
    with client().websocket_connect("/live/echo") as socket:
        for text in ("a", "é", ""):
            socket.send_text(text)
            assert socket.receive_text() == text


def test_one_path_answers_http_and_sockets() -> None:
    """The same path may have both, each with its own parameters."""
    assert client().get("/live/echo?text=x").json() == {"text": "x"}
    with client().websocket_connect("/live/echo/") as socket:
        socket.send_text("x")
        assert socket.receive_text() == "x"


def test_parameters_are_those_of_http() -> None:
    """Path, query, headers and cookies are converted as for any handler."""
    options: Any = {"params": {"color": "black"}, "headers": {"X-Note": "n"}, "cookies": {"theme": "dark"}}
    with client().websocket_connect("/live/boards/7", **options) as socket:
        assert socket.receive_json() == [7, "black", "n", "dark"]


def test_a_parameter_at_fault_refuses_the_handshake() -> None:
    """It is answered as by HTTP, the field by name; a path that can be nothing is 404."""
    answer = refusal("/live/boards/x")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (404, ["board"])
    one = BoltAPI(info=Info(served=False))

    @one.websocket("/")
    async def count(socket: WebSocket, count: int) -> None:
        await socket.accept()

    answer = refusal("/?count=x", one)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["count"])


@pytest.mark.django_db(transaction=True)
def test_the_database_is_reached_as_usual() -> None:
    """Django's asynchronous methods work in a handler."""
    one = BoltAPI(info=Info(served=False))

    @one.websocket("/")
    async def make(socket: WebSocket) -> None:
        await socket.accept()
        async for name in socket.iter_text():
            await Label.objects.acreate(name=name)
            await socket.send_json([label.name async for label in Label.objects.order_by("pk")])

    with TestClient(one).websocket_connect("/") as socket:
        socket.send_text("a")
        assert socket.receive_json() == ["a"]
        socket.send_text("b")
        assert socket.receive_json() == ["a", "b"]


def test_dependencies_can_be_replaced() -> None:
    """What stands in for a dependency in tests does so for sockets too."""
    one = BoltAPI(info=Info(served=False))

    def number() -> int:
        return 1

    @one.websocket("/")
    async def tell(socket: WebSocket, number: int = Depends(number)) -> None:
        await socket.accept()
        await socket.send_json(number)

    one.dependency_overrides[number] = lambda: 2
    assert opened_by(one) == 2


def test_trace_id_is_that_of_the_handshake() -> None:
    """A caller's own trace id holds in the handler and comes back, with a refusal too."""
    one = BoltAPI(info=Info(served=False))

    @one.websocket("/")
    async def tell(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(context.current().trace_id)

    headers = {"X-Request-ID": "trace-0001"}
    with TestClient(one).websocket_connect("/", headers=headers) as socket:
        assert socket.receive_text() == "trace-0001"
        assert socket.accepted_headers["x-request-id"] == "trace-0001"
    assert refusal("/none", one, headers=headers).headers["x-request-id"] == "trace-0001"


# --- how it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "code", "reason"),
    [
        ("", 1000, ""),
        ("close", 4000, "done"),
        ("conflict", 4409, "Not your turn."),
        ("http", 4503, "Later."),
        ("fields", 4400, "x: Too far."),
        ("django", 4404, "Not found."),
        ("group", 4409, "Not your turn."),
        ("gone", 1000, ""),
        ("unexpected", 1011, ""),
        ("leave", 1011, ""),
    ],
)
def test_every_end_has_its_code_and_cleans_up(how: str, code: int, reason: str) -> None:
    """The close code says how it ended, nothing secret is told, and dependencies are closed."""
    assert ending(f"/live/moves?how={how}") == (code, reason)
    assert diary[0] == ["loop", "thread"]
    assert [entry for entry in diary if str(entry).endswith("closed")] == ["thread closed", "loop closed"]


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        ('{"x": "a"}', 1007, "x: A valid integer is required."),
        ('{"x": 1', 1007, "JSON is malformed: it ends too early."),
        ("x" * (3 * 2**20), 1009, "A message may have no more than 2621440 bytes."),
    ],
)
def test_an_invalid_message_closes_with_its_fault(said: str, code: int, reason: str) -> None:
    """A handler that does not care for bad messages leaves it to the door to tell the client."""
    assert ending("/live/moves?how=wait", '{"x": 1}', said) == (code, reason)
    assert diary[-1] == "loop closed"


def test_a_long_reason_still_closes() -> None:
    """However long the names that a client makes up, the close frame holds what it can."""
    one = BoltAPI(info=Info(served=False))

    class Strict(Struct, forbid_unknown_fields=True):
        x: int = 0

    @one.websocket("/")
    async def strict(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_json(Strict)

    code, reason = ending("/", '{"' + "é" * 200 + '": 1}', target=one)
    assert code == 1007
    assert reason.startswith("ééé")
    assert len(reason.encode()) <= 123


def test_dependencies_are_closed_when_the_client_leaves() -> None:
    """Leaving is no error for the log, and the handler's dependencies are told of it."""
    with client().websocket_connect("/live/moves?how=wait"):
        pass
    assert diary == [["loop", "thread"], "WebSocketDisconnect", "thread closed", "loop closed"]


def test_leaving_is_not_logged(caplog) -> None:
    """A client that leaves, in one task or in several, is nothing to report."""
    with caplog.at_level(logging.DEBUG):
        with client().websocket_connect("/live/moves?how=wait"):
            pass
        ending("/live/moves?how=gone")
    assert not [record for record in caplog.records if record.levelno >= logging.INFO]
    assert not [record for record in caplog.records if record.name == "ironbolt.errors"]


@pytest.mark.parametrize("path", ["/live/moves?how=unexpected", "/live/before?how=unexpected"])
def test_an_unexpected_error_is_logged_once_with_its_traceback(path: str, caplog) -> None:
    """Before accept or after it, the log has it all and the client nothing of it."""
    with contextlib.suppress(WebSocketRefused):
        ending(path)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.levelno == logging.CRITICAL
    assert record.exc_info
    assert "secret" in str(record.exc_info[1])
    assert record.getMessage().startswith(f"WEBSOCKET {path.partition('?')[0]} → 500")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/live/moves?how=refuse", 404, "No such game."),
        ("/live/before?how=unexpected", 500, None),
        ("/live/before?how=receive", 500, None),
        ("/live/before?how=return", 403, None),
        ("/live/before?how=gone", 403, None),
        ("/live/only-http", 404, None),
        ("/live/none", 404, None),
    ],
)
def test_an_end_before_accept_is_an_http_answer(path: str, status: int, message: str | None) -> None:
    """Status, envelope and security headers are those of HTTP; nothing secret is told."""
    answer = refusal(path)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert set(error) == {"code", "message", "details"}
    assert message in (None, error["message"])
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_closing_before_accept_is_the_handler_s_own_word() -> None:
    """Close before accept is passed on as it is, and servers make a 403 of it."""
    with pytest.raises(WebSocketRefused) as caught, client().websocket_connect("/live/before?how=close"):
        pass
    assert caught.value.code == 4000


@pytest.mark.parametrize(
    ("path", "code"),
    [("/live/moves?how=refuse", 4404), ("/live/before", 4400), ("/live/before?how=unexpected", 4500), ("/x", 4404)],
)
def test_a_server_without_denial_responses_is_told_a_close_code(path: str, code: int) -> None:
    """The status is told as a close code instead."""
    (message,) = bare(path)
    assert (message["type"], message["code"]) == ("websocket.close", code)


def test_a_client_that_left_before_the_handshake_is_nobody() -> None:
    """A server may say so first; then nothing is begun and nothing is sent."""

    async def run() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.disconnect", "code": 1006}

        async def send(message: Any) -> None:
            sent.append(message)

        await api.asgi()({"type": "websocket", "path": "/live/moves", "headers": []}, receive, send)
        return sent

    assert asyncio.run(run()) == []
    assert diary == []


def test_a_cancelled_conversation_is_closed_and_cleaned_up() -> None:
    """A server that ends first has the client told 1001, and the dependencies closed."""

    async def run() -> list[Any]:
        sent: list[Any] = []
        accepted = asyncio.Event()
        said: asyncio.Queue[Any] = asyncio.Queue()
        said.put_nowait({"type": "websocket.connect"})

        async def send(message: Any) -> None:
            sent.append(message)
            accepted.set()

        scope = {
            "type": "websocket",
            "path": "/live/moves",
            "query_string": b"how=wait",
            "headers": [(b"host", b"testserver")],
        }
        task = asyncio.ensure_future(api.asgi()(scope, said.get, send))
        await accepted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sent

    assert asyncio.run(run())[-1]["code"] == 1001
    assert diary[-1] == "loop closed"


# --- who is let in ---------------------------------------------------------------------------------


GUARDED: dict[str, Any] = {"auth": [JWTAuthentication(cookie="jwt")], "guards": [IsAuthenticated()]}


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Authorization": f"Bearer {token()}"}},
        {"subprotocols": ["bearer", token()]},
        {"subprotocols": ["v1", "bearer", token()]},
        {"cookies": {"jwt": token()}},
        {"cookies": {"jwt": token()}, "headers": {"Origin": "http://testserver"}},
    ],
)
def test_a_caller_may_show_a_token_in_three_ways(options: dict[str, Any]) -> None:
    """A header, a cookie, or a subprotocol for browsers, which can set no header."""
    assert opened_by(single(**GUARDED), **options) == 7


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 401),
        ({"headers": {"Authorization": "Bearer nonsense"}}, 401),
        ({"subprotocols": ["bearer", "nonsense"]}, 401),
        ({"subprotocols": ["bearer"]}, 401),
        ({"cookies": {"jwt": "nonsense"}}, 401),
        ({"params": {"token": token()}}, 401),
    ],
)
def test_nobody_else_is_let_in(options: dict[str, Any], status: int) -> None:
    """No token and a wrong one are 401, with the challenge that HTTP gives."""
    answer = refusal("/", single(**GUARDED), **options)
    assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_among_the_subprotocols_is_answered_with_bearer_and_never_logged(caplog) -> None:
    """Browsers want one of what they offered; the token itself is neither answered nor logged."""
    secret = token(is_staff=False)
    one = single(auth=[JWTAuthentication()], guards=[IsStaff()])
    with caplog.at_level(logging.DEBUG):
        assert refusal("/", one, subprotocols=["bearer", secret]).status_code == 403
        with TestClient(single(**GUARDED)).websocket_connect("/", subprotocols=["bearer", secret]) as socket:
            assert socket.accepted_subprotocol == "bearer"
            assert secret not in str(dict(socket.accepted_headers))
    assert secret not in caplog.text


@pytest.mark.django_db
def test_a_token_may_come_in_the_first_message() -> None:
    """A handler may judge it as the handshake would have been; a wrong one closes with 4401."""
    User.objects.create_user("ada", pk=7)
    one = BoltAPI(info=Info(served=False), auth=[JWTAuthentication()])

    @one.websocket("/")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        before = (await socket.user).is_anonymous
        auth = await socket.authenticate(await socket.receive_text())
        user_id = context.current().user_id
        await socket.send_json([before, auth["user_id"], (await socket.user).username, user_id])
        await socket.authenticate(await socket.receive_text())

    with TestClient(one).websocket_connect("/") as socket:
        socket.send_text(token())
        assert socket.receive_json() == [True, 7, "ada", "7"]
        socket.send_text(token(key="another" * 8))
        with pytest.raises(WebSocketClosed) as caught:
            socket.receive_text()
    assert (caught.value.code, caught.value.reason) == (4401, "Given token is not valid.")
    assert ending("/", "", target=one)[0] == 4401
    assert ending("/", "€\r\n", target=one)[0] == 4401


def test_an_offered_token_reaches_a_way_with_a_header_of_its_own() -> None:
    """A token is looked for where the route's own way of authentication looks."""
    one = single(auth=[JWTAuthentication(header="x-token")], guards=[IsAuthenticated()])
    assert opened_by(one, subprotocols=["bearer", token()]) == 7


def test_other_ways_to_authenticate_work_too() -> None:
    """An API key in its header opens a socket."""
    one = single(auth=[APIKeyAuthentication({"k" * 32: "robot"})], guards=[IsAuthenticated()])
    assert opened_by(one, headers={"X-API-Key": "k" * 32}) == "robot"


@pytest.mark.django_db
def test_a_session_of_django_s_opens_a_socket_of_our_own_pages(client) -> None:
    """The session cookie is enough: a page of another site is refused before, and no CSRF token can be sent."""
    user = User.objects.create_user("ada")
    client.force_login(user)
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    one = single(auth=[SessionAuthentication()], guards=[IsAuthenticated()])
    assert opened_by(one, cookies=cookies, headers={"Origin": "http://testserver"}) == user.pk
    assert refusal("/", one, cookies=cookies, headers={"Origin": "http://evil.example"}).status_code == 403


def test_the_api_s_own_auth_and_guards_hold() -> None:
    """What the API says for all holds for its sockets, unless one says otherwise."""
    assert refusal("/", single(api=GUARDED)).status_code == 401
    assert opened_by(single(api=GUARDED, auth=[], guards=[])) is None


def by_header(request: Request) -> bool:
    """A guard over the request."""
    return request.headers.get("x-pass") == "yes"


def by_database(request: Request) -> bool:
    """A guard over the database."""
    return Label.objects.filter(name=request.headers.get("x-label")).exists()


@pytest.mark.django_db
def test_guards_of_every_kind_judge() -> None:
    """Over the token, the request and the database; each one can refuse."""
    Label.objects.create(name="open")
    one = single(auth=[JWTAuthentication()], guards=[IsStaff(), by_header, DatabaseGuard(by_database)])
    staff = {"Authorization": f"Bearer {token(is_staff=True)}"}
    everything = {**staff, "X-Pass": "yes", "X-Label": "open"}
    assert opened_by(one, headers=everything) == 7
    for name, value in (("Authorization", f"Bearer {token()}"), ("X-Pass", "no"), ("X-Label", "shut")):
        assert refusal("/", one, headers={**everything, name: value}).status_code == 403


def test_a_socket_is_not_read_only() -> None:
    """A guard that lets everybody read lets nobody talk, though the handshake is a GET."""
    one = single(auth=[JWTAuthentication()], guards=[ReadOnly() | IsStaff()])
    assert refusal("/", one).status_code == 401
    assert opened_by(one, headers={"Authorization": f"Bearer {token(is_staff=True)}"}) == 7


def test_a_limit_holds_for_handshakes() -> None:
    """The one too many is 429 and told when to come back; the others carry where they stand."""
    one = single(decorators=[rate_limit(rps=0.01, burst=2)])
    with TestClient(one).websocket_connect("/") as socket:
        assert "r=1" in socket.accepted_headers["ratelimit"]
    opened_by(one)
    answer = refusal("/", one)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "100")
    assert bare("/", one, client=("127.0.0.1", 1))[-1]["code"] == 4429


def test_a_foreign_host_is_refused(settings) -> None:
    """A handshake for a host that is not ours gets no further than a request would."""
    settings.ALLOWED_HOSTS = ["shop.example"]
    assert refusal("/", single()).status_code == 400
    assert opened_by(single(), headers={"Host": "shop.example"}) is None


def test_plain_connections_are_refused_where_https_is_asked_for(settings) -> None:
    """Where HTTP is sent on to HTTPS, a socket is refused: no browser follows."""
    settings.SECURE_SSL_REDIRECT = True
    one = single()
    assert refusal("/", one).status_code == 403
    with TestClient(one).websocket_connect("wss://testserver/") as socket:
        assert socket.receive_json() is None


# --- from which pages ------------------------------------------------------------------------------


SHOP = {"headers": {"Origin": "https://shop.example"}}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "https://testserver.evil.example",
        "http://testserver:81",
        "http://testserver, http://testserver",
        "ftp://testserver",
        "http://[",
        "http://",
        "x",
        "",
    ],
)
def test_a_page_of_another_site_may_not_open_a_socket(origin: str) -> None:
    """A browser would send the cookies of its user along: such a page is refused before they are looked at."""
    assert refusal("/", single(), headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://testserver", "http://testserver:80", "HTTP://TESTSERVER", "https://testserver"]
)
def test_our_own_pages_may(origin: str) -> None:
    """The host counts, and a proxy may have taken HTTPS off."""
    assert opened_by(single(), headers={"Origin": origin}) is None


def test_a_page_sent_in_the_clear_may_not_open_an_encrypted_socket() -> None:
    """Anybody on the way could have written that page."""
    one = single()
    with pytest.raises(WebSocketRefused):
        TestClient(one).websocket_connect("wss://testserver/", headers={"Origin": "http://testserver"}).__enter__()


def test_origins_that_the_policy_allows_may() -> None:
    """That of the route, or of the API; its patterns hold too."""
    for one in (
        single(decorators=[cors("https://shop.example")]),
        single(api={"middleware": [cors(re.compile(r"https://\w+\.example"))]}),
        single(decorators=[cors("*")]),
    ):
        assert opened_by(one, **SHOP) is None
    assert refusal("/", single(decorators=[cors("https://other.example")]), **SHOP).status_code == 403


def test_trusted_origins_of_django_may(settings) -> None:
    """``CSRF_TRUSTED_ORIGINS`` are ours as well, cookies included."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.shop.example"]
    options: Any = {"headers": {"Origin": "https://www.shop.example"}, "cookies": {"jwt": token()}}
    assert opened_by(single(**GUARDED), **options) == 7


@pytest.mark.parametrize(("credentials", "user"), [(True, 7), (False, None)])
def test_cookies_of_another_site_count_with_credentials_only(credentials: bool, user: int | None) -> None:
    """A browser sends them whatever the policy says, so the door drops them."""
    policy = cors("https://shop.example", credentials=credentials)
    one = single(auth=[JWTAuthentication(cookie="jwt")], decorators=[policy])
    assert opened_by(one, cookies={"jwt": token()}, **SHOP) == user
    assert opened_by(one, subprotocols=["bearer", token()], **SHOP) == 7


def test_a_socket_is_no_safe_method() -> None:
    """A guard that lets everybody read lets nobody open a socket: more may come of one."""
    one = single(auth=[JWTAuthentication()], guards=[lambda request: request.method in SAFE_METHODS])
    assert refusal("/", one).status_code == 401
