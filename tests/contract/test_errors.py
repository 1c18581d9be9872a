"""What bad input gets, in both doors: one envelope, a clear status, the field by name."""

from typing import Any

import pytest
from django.conf import settings

from bookstore.catalog.models import Author, Book
from tests.contract.conftest import Door

pytestmark = pytest.mark.django_db


def error_of(answer: Any) -> dict[str, Any]:
    """The error of an answer, which must be nothing but the envelope."""
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message", "details"]
    error: dict[str, Any] = body["error"]
    assert all(isinstance(messages, list) for messages in error["details"].values())
    return error


@pytest.mark.row("V02")
@pytest.mark.parametrize("path", ["/api/nothing", "/api/v1/nothing/", "/api/v2/nothing", "/api/v1", "/api/v3/books/"])
def test_unknown_path_is_not_found(door: Door, path: str) -> None:
    """A path that does not exist below /api/ is the envelope's 404, whoever would have had it."""
    answer = door.client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


@pytest.mark.row("V02")
def test_wrong_method_is_refused_before_the_login(door: Door, book: Book) -> None:
    """A method that a path does not have is a 405 with Allow, for anonymous callers too."""
    answer = door.call("POST", book.pk, json={})
    assert answer.status_code == 405
    assert error_of(answer)["code"] == "method_not_allowed"
    assert "PATCH" in answer.headers["allow"]


@pytest.mark.row("V02")
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"title": }',
        b"nonsense",
        b'"',
        b"{'a': 1}",
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"title": "\xff"}',
        b"[" * 100_000,
    ],
    ids=["cut off", "no value", "a word", "a quote", "single quotes", "NaN", "not UTF-8", "a bad byte", "too deep"],
)
@pytest.mark.parametrize(("method", "detail"), [("POST", False), ("PUT", True), ("PATCH", True)])
def test_malformed_json(door: Door, book: Book, method: str, detail: bool, body: bytes) -> None:
    """A body that is no JSON is a 400 parse_error."""
    path = book.pk if detail else ""
    answer = door.call(method, path, login="staff", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "parse_error")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null", b"true"])
