"""Uploads through this door: forms, limits, owners, what is answered, and files that go with their work."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, models, transaction
from django.test.utils import isolate_apps
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.uploads import get_upload_api_view
from ironbolt.features.uploads import accept
from tests.features.uploads.files import EXE, PDF, drawing, package, picture, sent, vast_png
from tests.project.models import Attachment, Label, Photo

pytestmark = pytest.mark.django_db

PNG = picture()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Where files are stored."""
    settings.MEDIA_ROOT = str(tmp_path)
    settings.MEDIA_URL = "/media/"
    yield tmp_path
    Photo.image.field.storage._clear_cached_properties("MEDIA_ROOT")  # type: ignore[attr-defined]  # the descriptor has it


@pytest.fixture
def ann() -> User:
    """Somebody."""
    return User.objects.create(username="ann")


def files(media: Path) -> list[str]:
    """What is stored, below the folder of media."""
    return sorted(str(one.relative_to(media)) for one in media.rglob("*") if one.is_file())


def send(view: Any, data: Any = None, *, user: Any = None, **headers: str) -> Response:
    """What a view answers to a form."""
    request = APIRequestFactory().post("/api/photos/", data or {}, format="multipart", headers=headers)
    if user:
        force_authenticate(request, user)
    response: Response = view.as_view()(request)
    request.close()  # as Django does when it is done
    return response


def told(response: Response) -> Any:
    """What was sent, decoded."""
    return json.loads(response.content)


def details(response: Response) -> Any:
    """What is wrong, by field."""
    return told(response)["error"]["details"]


Photos = get_upload_api_view(Photo)


# --- what is taken ---------------------------------------------------------------------------------


@pytest.mark.row("M08")
def test_a_file_becomes_a_row(ann: User, media: Path) -> None:
    """Stored under a name of ours, owned by who sent it, and answered in the envelope."""
    response = send(Photos, {"file": sent("../My Photo.PNG", PNG)}, user=ann)
    assert response.status_code == 201, response.content
    photo = Photo.objects.get()
    assert told(response) == {
        "message": "Success",
        "data": {
            "id": photo.pk,
            "url": f"http://testserver/media/{photo.image.name}",
            "name": "My Photo.PNG",
            "size": len(PNG),
            "content_type": "image/png",
        },
    }
    assert response["Location"] == f"http://testserver/media/{photo.image.name}"
    assert re.fullmatch(r"photos/[0-9a-f]{32}\.png", str(photo.image.name))
    assert files(media) == [photo.image.name]
    assert (media / str(photo.image.name)).read_bytes() == PNG
    assert (photo.owner, photo.width, photo.height) == (ann, 4, 3)


@pytest.mark.row("M08")
def test_other_columns_are_parts_of_the_form(ann: User) -> None:
    """Those that are declared, relations among them; what is found of the file is kept where somebody says."""
    view = get_upload_api_view(Photo, fields=("title", "labels"), columns={"name": "original_name"})
    labels = [Label.objects.create(name=name) for name in ("red", "blue")]
    form = {"file": sent("a.png", PNG), "title": "Sea", "labels": [one.pk for one in labels], "owner": 99}
    data = told(send(view, form, user=ann))["data"]
    assert (data["title"], data["labels"]) == ("Sea", [one.pk for one in labels])
    photo = Photo.objects.get()
    assert (photo.title, photo.original_name, photo.owner) == ("Sea", "a.png", ann)
    assert set(photo.labels.all()) == set(labels)
    too_long = send(view, {"file": sent("a.png", PNG), "title": "x" * 21}, user=ann)
    assert (too_long.status_code, set(details(too_long))) == (400, {"title"})


