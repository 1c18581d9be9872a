"""The same request through both doors: the same status, the same code, the same fields in the same words."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from bookstore.catalog.models import Book
from bookstore.project.asgi import application
from ironbolt.core.validation import MOST_KEYS
from ironbolt.testing import TestClient
from tests.contract.conftest import Door, token

pytestmark = pytest.mark.django_db

Verdict = tuple[int, str | None, dict[str, list[str]]]


@pytest.fixture
def verdicts() -> Callable[..., list[Verdict]]:
    """What each door says of a request: status, code and details."""

    def ask(*arguments: Any, **options: Any) -> list[Verdict]:
        return [undone(partial(door.call, *arguments, **options)) for door in doors]

    client = TestClient(application)
    doors = [Door("drf", "/api/v1/books/", client), Door("bolt", "/api/v2/books/", client)]
    return ask


def undone(call: Callable[[], Any]) -> Verdict:
    """What a call says, and nothing of what it wrote."""
    with transaction.atomic():
        verdict = _verdict(call())
        transaction.set_rollback(True)
    return verdict


def _verdict(answer: Any) -> Verdict:
    error = json.loads(answer.content).get("error", {}) if answer.content else {}
    return answer.status_code, error.get("code"), error.get("details", {})


BAD_VALUES: list[tuple[str, Any]] = [
    *(
        ("title", value)
        for value in (5, 1.5, True, None, [], ["a"], {}, "", "   ", "\x1e", "\x85", "\u3000", "x" * 201)
    ),
    *(("title", value) for value in ("a\x00b", " x ", "\ufeff", "\u200b")),
    *(("subtitle", value) for value in (5, None, "x" * 201)),
    *(("isbn", value) for value in ("", "12345", "9780441104025", "97804411040241", 9780441104024, None, "x" * 300)),
    *(("author_id", value) for value in ("1", None, 1.5, True, [], {}, 0, -1, 2**31, 2**63 - 1, 2**63, 10**30, 99)),
    *(("publisher_id", value) for value in ("1", 1.5, True, 0, 2**63, 99)),
    *(
        ("price", value)
        for value in (-1, "-1", "abc", "", " ", True, None, [], {}, "NaN", "sNaN", "Infinity", "-Infinity")
    ),
    *(("price", value) for value in ("1e2", "+7", " 7 ", "7_0", "٣", ".5", "7.", "0x1", "1e1000000", "--1", "1,5")),
    *(("price", value) for value in ("9.999", 9.999, 12345.67, "12345.67", "123456", 1e300, 10**40, "9" * 2000)),
    *(("pages", value) for value in ("300", 0, -1, 1.5, True, [], 2**31, 2**63, -(2**63) - 1, 10**30)),
    *(("language", value) for value in ("english", "E1", "e", "", None, 5)),
    *(("first_published", value) for value in (9999, -9999, "1965", 1.5, 2**63)),
    *(("publication_date", value) for value in ("yesterday", "", "2024-02-30", "2024-2-3", "20240101", 20240101)),
    *(("publication_date", value) for value in (True, [], "2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "0000-01-01")),
    *(("status", value) for value in ("lost", "", " available", "AVAILABLE", None, 5, [], True)),
    *(("stock", value) for value in (-1, None, "1", 2**31, 2**63, 1.5, False)),
    *(("category_ids", value) for value in (1, "1", None, {}, [None], ["x"], [1, "x"], [True], [1.5], [[1]], [99])),
    *(("category_ids", value) for value in ([2**63], [-1], [0], [1, 2**63], [10**30])),
    *(("description", value) for value in (5, None, [])),
    *(("unheard_of", value) for value in (1, None, [])),
]

GOOD_VALUES: list[tuple[str, Any]] = [
    *(("title", value) for value in ("x", " x ", "x" * 200, "\U0001d518", "\u200bx")),
    *(("price", value) for value in (0, 7, 7.5, "7", "7.5", "007", "-0", -0.0, "0.00", "9999.99", 1e2)),
    *(("pages", value) for value in (1, 1.0, 2**31 - 1, None)),
    *(("first_published", value) for value in (-3000, 2200, None)),
    *(("publication_date", value) for value in ("2024-02-29", None, "0001-01-01", "9999-12-31")),
    *(("category_ids", value) for value in ([], [1.0][:0])),
    *(("publisher_id", value) for value in (None,)),
    *(("subtitle", value) for value in ("", "  ")),
]


def _name(case: Any) -> str:
    return ascii(case)[:40]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("case", BAD_VALUES, ids=_name)
def test_value(verdicts, payload, book: Book, method: str, case: tuple[str, Any]) -> None:
    """A value is refused by both, under the same name and in the same words."""
    changes = dict([case])
    body = payload(**changes) if method == "POST" else changes
    drf, bolt = verdicts(method, book.pk if method == "PATCH" else "", login="staff", json=body)
    assert drf == bolt


@pytest.mark.parametrize("case", GOOD_VALUES, ids=_name)
def test_good_value_reads_the_same(payload, book: Book, case: tuple[str, Any]) -> None:
    """A value that both take, both answer in the same form."""
    client = TestClient(application)
    name = case[0].removesuffix("_id").replace("category_ids", "categories")
    answers = []
    for base in ("/api/v1/books/", "/api/v2/books/"):
        headers = {"authorization": f"Bearer {token(is_staff=True)}"}
        answer = client.request("PATCH", f"{base}{book.pk}/", headers=headers, json=dict([case]))
        assert answer.status_code == 200, answer.content
        answers.append(json.loads(answer.content)["data"][name])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("count", [101, MOST_KEYS, MOST_KEYS + 1])
def test_number_of_keys(verdicts, payload, count: int) -> None:
    """Both take as many keys, and no more."""
    drf, bolt = verdicts("POST", login="staff", json=payload(category_ids=list(range(10, 10 + count))))
    assert drf == bolt
    assert drf[0] == (400 if count > MOST_KEYS else 409)


def test_several_faults(verdicts, payload) -> None:
    """All faults are told at once."""
    body = payload(title=..., pages="x", isbn="1", stock=-1, unheard_of=1, category_ids=["x", 2**63])
    drf, bolt = verdicts("POST", login="staff", json=body)
    assert drf == bolt


BODIES: list[tuple[bytes, str]] = [
    *(
        (body, "application/json")
        for body in (b"", b" ", b"{", b"[]", b"null", b'"x"', b"5", b"true", b"{}{}", b"\xff")
    ),
    *((body, "application/json") for body in (b'{"a": NaN}', b'{"title": "\\ud800"}', b"[" * 9000, b'{"a":1,"a":2}')),
    (b'{"pages": ' + b"9" * 5000 + b"}", "application/json"),
    (b'{"price": ' + b"9" * 5000 + b"}", "application/json"),
    (b'{"unheard_of": ' + b"9" * 5000 + b"}", "application/json"),
    *(
        (b"{}", content_type)
        for content_type in ("", "text/plain", "text/json", "application/vnd.api+json", "*/*", "json")
    ),
    *((b"{}", content_type) for content_type in ("application/JSON; charset=utf-8", "application/*", "image/svg+json")),
    *((b"", content_type) for content_type in ("", "text/plain", "application/vnd.api+json", "multipart/form-data")),
    (b"", "application/x-www-form-urlencoded"),
    (b"a=1", "application/x-www-form-urlencoded"),
    (b"\xef\xbb\xbf{}", "application/json"),
    (b"{}", "application/json; charset=utf-16"),
]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(("body", "content_type"), BODIES, ids=_name)
def test_body(verdicts, book: Book, method: str, body: bytes, content_type: str) -> None:
    """A body is read, or refused for the same reason."""
    headers = {"content-type": content_type} if content_type else {}
    path = book.pk if method == "PATCH" else ""
    drf, bolt = verdicts(method, path, login="staff", content=body, headers=headers)
    assert drf == bolt


@pytest.mark.parametrize(
    "query",
    [
        *("", "page=0", "page=-1", "page=x", "page=1.5", "page=", "page=99", "page=%2B1", "page=1_0", "page=%D9%A3"),
        *("page_size=0", "page_size=101", "page_size=x", f"page={2**63}", f"page={10**30}", f"page={'9' * 5000}"),
        *("page=1&page=x", "page=x&page=1", "x=%FF", "x=\xe9", "x=%00", "page=%00", "format=xml", "unheard_of=1"),
        "&".join(f"x{number}=1" for number in range(1100)),
    ],
    ids=_name,
)
def test_query(book: Book, query: str) -> None:
    """A query is read, or refused for the same reason."""
    client = TestClient(application)
    drf, bolt = (_verdict(client.get(f"{base}?{query}")) for base in ("/api/v1/books/", "/api/v2/books/"))
    assert drf == bolt


@pytest.mark.parametrize(
    "accept",
    [
        *("application/json", "*/*", "application/*", "text/html", "text/*", "", ",", "application/json;q=0"),
        *("application/json;q=0, */*", "*/*;q=0", "application/problem+json", "APPLICATION/JSON", "nonsense", ";q=1"),
        *("application/json;q=x", "application/json; charset=utf-8", "application/json;q=0.5, text/html", "a" * 9000),
        "text/html," * 100 + "*/*",
    ],
    ids=_name,
)
@pytest.mark.parametrize("path", ["", 0], ids=["found", "not found"])
def test_accept(verdicts, book: Book, accept: str, path: Any) -> None:
    """What a client accepts is understood alike."""
    drf, bolt = verdicts("GET", path, headers={"accept": accept})
    assert drf == bolt


@pytest.mark.parametrize(
    "word",
    ["Bearer", "bearer", "BEARER", "Bearer ", "Basic", "Token", "Bearer\t"],
)
def test_scheme_of_the_credentials(verdicts, book: Book, word: str) -> None:
    """The word before a token is understood alike, whatever its case."""
    headers = {"authorization": f"{word} {token(is_staff=True)}"}
    drf, bolt = verdicts("GET", book.pk, headers=headers)
    assert drf == bolt


@pytest.mark.parametrize(
    "key", ["0", "x", "-1", "+1", "1.0", str(2**63), str(10**30), "9" * 5000, "%00", "%FF", "1 ", "٣"]
)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_key(verdicts, book: Book, method: str, key: str) -> None:
    """An address that names no book is a 404 in both."""
    drf, bolt = verdicts(method, key, login="staff", **({"json": {}} if method == "PATCH" else {}))
    assert drf == bolt


@pytest.mark.parametrize("path", ["", 0, "nothing"])
def test_errors_vary_by_what_is_accepted(path: Any) -> None:
    """A cache is told that an error depends on the Accept header."""
    client = TestClient(application)
    for name, base in (("drf", "/api/v1/books/"), ("bolt", "/api/v2/books/"), ("nobody", "/api/nothing/")):
        answer = Door(name, base, client).call("PATCH" if path == "" else "GET", path)
        assert answer.status_code >= 400
        assert "accept" in answer.headers["vary"].lower(), base