def test_body_that_is_no_object(door: Door, body: bytes) -> None:
    """JSON that is no object is a 400 validation_error that belongs to no field."""
    answer = door.call("POST", login="staff", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert list(error_of(answer)["details"]) == ["non_field_errors"]


@pytest.mark.row("V02")
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/x-www-form-urlencoded"])
def test_wrong_content_type(door: Door, content_type: str) -> None:
    """A body that is not sent as JSON is a 415."""
    headers = {"content-type": content_type} if content_type else {}
    answer = door.call("POST", login="staff", content=b"{}", headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (415, "unsupported_media_type")


def test_unacceptable_media_type(door: Door) -> None:
    """A client that takes no JSON is told so."""
    answer = door.call("GET", headers={"accept": "image/png"})
    assert (answer.status_code, error_of(answer)["code"]) == (406, "not_acceptable")


@pytest.mark.row("V02")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "found out"])
def test_body_over_the_limit(door: Door, declared: bool) -> None:
    """A body over the limit is a 413, whether or not its length was declared."""
    content = b'{"title": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    headers = {"content-type": "application/json"}
    if not declared:
        headers["transfer-encoding"] = "chunked"
    answer = door.call("POST", login="staff", content=content, headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (413, "payload_too_large")


def test_every_missing_field_is_named(door: Door) -> None:
    """What is missing is told all at once."""
    for body in ({"json": {}}, {"headers": {"content-type": "application/json"}}):
        answer = door.call("POST", login="staff", **body)
        assert answer.status_code == 400
        error = error_of(answer)
        assert error["code"] == "validation_error"
        assert error["message"] == "Invalid input."
        assert error["details"] == {
            name: ["This field is required."] for name in ("title", "isbn", "author_id", "price")
        }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": 5}, "Not a valid string."),
        ({"title": ["a"]}, "Not a valid string."),
        ({"title": True}, "Not a valid string."),
        ({"title": ""}, "This field may not be blank."),
        ({"title": "   "}, "This field may not be blank."),
        ({"title": "x" * 201}, None),
        ({"title": "a\x00b"}, "Null characters are not allowed."),
        ({"isbn": "9780441104025"}, None),
        ({"isbn": "12345"}, None),
        ({"author_id": "1"}, "A valid integer is required."),
        ({"author_id": None}, "This field may not be null."),
        ({"author_id": 1.5}, "A valid integer is required."),
        ({"author_id": 10**30}, None),
        ({"author_id": True}, "A valid integer is required."),
        ({"price": -1}, None),
        ({"price": "abc"}, "A valid number is required."),
        ({"price": True}, "A valid number is required."),
        ({"price": []}, "A valid number is required."),
        ({"price": "NaN"}, "A valid number is required."),
        ({"price": "sNaN"}, "A valid number is required."),
        ({"price": "Infinity"}, "A valid number is required."),
        ({"price": "1e1000000"}, None),
        ({"price": "9.999"}, None),
        ({"price": 12345.67}, None),
        ({"pages": "300"}, "A valid integer is required."),
        ({"pages": 10**30}, None),
        ({"pages": 0}, None),
        ({"pages": -1}, None),
        ({"language": "english"}, None),
        ({"language": "E1"}, None),
        ({"first_published": 9999}, None),
        ({"publication_date": "yesterday"}, None),
        ({"publication_date": "2024-02-30"}, None),
        ({"publication_date": 20240101}, None),
        ({"status": "lost"}, None),
        ({"stock": -1}, None),
        ({"stock": None}, "This field may not be null."),
        ({"category_ids": 1}, None),
        ({"unheard_of": 1}, "Unknown field."),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_bad_value_is_named(
    door: Door, payload, book: Book, method: str, changes: dict[str, Any], message: str | None
) -> None:
    """A value that can't be is a 400 under its field's name, in the same words in both doors."""
    body = payload(**changes) if method == "POST" else changes
    answer = door.call(method, book.pk if method == "PATCH" else "", login="staff", json=body)
    assert answer.status_code == 400, answer
    error = error_of(answer)
    assert error["code"] == "validation_error"
    assert list(error["details"]) == list(changes)
    if message:
        assert error["details"] == {name: [message] for name in changes}


def test_bad_item_of_a_list_is_named(door: Door, payload) -> None:
    """A bad item is named by its place in the list."""
    answer = door.call("POST", login="staff", json=payload(category_ids=[1, "x"]))
    assert answer.status_code == 400
    assert error_of(answer)["details"] == {"category_ids.1": ["A valid integer is required."]}


def test_lone_surrogate_is_refused(door: Door, payload) -> None:
    """Text that is no Unicode is a 400, not a crash of the encoder."""
    content = b'{"title": "\\ud800", "isbn": "9780441104024", "author_id": 1, "price": 1}'
    answer = door.call("POST", login="staff", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    error_of(answer)


def test_faults_of_type_and_of_rule_are_told_together(door: Door, payload) -> None:
    """A wrong type in one field does not hide a broken rule in another."""
    answer = door.call("POST", login="staff", json=payload(title=..., pages="x", isbn="1", stock=-1))
    assert set(error_of(answer)["details"]) == {"title", "pages", "isbn", "stock"}


def test_taken_value_is_a_conflict(door: Door, book: Book, payload) -> None:
    """A unique violation is a 409 that names the field and nothing of the schema."""
    for method, path in (("POST", ""), ("PUT", None)):
        other = book if path is None else None
        if other:
            Book.objects.create(title="Other", isbn="9780441104024", author=book.author, price=1)
        body = payload(isbn=book.isbn) if path == "" else payload()
        answer = door.call(method, book.pk if path is None else "", login="staff", json=body)
        assert answer.status_code == 409
        error = error_of(answer)
        assert error["code"] == "integrity_error"
        assert error["message"] == "A database integrity constraint was violated."
        assert error["details"] == {"isbn": ["This value is already taken."]}
        assert b"catalog_book" not in answer.content


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"author_id": 99}, "author_id"),
        ({"publisher_id": 99}, "publisher_id"),
        ({"category_ids": [98, 99]}, "category_ids"),
    ],
    ids=["author", "publisher", "categories"],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_missing_relation_is_a_conflict(door: Door, book: Book, payload, method: str, changes: Any, field: str) -> None:
    """A key that points to nothing is a 409 under the name it was sent by."""
    body = payload(**changes) if method == "POST" else changes
    answer = door.call(method, book.pk if method == "PATCH" else "", login="staff", json=body)
    assert answer.status_code == 409
    assert error_of(answer)["details"] == {field: ["No such object."]}
    assert Book.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("changes", [{"author_id": 99}, {"category_ids": [99]}], ids=["author", "categories"])
