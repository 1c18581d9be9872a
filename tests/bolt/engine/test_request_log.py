"""The request log of the Bolt door: the status is that of the answer as it leaves, and bodies are read once."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.params import File, Form
from ironbolt.bolt.responses import FileResponse, StreamingResponse
from ironbolt.testing import TestClient


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What stands in the request log by now."""
    caplog.set_level(logging.INFO, "ironbolt.requests")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "ironbolt.requests"]


def client_of(**handlers: Any) -> TestClient:
    """A client of one logged view at /thing."""
    api = BoltAPI(info=Info(served=False))
    api.view("/thing")(type("Thing", (APIView,), {"LOG_REQUESTS": True, **handlers}))
    return TestClient(api)


def test_part_of_a_file(lines: Callable[[], list[str]], tmp_path: Path) -> None:
    """What a file comes to only as it is sent is what is logged."""
    (tmp_path / "a.txt").write_text("hello")

    def get(self: Any) -> FileResponse:
        return FileResponse(tmp_path / "a.txt")

    client = client_of(get=get)
    assert client.get("/thing", headers={"range": "bytes=0-1"}).status_code == 206
    assert client.head("/thing").status_code == 200
    assert lines()[1] == "← GET /thing | status=206"
    assert lines()[2:] == ["→ HEAD /thing | user=anonymous | data={}", "← HEAD /thing | status=200"]


def test_file_that_is_not_there(lines: Callable[[], list[str]], tmp_path: Path) -> None:
    """An answer that can't be sent is logged as what is sent in its place."""

    def get(self: Any) -> FileResponse:
        return FileResponse(tmp_path / "gone.txt")

    status = client_of(get=get).get("/thing").status_code
    assert status >= 400
    assert lines()[1:] == [f"← GET /thing | status={status}"]


def test_stream_is_one_answer(lines: Callable[[], list[str]]) -> None:
    """However many parts it has, one line tells of it."""

    async def get(self: Any) -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]))

    assert client_of(get=get).get("/thing").content == b"ab"
    assert len(lines()) == 2


def test_forms(lines: Callable[[], list[str]]) -> None:
    """A form is shown without its secrets; an upload is told by its size, and both reach the handler."""

    def post(self: Any, name: Annotated[str, Form()], password: Annotated[str, Form()]) -> dict[str, str]:
        return {"name": name, "password": password}

    def put(self: Any, file: Annotated[bytes, File()]) -> dict[str, int]:
        return {"size": len(file)}

    client = client_of(post=post, put=put)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/thing", content=b"name=a&password=hunter2", headers=form).json()["password"] == "hunter2"
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--b--\r\n'
    upload = client.put("/thing", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert upload.json() == {"size": 5}
    assert lines()[::2] == [
        "→ POST /thing | user=anonymous | data={'name': 'a', 'password': '***'}",
        f"→ PUT /thing | user=anonymous | data=<{len(body)} bytes of multipart/form-data>",
    ]


def test_body_that_no_handler_reads(lines: Callable[[], list[str]]) -> None:
    """It is told by its size alone."""

    async def post(self: Any) -> dict[str, int]:
        return {}

    assert client_of(post=post).post("/thing", json={"a": 1}).status_code == 200
    assert lines()[0] == "→ POST /thing | user=anonymous | data=<7 bytes of application/json>"


def test_functions_and_other_views_have_no_lines(lines: Callable[[], list[str]]) -> None:
    """The log is one of the classes that ask for it."""
    api = BoltAPI(info=Info(served=False))

    @api.get("/function")
    async def function() -> dict[str, int]:
        return {}

    assert TestClient(api).get("/function").status_code == 200
    assert lines() == []
