"""The schema of the API says what the views do."""

from typing import Any

import pytest
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.throttling import AnonRateThrottle

from ironbolt.core.validation import NOT_BLANK
from ironbolt.drf.permissions import IsStaffOrReadOnly
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from tests.drf.shop import TaskViewSet


def schema_of(**attributes: Any) -> dict[str, Any]:
    """The schema of the viewset of tasks with something changed."""
    router = AppRouter()
    view = type("View", (TaskViewSet,), {"schema": AutoSchema(), **attributes})
    router.register("tasks", view, basename="task")
    made: dict[str, Any] = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)
    return made


def statuses(schema: dict[str, Any], address: str, method: str) -> set[str]:
    """The statuses that an operation is said to answer."""
    return set(schema["paths"][address][method]["responses"])


def test_each_address_is_there_once() -> None:
    """An address that works with and without its slash is documented once."""
    assert list(schema_of()["paths"]) == ["/tasks/", "/tasks/{id}/"]


def test_errors_are_those_that_can_happen() -> None:
    """Every operation documents the errors that it can really answer."""
    schema = schema_of()
    assert statuses(schema, "/tasks/", "get") == {"200", "400", "404", "406", "500"}
    assert statuses(schema, "/tasks/", "post") == {"201", "400", "406", "409", "413", "415", "500"}
    assert statuses(schema, "/tasks/{id}/", "get") == {"200", "404", "406", "500"}
    assert statuses(schema, "/tasks/{id}/", "delete") == {"204", "404", "406", "409", "500"}


@pytest.mark.parametrize(
    ("permission", "reading", "writing"),
    [(IsAuthenticated, {"401", "403"}, {"401", "403"}), (IsStaffOrReadOnly, {"401"}, {"401", "403"})],
)
def test_who_may_is_documented(permission, reading, writing) -> None:
    """A view that asks who you are can refuse you, and says where nobody has to log in."""
    schema = schema_of(authentication_classes=(BasicAuthentication,), permission_classes=(permission,))
    assert statuses(schema, "/tasks/", "get") & {"401", "403"} == reading
    assert statuses(schema, "/tasks/", "post") & {"401", "403"} == writing
    assert ({} in schema["paths"]["/tasks/"]["get"]["security"]) is (reading == {"401"})


def test_throttled_view_says_so() -> None:
    """A throttled view documents 429 with Retry-After."""
    response = schema_of(throttle_classes=(AnonRateThrottle,))["paths"]["/tasks/"]["get"]["responses"]["429"]
    assert "Retry-After" in response["headers"]


def test_every_answer_shows_error_trace_and_envelope() -> None:
    """Errors have one body in two media types, every answer its trace, successes their envelope."""
    operations = schema_of(envelope=True)["paths"]["/tasks/"]
    for operation in operations.values():
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"]
            if status >= "400":
                assert set(response["content"]) == {"application/json", "application/problem+json"}
    wrapped = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert wrapped["properties"]["data"] == {"$ref": "#/components/schemas/PaginatedTaskList"}


def test_pages_are_documented(settings) -> None:
    """The parameters of a page are there with their limits."""
    parameters = {one["name"]: one["schema"] for one in schema_of()["paths"]["/tasks/"]["get"]["parameters"]}
    assert parameters["page_size"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert set(parameters) == {"page", "page_size"}


def test_what_may_be_sent_is_documented_strictly() -> None:
    """A strict serializer takes no other names; a decimal goes as text or as a number."""
    sent = schema_of()["components"]["schemas"]["TaskRequest"]
    assert sent["additionalProperties"] is False
    assert sent["properties"]["title"]["pattern"] == NOT_BLANK
    text, number = sent["properties"]["effort"]["anyOf"]
    assert text["pattern"] == r"^[0-9]{1,3}(\.[0-9]{1,2})?$"
    assert (number["minimum"], number["exclusiveMaximum"]) == (0, 1000)


def test_what_is_read_is_all_there() -> None:
    """An object that is read has all its members."""
    read = schema_of()["components"]["schemas"]["Task"]
    assert set(read["required"]) == set(read["properties"])