def test_missing_relation_is_told_at_commit_too(door: Door, payload, author: Author, changes: Any) -> None:
    """Where the database notices a dangling key only at commit, the answer is the same."""
    answer = door.call("POST", login="staff", json=payload(**changes))
    assert answer.status_code == 409
    assert error_of(answer)["details"] == {name: ["No such object."] for name in changes}
    assert not Book.objects.exists()


def test_anonymous_writer_is_asked_to_log_in(door: Door, book: Book) -> None:
    """A write without credentials is a 401 that says how to authenticate."""
    for method, path in (("POST", ""), ("PUT", book.pk), ("PATCH", book.pk), ("DELETE", book.pk)):
        answer = door.call(method, path, json={})
        assert (answer.status_code, error_of(answer)["code"]) == (401, "authentication_error")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("credentials", ["Bearer x.y.z", "Bearer ", "Bearer", "Bearer " + "a" * 10_000, "Bearer é"])
def test_bad_token_is_refused_even_where_none_is_needed(door: Door, book: Book, credentials: str) -> None:
    """Wrong credentials are a 401 even on open routes: whoever sends some means somebody."""
    answer = door.call("GET", book.pk, headers={"authorization": credentials})
    assert (answer.status_code, error_of(answer)["code"]) == (401, "authentication_error")


def test_caller_without_the_role_is_forbidden(door: Door, book: Book) -> None:
    """A known caller who is not staff gets 403."""
    answer = door.call("DELETE", book.pk, login="customer")
    assert (answer.status_code, error_of(answer)["code"]) == (403, "permission_denied")
    assert Book.objects.exists()


def test_problem_json_on_request(door: Door) -> None:
    """A client that prefers RFC 9457 gets the same facts as a problem document."""
    answer = door.call("GET", 0, headers={"accept": "application/problem+json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert {name: answer.json()[name] for name in ("title", "status", "code", "errors")} == {
        "title": "Not found.",
        "status": 404,
        "code": "not_found",
        "errors": {},
    }


def test_problem_json_is_for_problems_only(door: Door, book: Book) -> None:
    """The same client gets a success as plain JSON."""
    answer = door.call("GET", book.pk, headers={"accept": "application/problem+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


@pytest.mark.row("V03")
def test_unforeseen_exception_tells_nothing(door: Door, book: Book, monkeypatch, caplog) -> None:
    """A bug is a 500 with no detail in the body and the traceback in the log."""

    def burst(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(Book, "save", burst)
    answer = door.call("PATCH", book.pk, login="staff", json={"pages": 1})
    assert answer.status_code == 500
    assert error_of(answer) == {"code": "server_error", "message": "Something went wrong on our side.", "details": {}}
    (record,) = (record for record in caplog.records if record.levelname == "CRITICAL")
    assert record.exc_info
    assert "the secret is 42" in str(record.exc_info[1])


def test_unknown_host_is_refused(door: Door) -> None:
    """A request for a host that is not ours is a 400 in the envelope."""
    answer = door.call("GET", headers={"host": "evil.example"})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "bad_request")
