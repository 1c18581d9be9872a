"""How views of this door choose renderers and parsers where a project has set nothing about it."""

from typing import Any

import pytest
from rest_framework import parsers, renderers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.exceptions import exception_handler
from ironbolt.drf.negotiation import ContentNegotiation

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


class CSV(renderers.BaseRenderer):
    """Texts, for whoever asks."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"csv"


class Problems(CSV):
    """Problem documents that a view makes itself."""

    media_type = PROBLEM
    format = "problem"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"problem"


class VendorParser(parsers.JSONParser):
    """JSON of somebody's own kind."""

    media_type = "application/vnd.shop+json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return "vendor"


class Plain(APIView):
    """A view of REST framework's in a project that has only our exception handler."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    content_negotiation_class: Any = DefaultContentNegotiation
    renderer_classes: Any = (renderers.JSONRenderer,)
    parser_classes: Any = (VendorParser, parsers.JSONParser)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def get(self, request: Any) -> Response:
        return Response({"a": 1})

    def post(self, request: Any) -> Response:
        return Response({"got": request.data})


class Ours(BaseViewMixin, Plain):
    """The same in our door."""


def ask(view: Any, path: str = "/", **headers: str) -> Any:
    """What a view answers to GET."""
    return view.as_view()(APIRequestFactory().get(path, headers=headers))


def test_who_accepts_problem_documents_alone_is_served() -> None:
    """Without a setting, whoever takes problem documents gets successes as JSON, the second time as the first."""
    for _ in range(2):
        response = ask(Ours, accept=PROBLEM)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
        assert response.content == b'{"a":1}'


def test_negotiator_of_ones_own_stays() -> None:
    """A class that names a negotiator has it."""
    own = type("Own", (DefaultContentNegotiation,), {})
    view: Any = type("View", (Ours,), {"content_negotiation_class": own})
    assert type(view().get_content_negotiator()) is own
    assert ask(view, accept=PROBLEM).status_code == 406
    assert type(Ours().get_content_negotiator()) is ContentNegotiation


def test_plain_view_refuses_in_the_form_that_is_accepted() -> None:
    """A plain view with our exception handler keeps its 406, as a problem document where that was asked for."""
    response = ask(Plain, accept=PROBLEM).render()
    assert (response.status_code, response.headers["Content-Type"]) == (406, PROBLEM)
    assert b'"code":"not_acceptable"' in response.content


def test_renderer_of_problem_documents_is_found() -> None:
    """A view that renders such documents itself does so for whoever asks for them."""
    view: Any = type("View", (Ours,), {"renderer_classes": (CSV, Problems)})
    assert ask(view, accept=PROBLEM).content == b"problem"
    assert ask(view, accept="text/csv").content == b"csv"


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/?format=json", "text/csv", 406),
        ("/?format=json", "application/json;q=0, */*", 406),
        ("/?format=pdf", "text/csv", 404),
        ("/?format=pdf", "*/*", 404),
        ("/?format=json", "*/*", 200),
    ],
)
def test_format_of_the_address_is_negotiated_too(monkeypatch, path, accept, status) -> None:
    """A format that is not there is a 404; one that is there and not accepted, a 406."""
    monkeypatch.setattr(api_settings, "URL_FORMAT_OVERRIDE", "format")
    view: Any = type("View", (Ours,), {"renderer_classes": (renderers.JSONRenderer, CSV)})
    assert ask(view, path, accept=accept).status_code == status


@pytest.mark.parametrize(
    ("content_type", "got"),
    [
        ("application/json", b"{}"),
        ("application/json; charset=utf-8", b"{}"),
        ("application/vnd.shop+json", b'"vendor"'),
        ("application/vnd.other+json", b'"vendor"'),
    ],
)
def test_parser_of_just_that_type_goes_first(content_type, got) -> None:
    """Every kind of JSON is read, by the parser of its own type if there is one."""
    request = APIRequestFactory().generic("POST", "/", "{}", content_type=content_type)
    assert Ours.as_view()(request).content == b'{"got":' + got + b"}"


@pytest.mark.parametrize("content_type", ["*/*", "application/*", "text/json", "text/plain"])
def test_other_bodies_are_refused(content_type) -> None:
    """A wildcard is no type, and what is no JSON is not read as such."""
    request = APIRequestFactory().generic("POST", "/", "{}", content_type=content_type)
    assert Ours.as_view()(request).status_code == 415
