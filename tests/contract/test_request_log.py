"""``LOG_REQUESTS`` through both doors: two lines for each request in the form of the guide, and no secret in them."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.guards import IsStaff
from ironbolt.core import context
from ironbolt.testing import TestClient
from tests.contract.tasks import BoltTasks, DRFTasks, token

pytestmark = pytest.mark.django_db

Send = Callable[..., int]


class Nobody(BasePermission):
    """No."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """No."""
        return False


def through_drf(**attributes: Any) -> Send:
    """A caller of the DRF door, over tasks with these attributes."""
    view: Any = type("Tasks", (DRFTasks,), {"LOG_REQUESTS": True, **attributes})
    function = view.as_view({"get": "list", "post": "create"})

    def send(method: str, path: str, body: bytes = b"", content_type: str = "application/json", **more: str) -> int:
        sent: Any = body  # which is typed as a str, and taken as either
        headers = {name: value for name, value in more.items() if value}
        request = APIRequestFactory().generic(method, path, sent, content_type=content_type, headers=headers)
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            return int(function(request).status_code)

    return send


def through_bolt(**attributes: Any) -> Send:
    """A caller of the Bolt door, over tasks with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(type("Tasks", (BoltTasks,), {"LOG_REQUESTS": True, **attributes}))
    client = TestClient(api)

    def send(method: str, path: str, body: bytes = b"", content_type: str = "application/json", **more: str) -> int:
        headers = {**({"content-type": content_type} if body else {}), **more}
        return client.request(method, path, content=body, headers=headers).status_code

    return send


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def door(request: pytest.FixtureRequest) -> Any:
    """Each door in turn."""
    return request.param


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What stands in the request log by now."""
    caplog.set_level(logging.INFO, "ironbolt.requests")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "ironbolt.requests"]


def json(**values: Any) -> bytes:
    """A body."""
    return msgspec.json.encode(values)


@pytest.mark.row("V16")
def test_two_lines_for_a_request(door: Any, lines: Callable[[], list[str]]) -> None:
    """One line as the request arrives, with the caller and the data, and one as its answer leaves."""
    headers = {"authorization": f"Bearer {token('123')}"}
    assert door()("POST", "/tasks/", json(title="Dune", code="D"), **headers) == 201
    assert lines() == [
        "→ POST /tasks/ | user=123 | data={'title': 'Dune', 'code': 'D'}",
        "← POST /tasks/ | status=201",
    ]


@pytest.mark.row("V16")
def test_anonymous_caller_without_data(door: Any, lines: Callable[[], list[str]]) -> None:
    """Who has not logged in is anonymous, and what sends nothing has no data."""
    door()("GET", "/tasks/")
    assert lines() == ["→ GET /tasks/ | user=anonymous | data={}", "← GET /tasks/ | status=200"]


def test_nothing_where_the_level_is_higher(door: Any, lines: Callable[[], list[str]], caplog) -> None:
    """The lines are of level INFO; a project that logs warnings alone has none."""
    caplog.set_level(logging.WARNING, "ironbolt.requests")
    door()("GET", "/tasks/")
    assert lines() == []


@pytest.mark.row("V16")
def test_nothing_unless_asked_for(door: Any, lines: Callable[[], list[str]]) -> None:
    """Without LOG_REQUESTS there is no line."""
    door(LOG_REQUESTS=False)("GET", "/tasks/")
    assert lines() == []


SECRETS = {
    "password": "hunter2",
    "Old-Password": "hunter2",
    "newPassword2": "hunter2",
    "API_KEY": "hunter2",
    "apiKey": "hunter2",
    "x-api-key": "hunter2",
    "Authorization": "hunter2",
    "access_token": "hunter2",
    "refresh": "hunter2",
    "client_secret": ["hunter2"],
    "card": {"number": 4, "cvc": "hunter2", "credentials": {"a": "hunter2"}},
    "otp": 7777777,
    "list": [{"deep": {"PASSWORD": "hunter2"}}],
    "header": "Bearer hunter2hunter2hunter2",
    "jwt-by-look": "eyJhbGciOiJub25lIn0.eyJodW50ZXIyIjoxfQ.c2ln",
    "address": "https://me:hunter2@example.org/?token=hunter2&page=1",
    "form": '{"password": "hunter2"}',
}


@pytest.mark.row("V16")
def test_secrets_in_a_body_are_redacted(door: Any, lines: Callable[[], list[str]]) -> None:
    """Passwords, tokens and keys are told by their names or their look, nested and in any case and spelling."""
    door()("POST", "/tasks/", json(title="kept", code="K", **SECRETS), cookie="sessionid=hunter2")
    text = "\n".join(lines())
    for secret in ("hunter2", "7777777", "eyJ", "c2ln"):
        assert secret not in text
    assert "'title': 'kept'" in text
    assert "'number': 4" in text


@pytest.mark.row("V16")
def test_secrets_in_a_query_are_redacted(door: Any, lines: Callable[[], list[str]]) -> None:
    """The same in the address."""
    door()("GET", "/tasks/?page=1&Token=hunter2&user%5Bpassword%5D=hunter2&next=%3Fapi_key%3Dhunter2")
    arrived, left = lines()
    assert "hunter2" not in arrived + left
    assert arrived.startswith("→ GET /tasks/?page=1&Token=***&")


@pytest.mark.row("V16")
def test_setting_names_more_secrets(door: Any, lines: Callable[[], list[str]], settings: Any) -> None:
    """A project adds its own names, which count in any case and spelling."""
    settings.IRONBOLT = {"REDACTED_NAMES": ["birth_date"]}
    door()("POST", "/tasks/?birthDate=1999", json(title="a", code="b", **{"Birth-Date": "1999", "birth": "kept"}))
    text = "".join(lines())
    assert "1999" not in text
    assert "kept" in text


@pytest.mark.row("V16")
def test_nobody_forges_a_line(door: Any, lines: Callable[[], list[str]]) -> None:
    """Line breaks and other control characters of path, query and body are escaped."""
    evil = "a\r\n← POST /tasks/ | status=200\x1b[31m\u2028"
    door()("POST", "/tasks/?q=%0a%1b", json(title=evil, code=evil, **{evil: 1}))
    assert len(lines()) == 2
    assert all(line.isprintable() for line in lines())


@pytest.mark.row("V16")
def test_long_bodies_are_cut(door: Any, lines: Callable[[], list[str]]) -> None:
    """A line stays one that can be read; a body that is very long is told by its size alone."""
    send = door()
    send("POST", "/tasks/", json(title="x" * 10_000, code=[["y" * 100]] * 400))
    body = json(title="x" * 100_000, code="b")
    send("POST", "/tasks/", body)
    shown, _, size, _ = lines()
    assert shown.startswith(f"→ POST /tasks/ | user=anonymous | data={{'title': '{'x' * 200}…', 'code': [['yyy")
    assert len(shown) < 1100
    assert size == f"→ POST /tasks/ | user=anonymous | data=<{len(body)} bytes of application/json>"


@pytest.mark.row("V16")
@pytest.mark.parametrize("body", [b'{"title": "hunter2', b"\xff\xfe", b"[" * 3000], ids=["broken", "binary", "deep"])
def test_body_that_can_not_be_read(door: Any, lines: Callable[[], list[str]], body: bytes) -> None:
    """It is told by its size, and answered as it would be without the log."""
    assert door()("POST", "/tasks/", body) == door(LOG_REQUESTS=False)("POST", "/tasks/", body) == 400
    assert lines() == [
        f"→ POST /tasks/ | user=anonymous | data=<{len(body)} bytes of application/json>",
        "← POST /tasks/ | status=400",
    ]


def refusing(door: Any) -> dict[str, Any]:
    """A view set that lets nobody in."""
    return {"permission_classes": [Nobody]} if door is through_drf else {"guards": [IsStaff()]}


@pytest.mark.row("V16")
def test_refused_requests_are_logged_too(door: Any, lines: Callable[[], list[str]]) -> None:
    """A caller who may not gets both lines as well; what was sent is not read for that."""
    headers = {"authorization": f"Bearer {token('123')}"}
    assert door(**refusing(door))("POST", "/tasks/", json(title="a", code="b"), **headers) == 403
    assert lines() == ["→ POST /tasks/ | user=123 | data=<not read>", "← POST /tasks/ | status=403"]


@pytest.mark.row("V16")
def test_wrong_method_and_wrong_credentials_are_logged(door: Any, lines: Callable[[], list[str]]) -> None:
    """So are requests that no handler ever sees."""
    send = door()
    assert send("DELETE", "/tasks/") == 405
    assert send("GET", "/tasks/", authorization="Bearer nonsense") == 401
    assert lines() == [
        "→ DELETE /tasks/ | user=anonymous | data=<not read>",
        "← DELETE /tasks/ | status=405",
        "→ GET /tasks/ | user=anonymous | data=<not read>",
        "← GET /tasks/ | status=401",
    ]


@pytest.mark.row("V16")
def test_failure_stands_between_the_lines(door: Any, lines: Callable[[], list[str]], caplog) -> None:
    """What a handler raised is logged after the request came and before its answer leaves."""

    def before_perform_create(view: Any, sent: Any) -> None:
        raise RuntimeError("a bug")

    assert door(before_perform_create=before_perform_create)("POST", "/tasks/", json(title="a", code="b")) == 500
    assert [record.name for record in caplog.records if record.name.startswith("ironbolt.")] == [
        "ironbolt.requests",
        "ironbolt.errors",
        "ironbolt.requests",
    ]
    assert lines()[1] == "← POST /tasks/ | status=500"


def test_form_is_shown_and_still_read(lines: Callable[[], list[str]]) -> None:
    """A form is logged without its secrets, and the handler of the DRF door reads it all the same."""
    send = through_drf(parser_classes=[FormParser])
    body = b"title=Dune&code=D&password=hunter2&tag=a&tag=b"
    assert send("POST", "/tasks/", body, "application/x-www-form-urlencoded") == 201
    expected = "{'title': 'Dune', 'code': 'D', 'password': '***', 'tag': ['a', 'b']}"
    assert lines()[0] == f"→ POST /tasks/ | user=anonymous | data={expected}"


def test_upload_is_told_by_its_size(lines: Callable[[], list[str]]) -> None:
    """An upload is not read into memory for the log, and arrives."""
    seen: list[Any] = []

    def create(self: Any, request: Any) -> Response:
        seen.append(request.FILES["file"].read())
        return Response(status=201)

    send = through_drf(parser_classes=[MultiPartParser], create=create)
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--b--\r\n'
    assert send("POST", "/tasks/", body, "multipart/form-data; boundary=b") == 201
    assert seen == [b"hello"]
    assert lines()[0] == f"→ POST /tasks/ | user=anonymous | data=<{len(body)} bytes of multipart/form-data>"


def test_handler_that_answers_by_a_refusal_of_its_own(lines: Callable[[], list[str]]) -> None:
    """The status is that of the answer as it leaves, whoever made it."""

    def handle_exception(self: Any, exc: Exception) -> Response:
        return Response({"error": {"code": "sold", "message": "Sold.", "details": {}}}, 410)

    def create(self: Any, request: Any) -> Response:
        raise PermissionDenied

    send = through_drf(parser_classes=[JSONParser], create=create, handle_exception=handle_exception)
    assert send("POST", "/tasks/", b"{}") == 410
    assert lines()[1] == "← POST /tasks/ | status=410"
