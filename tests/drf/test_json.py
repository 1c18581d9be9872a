"""JSON on its way in and out, and what is accepted as such."""

import datetime
import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import AsyncRequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.translation import gettext_lazy
from rest_framework import renderers
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.views import APIView

from ironbolt.drf.parsers import JSONParser
from ironbolt.drf.renderers import JSONRenderer, encode
from ironbolt.drf.views import BaseViewSet
from tests.drf.shop import TaskSerializer, TaskViewSet, body_of, call
from tests.project.models import Label


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"NaN",
        b"[Infinity]",
        b"1e400",
        b"1" * 5000,
        b"[" * 100_000,
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{'a': 1}",
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_what_is_no_json_is_a_parse_error(body) -> None:
    """Whatever is not JSON by the standard is a parse error, and nothing worse."""
    with pytest.raises(ParseError, match="Malformed JSON"):
        JSONParser().parse(io.BytesIO(body))


def test_empty_body_is_an_empty_object() -> None:
    """No body is an empty object."""
    assert JSONParser().parse(io.BytesIO(b"")) == {}


def test_parser_is_found_for_every_kind_of_json() -> None:
    """A media type with the suffix +json is read as JSON, and an empty body of a foreign type refused."""
    for content_type, status in (("application/vnd.api+json", 200), ("text/plain", 415)):
        view = type("V", (TaskViewSet,), {"create": echo, "transactional": False})
        assert call(view, "POST", b"", content_type=content_type).status_code == status


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.50"), b'"1.50"'),
        ({"a": [{"b": datetime.timedelta(hours=1)}]}, b'{"a":[{"b":"3600.0"}]}'),
        ((b"text", datetime.time(1, 2)), b'["text","01:02:00"]'),
        (datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC), b'"2024-01-02T00:00:00Z"'),
        (datetime.date(2024, 1, 2), b'"2024-01-02"'),
        (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (gettext_lazy("yes"), b'"yes"'),
        (ErrorDetail("no", code="x"), b'"no"'),
        (ReturnDict({"a": 1}, serializer=TaskSerializer()), b'{"a":1}'),
        ({None: 1}, b'{"null":1}'),
        (float("nan"), b"null"),
        ("“é”", '"“é”"'.encode()),
    ],
    ids=repr,
)
def test_values_as_json(value, expected) -> None:
    """Every value that a view may hand over becomes JSON."""
    assert encode(value) == expected


def test_a_plain_view_keeps_its_numbers() -> None:
    """With nothing but the renderer switched on a decimal is a number, as REST framework has it; ours are texts."""
    data, plain = {"price": Decimal("1.50")}, {"view": APIView()}
    assert JSONRenderer().render(data, "application/json", plain) == b'{"price":1.50}'
    assert JSONRenderer().render(data, "application/json", {"view": TaskViewSet()}) == b'{"price":"1.50"}'


def test_views_of_this_door_write_by_msgspec() -> None:
    """Unless a view names other renderers; the browsable API is there as before."""
    usual = [type(one) for one in BaseViewSet().get_renderers()]
    assert usual == [JSONRenderer, *APIView.renderer_classes[1:]]
    own = type("V", (BaseViewSet,), {"renderer_classes": [renderers.JSONRenderer]})
    assert [type(one) for one in own().get_renderers()] == [renderers.JSONRenderer]


def test_decimals_that_are_no_numbers_are_refused() -> None:
    """As by REST framework: JSON has no word for them."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode([Decimal("NaN")])


@pytest.mark.django_db
def test_rows_as_json() -> None:
    """A queryset of values becomes a list."""
    Label.objects.create(name="a")
    assert encode(Label.objects.values("name")) == b'[{"name":"a"}]'


def test_indented_json_for_who_asks() -> None:
    """A client that asks for indented JSON gets it; nothing at all stays nothing."""
    assert b"\n" in JSONRenderer().render({"a": 1}, "application/json; indent=2", {})
    assert JSONRenderer().render(None) == b""


def echo(self: Any, request: Any) -> Response:
    """Send the body back."""
    return Response(request.data)


ECHO: Any = type("Echo", (TaskViewSet,), {"create": echo, "transactional": False})


@pytest.mark.parametrize("content_type", ["", "text/plain", "*/*", "application/*", "nonsense"])
def test_other_content_type_is_refused(content_type) -> None:
    """A body that does not say it is JSON is a 415."""
    response = call(ECHO, "POST", b"{}", content_type=content_type)
    assert (response.status_code, body_of(response)["error"]["code"]) == (415, "unsupported_media_type")


def test_body_over_the_limit_is_refused(settings) -> None:
    """A body over the limit is a 413."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = call(ECHO, "POST", b'{"a": "bcdefgh"}')
    assert (response.status_code, body_of(response)["error"]["code"]) == (413, "payload_too_large")


def chunked(body: bytes) -> Any:
    """Post a body that does not declare its length."""
    request = AsyncRequestFactory().post("/", body, content_type="application/json")
    request.META.pop("CONTENT_LENGTH", None)
    return ECHO.as_view({"post": "create"})(request)


def test_body_without_length_is_read(settings) -> None:
    """A body that comes in chunks is read like any other, up to the same limit."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert body_of(chunked(b'{"a": 1}')) == {"a": 1}
    assert body_of(chunked(b"")) == {}
    assert chunked(b'{"a": 12345}').status_code == 413


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("application/problem+json", 200),
        ("application/problem+json;q=0.5, text/html", 200),
        ("*/*", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("application/json;q=0, */*", 406),
        (",", 200),
    ],
)
def test_what_a_client_accepts(accept, status) -> None:
    """Successes are JSON for whoever accepts JSON or problem documents; others get a 406."""
    response = call(type("V", (TaskViewSet,), {"list": echo}), "GET", accept=accept)
    assert response.status_code == status
    assert response.headers["Content-Type"] in ("application/json", "application/problem+json")


@pytest.mark.django_db
def test_a_form_may_come_in_chunks() -> None:
    """Without a length, as a client sends it that does not know how much there will be."""
    body = encode_multipart(BOUNDARY, {"title": "a", "code": "c"})
    view: Any = type("Forms", (TaskViewSet,), {"parser_classes": (MultiPartParser,)})
    request: Any = APIRequestFactory().generic("POST", "/", body.decode(), content_type=MULTIPART_CONTENT)
    del request.META["CONTENT_LENGTH"]
    request._stream, request._read_started = io.BytesIO(body), False
    answer = view.as_view({"post": "create"})(request)
    assert (answer.status_code, body_of(answer)["title"]) == (201, "a")