@pytest.mark.row("M08")
def test_any_model_with_a_column_of_files_has_one() -> None:
    """Whatever its key is called; without an owner anybody may who is let in."""
    view = get_upload_api_view(Attachment, 1, permission_classes=(AllowAny,))
    data = told(send(view, {"file": sent("a.pdf", PDF, "text/html")}))["data"]
    row = Attachment.objects.get()
    assert data == {
        "id": str(row.pk),
        "url": f"http://testserver/media/{row.file.name}",
        "name": "a.pdf",
        "size": len(PDF),
        "content_type": "application/pdf",
    }
    assert str(row.file.name).endswith(".pdf")


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_files_are_looked_into_wherever_they_wait(ann: User, media: Path, settings: Any, kind: str) -> None:
    """Small ones in memory, large ones in a temporary file; both are stored whole."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0 if kind == "disk" else 2**22
    view = get_upload_api_view(Attachment, allowed_types=("image/*", "image/svg+xml", "application/zip", "text/plain"))
    sources = {"a.jpg": picture("JPEG"), "a.zip": package("a"), "a.svg": drawing(), "a.txt": b"x" * 200_000}
    for name, content in sources.items():
        response = send(view, {"file": sent(name, content)}, user=ann)
        assert response.status_code == 201, response.content
        row = Attachment.objects.get(pk=told(response)["data"]["id"])
        assert (media / str(row.file.name)).read_bytes() == content
    for name, content in (("a.jpg", PNG), ("a.zip", package("a")[:30]), ("a.svg", b"<svg"), ("a.txt", b"\xff")):
        assert send(view, {"file": sent(name, content)}, user=ann).status_code == 400
    assert len(files(media)) == len(sources)


# --- who may ---------------------------------------------------------------------------------------


@pytest.mark.row("M08")
def test_whoever_is_not_logged_in_is_refused_unread(media: Path) -> None:
    """Nothing of the body is looked at."""

    class Closed(Photos):  # type: ignore[valid-type, misc]  # made by a function
        authentication_classes = (BasicAuthentication,)

    class Unreadable(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError

    request = APIRequestFactory().post("/api/photos/", {"file": sent("a.png", PNG)}, format="multipart")
    request._stream = Unreadable()
    response = Closed.as_view()(request)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Basic realm="api"')
    assert files(media) == []


def test_rows_that_need_an_owner_need_a_user(media: Path) -> None:
    """Also where the class lets everybody in."""
    view = get_upload_api_view(Photo, permission_classes=(AllowAny,))
    response = send(view, {"file": sent("a.png", PNG)}, user=AnonymousUser())
    assert (response.status_code, told(response)["error"]["code"]) == (403, "permission_denied")
    assert files(media) == []


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", b"hello", "content of the file is not what its name says: image/png"),
        ("a.png", EXE, "This is a program"),
        ("a.html", b"<html></html>", "This is a page for browsers"),
        ("a.svg", drawing("<script/>"), "This is a page for browsers"),
        ("a.pdf", PDF, "extension .pdf are not taken. Taken are: jpg, jpeg"),
        ("a.png", vast_png(50_000, 50_000), "pixels"),
        ("a.png", b"", "The submitted file is empty."),
        ("a", PNG, "no extension"),
    ],
)
@pytest.mark.row("M08")
def test_files_that_are_not_taken_are_named_with_the_reason(
    ann: User, media: Path, name: str, content: bytes, reason: str
) -> None:
    """A 400 under the field of the file, and nothing is stored."""
    response = send(Photos, {"file": sent(name, content, "image/png")}, user=ann)
    assert (response.status_code, told(response)["error"]["code"]) == (400, "validation_error")
    assert reason in details(response)["file"][0]
    assert (files(media), Photo.objects.count()) == ([], 0)


def test_drawings_are_taken_where_they_are_allowed_and_only_draw(ann: User) -> None:
    """``allowed_types`` names them."""
    view = get_upload_api_view(Attachment, allowed_types=("image/svg+xml",))
    assert send(view, {"file": sent("a.svg", drawing("<path/>"))}, user=ann).status_code == 201
    refused = send(view, {"file": sent("a.svg", drawing("<script/>"))}, user=ann)
    assert "<script>" in details(refused)["file"][0]


@pytest.mark.row("M08")
@pytest.mark.parametrize("size", [1024 + 1, 100_000, 3_000_000])
def test_files_over_the_limit_are_a_413_that_names_the_field(ann: User, media: Path, size: int) -> None:
    """Whether the body says so itself or the file turns out to be."""
    view = get_upload_api_view(Attachment, 1 / 1024)
    response = send(view, {"file": sent("a.txt", b"x" * size)}, user=ann)
    assert (response.status_code, told(response)["error"]["code"]) == (413, "payload_too_large")
    assert details(response) == {"file": ["The file is larger than 1 kB."]}
    assert files(media) == []
    assert send(view, {"file": sent("a.txt", b"x" * 1024)}, user=ann).status_code == 201


@pytest.mark.row("M08")
def test_what_is_over_the_limit_is_not_read_to_its_end(ann: User, settings: Any) -> None:
    """The parser stops at the first part too much, and at a length too large it does not begin."""
    read: list[int] = []

    class Counting(BytesIO):
        def read(self, size: Any = -1) -> bytes:
            part = super().read(size)
            read.append(len(part))
            return part

    def post(size: int) -> Response:
        read.clear()
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
            + b"x" * size
            + b"\r\n--x--\r\n"
        )
        factory: Any = APIRequestFactory()
        request: Any = factory.generic("POST", "/", body, content_type="multipart/form-data; boundary=x")
        request._stream = Counting(body)
        force_authenticate(request, ann)
        return get_upload_api_view(Attachment, 0.1).as_view()(request)

    assert post(2_400_000).status_code == 413
    assert 0 < sum(read) < 400_000
    assert post(3_000_000).status_code == 413
    assert read == []
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    assert post(3_000_000).status_code == 413
    assert sum(read) < 400_000


def test_the_limit_holds_where_somebody_else_has_read_the_body(ann: User) -> None:
    """A middleware that looked into the form."""
    request: Any = APIRequestFactory().post("/", {"file": sent("a.txt", b"x" * 2000)}, format="multipart")
    assert request.POST is not None
    force_authenticate(request, ann)
    response = get_upload_api_view(Attachment, 1 / 1024).as_view()(request)
    assert (response.status_code, details(response)) == (413, {"file": ["The file is larger than 1 kB."]})


def test_the_limit_holds_where_a_session_looks_for_its_token_in_the_form(ann: User, media: Path) -> None:
    """Which reads the body before anybody knows who it is."""

    class BySession(get_upload_api_view(Attachment, 1 / 1024)):  # type: ignore[misc]  # made by a function
        authentication_classes = (SessionAuthentication,)

    def post(size: int, token: str) -> Response:
        form = {"csrfmiddlewaretoken": token, "file": sent("a.txt", b"x" * size)}
        request: Any = APIRequestFactory(enforce_csrf_checks=True).post("/", form, format="multipart")
        request.COOKIES["csrftoken"], request.user = "a" * 32, ann
        return BySession.as_view()(request)  # type: ignore[no-any-return]  # made by a function

    assert post(2000, "a" * 32).status_code == 413
    assert post(10, "b" * 32).status_code == 403
    assert files(media) == []
    assert post(10, "a" * 32).status_code == 201


def test_files_by_other_names_are_left_alone(ann: User, media: Path) -> None:
    """Before the file and after it; they have the same limit."""
    form = {"a": sent("a.exe", EXE), "file": sent("a.png", PNG), "z": sent("z.exe", EXE)}
    assert send(Photos, form, user=ann).status_code == 201
    assert len(files(media)) == 1
    large = {"file": sent("a.png", PNG), "z": sent("z.txt", b"x" * 2000)}
    assert details(send(get_upload_api_view(Photo, 1 / 1024), large, user=ann)) == {
        "z": ["The file is larger than 1 kB."]
    }


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({}, {"file": ["No file was submitted."]}),
        ({"file": "text"}, {"file": ["The submitted data was not a file. Check the encoding type on the form."]}),
        ({"other": sent("a.png", PNG)}, {"file": ["No file was submitted."]}),
        ({"file": [sent("a.png", PNG), sent("b.png", PNG)]}, {"file": ["Send one file."]}),
    ],
)
def test_forms_without_one_file_are_refused(ann: User, form: Any, found: Any) -> None:
    """None, a text in its place, one by another name, or two."""
    response = send(Photos, form, user=ann)
    assert (response.status_code, details(response)) == (400, found)


def test_other_bodies_are_refused(ann: User) -> None:
    """Only forms are read; broken ones are told as such."""
    request = APIRequestFactory().post("/", {"file": "x"}, format="json")
    force_authenticate(request, ann)
    assert Photos.as_view()(request).status_code == 415
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        factory: Any = APIRequestFactory()
        request = factory.generic("POST", "/", b"--x\r\nContent-Disp", content_type=content_type)
        force_authenticate(request, ann)
        assert Photos.as_view()(request).status_code == 400


# --- files go with their work ----------------------------------------------------------------------


@pytest.mark.row("M08")
def test_a_refused_row_leaves_no_file(ann: User, media: Path) -> None:
    """A value that is taken is a 409 that names its field, and the file is removed."""
    view = get_upload_api_view(Photo, fields=("title",))
    Photo.objects.create(title="Sea", owner=ann)
    response = send(view, {"file": sent("a.png", PNG), "title": "Sea"}, user=ann)
    assert (response.status_code, set(details(response))) == (409, {"title"})
    assert (files(media), Photo.objects.count()) == ([], 1)


def fail(self: Any, instance: Any, serializer: Any) -> None:
    """Raise after the write."""
    raise DatabaseError


def refuse(self: Any, instance: Any, serializer: Any) -> None:
    """End the request with an error that is no exception."""
    self.handled(self.send_error_response("Too many.", 409))


@pytest.mark.row("M08")
@pytest.mark.parametrize("hook", [fail, refuse])
def test_work_that_is_undone_takes_its_file_along(ann: User, media: Path, hook: Any) -> None:
    """Whatever undoes it after the row was written."""
    seen: list[int] = []

    def watched(self: Any, instance: Any, serializer: Any) -> None:
        seen.append(len(files(media)))
        hook(self, instance, serializer)

    assert (
        send(
            type("Mine", (Photos,), {"after_perform_create": watched}), {"file": sent("a.png", PNG)}, user=ann
        ).status_code
        >= 400
    )
    assert seen == [1]
    assert (files(media), Photo.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_takes_the_file_along(media: Path) -> None:
    """What the database says last."""
    user = User.objects.create(username="ann")

    class Late(Photos):  # type: ignore[valid-type, misc]  # made by a function
        def after_perform_create(self, instance: Any, serializer: Any) -> None:
            Photo.labels.through.objects.create(photo=instance, label_id=999)

    response = send(Late, {"file": sent("a.png", PNG)}, user=user)
    assert response.status_code == 409
    assert (files(media), Photo.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_leaves_the_row_its_file(media: Path) -> None:
    """A call of the project's own that Django lets through, though everything is written."""

    def fail_late() -> None:
        raise RuntimeError

    class Late(get_upload_api_view(Attachment, permission_classes=(AllowAny,))):  # type: ignore[misc]  # made by a function
        def before_perform_create(self, serializer: Any) -> None:
            transaction.on_commit(fail_late)

    assert send(Late, {"file": sent("a.pdf", PDF)}).status_code == 500
    assert files(media) == [Attachment.objects.get().file.name]


