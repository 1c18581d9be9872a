"""Tests of forms: urlencoded and multipart, with texts and files."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.params import File, Form
from ironbolt.testing import TestClient
from tests.bolt.bound import JSON, Sent, call, multipart, problem, status, urlencoded

pytestmark = pytest.mark.row("B05")


class Contact(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=2)]
    age: int | None = None
    topics: list[str] = []
    agreed: bool = False


async def contact(form: Annotated[Contact, Form()]) -> Any:
    """Take a Struct."""
    return form


async def avatar(title: Annotated[str, Form()], file: Annotated[UploadedFile, File(max_size=10)]) -> Any:
    """Take a text and a file."""
    return title, file.name, file.read()


def test_a_struct_from_an_urlencoded_form() -> None:
    """A form fills a Struct, with lists from repeated names and words for truth; empty fields count as not sent."""
    sent = urlencoded({"name": "Zoë", "age": "", "topics": ["a", "b"], "agreed": "on"})
    assert call(contact, sent) == Contact("Zoë", None, ["a", "b"], agreed=True)


def test_a_struct_from_a_multipart_form() -> None:
    """The same Struct may come as multipart."""
    sent = multipart(("name", None, "Zoë".encode()), ("topics", None, b"a"), ("topics", None, b"b"))
    assert call(contact, sent) == Contact("Zoë", None, ["a", "b"])


def test_every_fault_of_a_form_is_named() -> None:
    """All fields at fault are told at once."""
    assert problem(contact, urlencoded({"name": "x", "age": "y"})).details == {
        "name": ["Ensure this field has at least 2 characters."],
        "age": ["A valid integer is required."],
    }


def test_a_file() -> None:
    """A file arrives as Django's UploadedFile."""
    sent = multipart(("title", None, b"Me"), ("file", "me.png", b"12345"))
    assert call(avatar, sent) == ("Me", "me.png", b"12345")


def test_a_file_that_is_too_big_and_one_that_is_missing() -> None:
    """Files are checked along with the texts."""
    big = problem(avatar, multipart(("file", "me.png", b"12345678901")))
    assert big.details == {
        "title": ["This field is required."],
        "file": ["A file may have no more than 10 bytes."],
    }
    assert problem(avatar, multipart(("title", None, b"x"))).details == {"file": ["This field is required."]}


def test_several_files_without_a_marker() -> None:
    """A list of uploaded files takes all of one name, and needs no marker."""

    async def handler(files: list[UploadedFile], more: UploadedFile | None = None) -> Any:
        return [file.name for file in files], more

    assert call(handler, multipart(("files", "a", b"1"), ("files", "b", b"2"))) == (["a", "b"], None)


def test_big_files_go_to_disk_and_away_again(settings) -> None:
    """Above Django's limit a file is a temporary one, and gone when the request is over."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000

    async def handler(file: UploadedFile) -> Any:
        assert isinstance(file, TemporaryUploadedFile)
        return Path(file.temporary_file_path()), file.size

    path, size = call(handler, multipart(("file", "a", b"x" * 100_000)))
    assert (path.exists(), size) == (False, 100_000)


@pytest.mark.parametrize(
    "sent",
    [
        Sent(method="POST", headers=JSON, body=b"{}"),
        Sent(method="POST", body=b"name=x"),
        Sent(method="POST"),
        Sent(method="POST", headers={"content-type": "text/plain"}, body=b"name=x"),
    ],
    ids=["json", "no type", "nothing", "text"],
)
def test_what_is_no_form_is_refused(sent) -> None:
    """A form is declared, so anything else is a 415."""
    assert problem(contact, sent).status == 415


def test_an_empty_form_where_nothing_is_required() -> None:
    """A request without any body will do where every field has a default."""

    async def handler(name: Annotated[str, Form()] = "x") -> Any:
        return name

    assert call(handler, Sent(method="POST")) == "x"


def test_limits_of_django_hold(settings) -> None:
    """Too many fields, too many files and too much text are refused."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    parts = [("a", None, b"1"), ("b", None, b"2"), ("c", None, b"3")]
    assert problem(contact, urlencoded({"a": 1, "b": 2, "c": 3})).status == 400
    assert problem(contact, multipart(*parts)).status == 400
    assert problem(avatar, multipart(("file", "a", b""), ("file", "b", b""))).status == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert problem(contact, urlencoded({"name": "x" * 20})).status == 413
    assert problem(contact, multipart(("name", None, b"x" * 20))).status == 413


def test_a_form_that_is_not_utf_8() -> None:
    """Text is UTF-8, escaped or as it is; anything else is refused."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"name=%ff%fe", b"name=\xff\xfe"):
        assert problem(contact, Sent(method="POST", headers=headers, body=body)).status == 400
    assert call(contact, Sent(method="POST", headers=headers, body="name=Zoë".encode())).name == "Zoë"


@given(raw=st.binary(), name=st.text(), boundary=st.booleans())
def test_any_body_is_answered_or_refused(raw: bytes, name: str, boundary: bool) -> None:
    """Whatever stands in a form is read or refused with a 4xx, never a crash."""
    kind = "multipart/form-data" + ("; boundary=x" if boundary else "")
    body = b"--x\r\nContent-Disposition: form-data; name=" + name.encode(errors="replace") + b"\r\n\r\n" + raw
    for sent in (
        Sent(method="POST", headers={"content-type": kind}, body=raw),
        Sent(method="POST", headers={"content-type": kind}, body=body + b"\r\n--x--\r\n"),
        multipart(("name", None, raw), ("age", None, raw), ("agreed", name.replace('"', ""), raw)),
        Sent(method="POST", headers={"content-type": "application/x-www-form-urlencoded"}, body=b"name=" + raw),
    ):
        assert status(contact, sent) < 500


@override_settings(IRONBOLT={"MAX_BODY_BYTES": 1000})
def test_a_form_is_no_larger_than_any_body() -> None:
    """A multipart form over ``MAX_BODY_BYTES`` is answered 413, whether or not it says its length."""
    api = BoltAPI(info=Info(served=False))

    @api.post("/x")
    def take(file: UploadedFile) -> int:
        return 1

    client = TestClient(api)
    assert client.post("/x", files={"file": b"x" * 2000}).status_code == 413
    assert client.post("/x", files={"file": b"x" * 100}).status_code == 200
