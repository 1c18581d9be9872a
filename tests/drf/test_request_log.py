"""The request log of this door leaves the request as it was."""

import io
import logging
from typing import Any

import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from tests.drf.shop import TaskViewSet

pytestmark = pytest.mark.django_db

BODY = b'{"title": "a"}'


def sent(**environment: Any) -> tuple[Response, Any]:
    """The answer to a POST whose handler gives back what it read, and the request."""

    class View(TaskViewSet):
        LOG_REQUESTS = True

        def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return Response(request.data)

    request = APIRequestFactory().post("/api/tasks/", BODY, content_type="application/json")
    request.META.update({name: value for name, value in environment.items() if value is not None})
    if environment.get("CONTENT_LENGTH", "") is None:
        del request.META["CONTENT_LENGTH"]
    return View.as_view({"post": "create"})(request), request


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ironbolt.requests")


def test_body_is_shown_and_still_read(caplog) -> None:
    """A body of a known length is logged, and the handler gets it."""
    response, _ = sent()
    assert response.data == {"title": "a"}
    assert "data={'title': 'a'}" in caplog.text


def test_body_of_unknown_length_is_left_alone(caplog) -> None:
    """One that comes in parts is not touched, and the handler gets it."""
    response, _ = sent(CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="chunked")
    assert response.data == {"title": "a"}
    assert "data=<a body of application/json>" in caplog.text


@pytest.mark.parametrize("length", ["nonsense", "-1", "9" * 30])
def test_length_that_is_none(caplog, length: str) -> None:
    """A length that can't be is no reason to fail."""
    assert sent(CONTENT_LENGTH=length)[0].status_code < 500
    assert "application/json>" in caplog.text


def test_body_that_a_middleware_has_read(caplog) -> None:
    """What is gone already is told by its size."""

    class View(TaskViewSet):
        LOG_REQUESTS = True

        def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return Response(status=204)

    request = APIRequestFactory().post("/api/tasks/", BODY, content_type="application/json")
    assert isinstance(request, object)
    assert io.BytesIO(request.read()).read() == BODY
    assert View.as_view({"post": "create"})(request).status_code == 204
    assert f"data=<{len(BODY)} bytes of application/json>" in caplog.text


def test_small_limit_of_django_is_no_reason_to_refuse(caplog, settings: Any) -> None:
    """The log reads no more than Django allows, and refuses nothing that the handler would not."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5

    class View(TaskViewSet):
        LOG_REQUESTS = True

        def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return Response(status=204)

    request = APIRequestFactory().post("/api/tasks/", BODY, content_type="application/json")
    assert View.as_view({"post": "create"})(request).status_code == 204
    assert f"data=<{len(BODY)} bytes of application/json>" in caplog.text