@pytest.mark.parametrize("when", ["get_create_kwargs", "after_perform_create"])
def test_files_of_other_rows_are_left_alone(media: Path, when: str) -> None:
    """A hook may give the new row a file that is there already, and the work may fail after that."""
    view = get_upload_api_view(Attachment, permission_classes=(AllowAny,))
    assert send(view, {"file": sent("a.pdf", PDF)}).status_code == 201
    first = Attachment.objects.get()

    def same(self: Any, serializer: Any) -> Any:
        return {"file": first.file.name}

    def fail_then(self: Any, instance: Any, serializer: Any) -> None:
        instance.file = first.file.name
        raise RuntimeError

    hooks = {"get_create_kwargs": same, "after_perform_create": fail_then}
    if when == "after_perform_create":
        del hooks["get_create_kwargs"]
    assert send(type("Same", (view,), hooks), {"file": sent("b.pdf", PDF)}).status_code == 500
    assert files(media) == [first.file.name]


def test_a_view_without_a_transaction_keeps_what_it_wrote(ann: User, media: Path) -> None:
    """A row that stays has its file; one that could not be written leaves none."""

    class Loose(Photos):  # type: ignore[valid-type, misc]  # made by a function
        transactional = False

    assert send(Loose, {"file": sent("a.png", PNG)}, user=ann).status_code == 201
    assert len(files(media)) == 1
    view = type("Titled", (get_upload_api_view(Photo, fields=("title",)),), {"transactional": False})
    Photo.objects.update(title="Sea")
    assert send(view, {"file": sent("a.png", PNG), "title": "Sea"}, user=ann).status_code == 409
    assert len(files(media)) == 1


