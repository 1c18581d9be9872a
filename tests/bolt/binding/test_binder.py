"""Tests of how arguments are read from a request."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from ironbolt.bolt import BoltAPI
from ironbolt.testing import Answer, TestClient


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct, forbid_unknown_fields=True):
    x: int
    y: Annotated[int, msgspec.Meta(ge=0)] = 0


class Line(msgspec.Struct):
    points: list[Point]
    name: str = ""


def call(handler: Any, url: str, *, path: str = "/t", method: str = "GET", **options: Any) -> Answer:
    """Serve one handler and call it."""
    api = BoltAPI()
    getattr(api, method.lower())(path)(handler)
    return TestClient(api).request(method, url, **options)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "12", 12),
        (float, "1.5", 1.5),
        (bool, "true", True),
        (bool, "0", False),
        (Decimal, "1.10", "1.10"),
        (uuid.UUID, "12345678123456781234567812345678", "12345678-1234-5678-1234-567812345678"),
        (datetime.date, "2024-02-29", "2024-02-29"),
        (datetime.datetime, "2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
        (Colour, "red", "red"),
        (str, "a%20b%C3%A9", "a bé"),
        (int | None, "7", 7),
        (Annotated[int, msgspec.Meta(le=5)], "5", 5),
    ],
    ids=str,
)
def test_text_becomes_what_the_handler_asks_for(annotation, text, value) -> None:
    """Query and path parameters are converted to the annotated type."""

    async def by_query(q):
        return {"got": q}

    by_query.__annotations__ = {"q": annotation}
    assert call(by_query, f"/t?q={text}").json() == {"got": value}
    assert call(by_query, f"/t/{text}", path="/t/{q}").json() == {"got": value}


def test_missing_parameter_takes_its_default() -> None:
    """A query parameter with a default need not be sent."""

    async def handler(page: int = 1, name: str | None = None) -> Any:
        return [page, name]

    assert call(handler, "/t").json() == [1, None]


def test_every_bad_parameter_is_named() -> None:
    """All query parameters at fault are told at once."""

    async def handler(page: int, size: int, name: str) -> Any:
        return None

    answer = call(handler, "/t?page=x&name=%00")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {
        "page": ["A valid integer is required."],
        "size": ["This field is required."],
        "name": ["Null characters are not allowed."],
    }


def test_bad_path_parameter_is_not_found() -> None:
    """A path whose parameter can't be is a path that does not exist; the answer says which and why."""

    async def handler(n: int) -> Any:
        return n

    answer = call(handler, "/t/x", path="/t/{n}")
    assert answer.status_code == 404
    assert answer.json()["error"]["details"] == {"n": ["A valid integer is required."]}


def test_query_and_body_faults_come_together() -> None:
    """One answer lists what is wrong in the query and what is wrong in the body."""

    async def handler(data: Point, page: int) -> Any:
        return None

    answer = call(handler, "/t?page=x", method="POST", json={"y": -1})
    assert answer.json()["error"]["details"] == {
        "x": ["This field is required."],
        "y": ["Ensure this value is greater than or equal to 0."],
        "page": ["A valid integer is required."],
    }


def test_nested_faults_are_told_by_their_path() -> None:
    """Faults deep in a body are named by a dotted path, every one of them."""

    async def handler(data: Line) -> Any:
        return None

    body = {"points": [{"x": 1}, {"x": "a", "z": 1}, 5], "name": None}
    details = call(handler, "/t", method="POST", json=body).json()["error"]["details"]
    assert details == {
        "points.1.x": ["A valid integer is required."],
        "points.1.z": ["Unknown field."],
        "points.2": ["Expected an object."],
        "name": ["This field may not be null."],
    }


def test_faults_are_capped() -> None:
    """However much is wrong, an answer lists a hundred faults at most."""

    async def handler(data: list[int]) -> Any:
        return None

    answer = call(handler, "/t", method="POST", json=["x"] * 10_000)
    assert len(answer.json()["error"]["details"]) == 100


@pytest.mark.parametrize("body", [{"a": 1}, [1, 2], "text", None])
def test_plain_data_bodies(body) -> None:
    """A parameter called data without a type takes any JSON."""

    async def handler(data) -> Any:
        return data

    assert call(handler, "/t", method="POST", json=body).json() == body


def test_optional_body() -> None:
    """A body with a default may be left out."""

    async def handler(data: dict | None = None) -> Any:
        return {"got": data}

    assert call(handler, "/t", method="POST").json() == {"got": None}


def test_path_parameter_nobody_takes_is_refused_at_start() -> None:
    """A handler that ignores a parameter of its path is a mistake, told at start."""

    async def handler() -> Any:
        return None

    with pytest.raises(ImproperlyConfigured, match=r"does not take \['n'\] of the path /t/\{n\}"):
        call(handler, "/t/1", path="/t/{n}")


def test_two_bodies_are_refused_at_start() -> None:
    """A handler can't ask for the body twice."""

    async def handler(data: Point, more: Line) -> Any:
        return None

    with pytest.raises(ImproperlyConfigured, match="asks for the body twice"):
        call(handler, "/t", method="POST", json={})


@settings(deadline=None)
@given(text=st.text(), raw=st.binary())
def test_any_text_gets_an_answer_in_the_envelope(text: str, raw: bytes) -> None:
    """Whatever stands in a query, a path or a body: 2xx or 4xx, never a crash."""
    from urllib.parse import quote

    async def handler(n: int, q: str = "", c: Colour | None = None) -> Any:
        return [n, q]

    async def taker(data: Line) -> Any:
        return data

    escaped = quote(text, safe="", errors="surrogatepass")
    answers = [
        call(handler, f"/t/1?q={escaped}&c={escaped}", path="/t/{n}"),
        call(handler, f"/t/{escaped}", path="/t/{n}"),
        call(taker, "/t", method="POST", content=raw, headers={"content-type": "application/json"}),
        call(taker, "/t", method="POST", json={"points": text}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert set(answer.json()["error"]) == {"code", "message", "details"}