def test_a_storage_that_cannot_remove_is_logged(
    ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client is told what went wrong first."""

    def broken(self: Any, name: str) -> None:
        raise OSError

    monkeypatch.setattr(FileSystemStorage, "delete", broken)
    view = type("Mine", (Photos,), {"after_perform_create": refuse})
    assert send(view, {"file": sent("a.png", PNG)}, user=ann).status_code == 409
    assert "could not be removed" in caplog.text


def test_a_column_by_the_name_of_a_fact_is_answered_as_it_was_filled() -> None:
    """And not by what the file is called."""
    with isolate_apps("tests.project"):

        class Sheet(models.Model):
            name = models.CharField(max_length=20)
            paper = models.FileField(upload_to="sheets")

            class Meta:
                app_label = "nowhere"

            def __str__(self) -> str:
                return self.name

    serializer: Any = get_upload_api_view(Sheet, fields=("name",)).serializer_class
    accepted = accept(sent("a.pdf", PDF), serializer.upload.rule)
    shown = serializer.read_serializer_class(Sheet(pk=1, name="Summary"), context={"accepted": accepted})
    assert (shown.data["name"], shown.data["size"]) == ("Summary", len(PDF))


def test_a_storage_without_addresses_tells_none(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is null, and there is no Location."""
    monkeypatch.setattr(FileSystemStorage, "base_url", None)
    response = send(Photos, {"file": sent("a.png", PNG)}, user=ann)
    assert told(response)["data"]["url"] is None
    assert "Location" not in response


# --- hooks and the schema --------------------------------------------------------------------------


def test_hooks_are_those_of_create(ann: User) -> None:
    """Before, more values, after, after the commit."""
    seen: list[str] = []

    class Mine(Photos):  # type: ignore[valid-type, misc]  # made by a function
        def before_perform_create(self, serializer: Any) -> None:
            seen.append("before")

        def get_create_kwargs(self, serializer: Any) -> dict[str, Any]:
            return {"title": "Sea"}

        def after_perform_create(self, instance: Any, serializer: Any) -> None:
            seen.append(instance.title)

    assert send(Mine, {"file": sent("a.png", PNG)}, user=ann).status_code == 201
    assert seen == ["before", "Sea"]


def test_checks_of_the_column_are_asked(ann: User) -> None:
    """Validators that stand at the model."""

    def never(file: Any) -> None:
        raise ImproperlyConfigured if file.tell() else models.fields.exceptions.ValidationError("Not this one.")  # type: ignore[attr-defined]  # where Django has it

    column: Any = Attachment._meta.get_field("file")
    column._validators.append(never)
    column.__dict__.pop("validators", None)
    try:
        response = send(get_upload_api_view(Attachment), {"file": sent("a.pdf", PDF)}, user=ann)
    finally:
        column._validators.remove(never)
        column.__dict__.pop("validators", None)
    assert (response.status_code, details(response)) == (400, {"file": ["Not this one."]})


@pytest.mark.row("M08")
def test_the_schema_describes_the_form_and_the_answer() -> None:
    """A form with a binary part and its limits, and the envelope of a 201; 413 among the errors."""
    view = get_upload_api_view(Photo, fields=("title",))
    view.schema = AutoSchema()
    schema: dict[str, Any] = SchemaGenerator(patterns=[path("photos/", view.as_view())]).get_schema(public=True)
    operation = schema["paths"]["/photos/"]["post"]
    assert operation["description"] == "Take a file for a photo."
    assert list(operation["requestBody"]["content"]) == ["multipart/form-data"]
    name = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    form = schema["components"]["schemas"][name]
    assert form["required"] == ["file"]
    assert form["properties"]["file"] == {
        "type": "string",
        "format": "binary",
        "description": "At most 3 MB; image/jpeg, image/png, image/gif, image/webp.",
    }
    assert set(form["properties"]) == {"file", "title"}
    answer = operation["responses"]["201"]["content"]["application/json"]["schema"]["properties"]["data"]
    shown = schema["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert set(shown["properties"]) == {"id", "url", "name", "size", "content_type", "title"}
    assert shown["properties"]["size"]["type"] == "integer"
    assert {"400", "401", "403", "409", "413", "415"} <= operation["responses"].keys()
