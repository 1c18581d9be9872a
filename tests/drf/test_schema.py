"""The schema of the API says what the views do."""

import uuid
from datetime import timedelta
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest
from django.core.management import call_command
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle

from ironbolt.core.validation import NOT_BLANK
from ironbolt.drf.permissions import IsStaffOrReadOnly
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.views import BaseViewSet
from tests.drf.shop import LooseTaskSerializer, TaskViewSet
from tests.project.models import Bag, Label, Task


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
    on = type("On", (AnonRateThrottle,), {"THROTTLE_RATES": {"anon": "1/s"}})
    response = schema_of(throttle_classes=(on,))["paths"]["/tasks/"]["get"]["responses"]["429"]
    assert "Retry-After" in response["headers"]
    off = type("Off", (AnonRateThrottle,), {"THROTTLE_RATES": {"anon": None}})
    assert "429" not in statuses(schema_of(throttle_classes=(off,)), "/tasks/", "get")


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


# --- a project with everything on -------------------------------------------------------------------


@cache
def everything(version: str = "3.1.0", **changed: Any) -> dict[str, Any]:
    """The schema of the project with everything on, without a warning and valid by its version."""
    from tests.drf.everything import patterns

    GENERATOR_STATS.reset()
    with patched_settings({"OAS_VERSION": version}):
        made: dict[str, Any] = SchemaGenerator(patterns=patterns(**changed)).get_schema(public=True)
        validate_schema(made)
    assert changed or not GENERATOR_STATS
    return made


def operations(schema: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation by its method and address."""
    found = {}
    for address, item in schema["paths"].items():
        found |= {(method, address): one for method, one in item.items() if method != "parameters"}
    return found


def wrapped(operation: dict[str, Any], status: str = "200") -> Any:
    """What is said to be in the envelope of an answer."""
    return operation["responses"][status]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_project_with_everything_on_has_no_warning(version) -> None:
    """Every feature, pagination, serializer and base class is described without a warning, for either OpenAPI."""
    made = everything(version)
    assert made["openapi"] == version
    assert len(operations(made)) > 50


def test_command_finds_nothing_to_warn_of(tmp_path) -> None:
    """``spectacular --validate --fail-on-warn`` is content."""
    target = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, urlconf="tests.drf.everything", file=str(target))
    assert "/articles/{id}/rate/" in target.read_text(encoding="utf-8")


def test_schema_of_spectacular_itself_still_works() -> None:
    """A project that keeps drf-spectacular's own ``AutoSchema`` gets a valid schema, with our tokens in it."""
    made = everything(schema=SpectacularSchema)
    assert operations(made).keys() == operations(everything()).keys()
    assert "jwtAuth" in made["components"]["securitySchemes"]


def test_every_operation_is_named_and_explained() -> None:
    """Each has a tag, a name that no other has, a summary, and the words of its author alone."""
    found = operations(everything())
    assert len({one["operationId"] for one in found.values()}) == len(found)
    for operation in found.values():
        assert operation["tags"]
        assert operation["summary"]
        assert operation["description"]
        assert "plan" not in operation["description"]
    assert found["get", "/articles/"]["summary"] == "List articles"
    assert found["patch", "/tasks/{id}/"]["summary"] == "Change task"
    assert found["patch", "/articles/{id}/"]["description"] == "Articles, with every feature."
    assert found["post", "/tasks/{id}/finish/"]["summary"] == "Say that it is done"


def test_action_without_words_is_called_by_its_name() -> None:
    """Nobody's summary is the docstring of the class: a default action tells what it does, any other its name."""

    class Silent(TaskViewSet):
        """The tasks of my shop."""

        schema = AutoSchema()

        def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return super().create(request, *args, **kwargs)

        def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            """Throw it away.

            For ever.
            """
            return super().destroy(request, *args, **kwargs)

        @action(detail=True, methods=["post"])
        def mark_as_read(self, request: Any, pk: Any = None) -> Any: ...

    router = AppRouter()
    router.register("tasks", Silent, basename="task")
    found = operations(SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True))
    assert {one["summary"] for one in found.values()} == {
        *("List tasks", "Create task", "Show task", "Replace task", "Change task", "Throw it away", "Mark as read")
    }
    assert found["post", "/tasks/"]["description"] == "The tasks of my shop."
    assert found["post", "/tasks/{id}/mark_as_read/"]["description"] == "The tasks of my shop."
    assert found["delete", "/tasks/{id}/"]["description"] == "Throw it away.\n\nFor ever."


def test_bulk_update_is_called_by_its_method() -> None:
    """PUT of many replaces them, PATCH changes them."""
    found = operations(everything())
    for address, method, words in (
        ("/articles/", "put", "Replace many"),
        ("/articles/", "patch", "Change many"),
        ("/articles/bulk_update/", "patch", "Change many"),
    ):
        assert found[method, address]["summary"] == words
        assert found[method, address]["description"] == f"{words}."


def test_class_without_words_says_none_of_ours() -> None:
    """A view whose author said nothing is not described by the docstrings of its base classes."""
    silent = schema_of(__doc__=None, __module__="shop")["paths"]["/tasks/"]["get"]
    assert silent["description"] == "Tasks, open to all."
    bare = type("Bare", (BaseViewSet,), {"schema": AutoSchema(), "queryset": Task.objects.all(), "__module__": "shop"})
    router = AppRouter()
    router.register("bare", type("Bare", (bare,), {"serializer_class": LooseTaskSerializer}), basename="bare")
    made = SchemaGenerator(patterns=[path("", include(router.urls))]).get_schema(public=True)
    assert "description" not in made["paths"]["/bare/"]["get"]


def test_answers_of_features_are_described() -> None:
    """Trash, publishing, ratings and bulk: what they take, what they answer, who may."""
    found = operations(everything())
    article = {"$ref": "#/components/schemas/Article"}
    for name in ("publish", "unpublish", "restore"):
        assert wrapped(found["post", f"/articles/{{id}}/{name}/"])["properties"]["data"] == article
        assert "requestBody" not in found["post", f"/articles/{{id}}/{name}/"]
    for name in ("deleted", "published"):
        data = wrapped(found["get", f"/articles/{name}/"])["properties"]["data"]
        assert data == {"$ref": "#/components/schemas/PaginatedArticleList"}
    rated = wrapped(found["post", "/articles/{id}/rate/"])["properties"]["data"]
    assert {"average_rating", "rating_count"} & set(rated["properties"]) or rated["properties"]
    assert {"201", "207"} <= set(found["post", "/articles/"]["responses"])


def test_lists_tell_how_to_narrow_them() -> None:
    """Filters, search, ordering, ranges and every kind of page are parameters."""
    found = operations(everything())

    def names(address: str) -> set[str]:
        return {one["name"] for one in found["get", address]["parameters"]}

    assert names("/articles/") == {
        *("section", "section__in", "title__icontains", "search", "ordering"),
        *("created_at_after", "created_at_before", "page", "page_size"),
    }
    assert names("/bags/") == {"cursor", "page_size"}
    assert names("/tasks/") == {"limit", "offset"}


def test_rows_that_are_only_read_have_all_their_fields() -> None:
    """A serializer that reads by plans is described as any other: every field, always there, none to be sent."""
    row = everything()["components"]["schemas"]["BagRow"]
    assert set(row["properties"]) == {field.name for field in Bag._meta.get_fields() if field.concrete}
    assert set(row["required"]) == set(row["properties"])
    assert row["properties"]["span"]["type"] == ["string", "null"]
    assert "BagRowRequest" not in everything()["components"]["schemas"]


def test_envelope_of_an_action_is_described_once() -> None:
    """``in_envelope`` says what ``success_response`` answers, in views that wrap everything and in others."""
    made = everything()
    found = operations(made)
    for name in ("tasks", "wrapped"):
        assert wrapped(found["post", f"/{name}/{{id}}/finish/"]) == {"$ref": "#/components/schemas/TaskInEnvelope"}
        assert wrapped(found["post", f"/{name}/tidy/"], "202") == {"$ref": "#/components/schemas/Done"}
    shapes = made["components"]["schemas"]
    assert shapes["TaskInEnvelope"]["required"] == ["data", "message"]
    assert shapes["TaskInEnvelope"]["properties"]["data"] == {"$ref": "#/components/schemas/Task"}
    assert shapes["LabelListInEnvelope"]["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Label"}
    assert shapes["Done"]["properties"]["data"]["type"] == "null"


@pytest.mark.django_db
@pytest.mark.urls("tests.drf.everything")
@pytest.mark.parametrize(
    ("method", "address", "template"),
    [
        ("get", "/bags/", "/bags/"),
        ("get", "/bags/?cursor=x", "/bags/"),
        ("get", f"/bags/{uuid.UUID(int=1)}/", "/bags/{key}/"),
        ("get", "/tasks/?limit=1", "/tasks/"),
        ("get", "/wrapped/", "/wrapped/"),
        ("get", "/wrapped/1/", "/wrapped/{id}/"),
        ("get", "/wrapped/9/", "/wrapped/{id}/"),
        ("post", "/tasks/1/finish/", "/tasks/{id}/finish/"),
        ("post", "/wrapped/1/finish/", "/wrapped/{id}/finish/"),
        ("get", "/wrapped/1/labels/", "/wrapped/{id}/labels/"),
        ("post", "/tasks/tidy/", "/tasks/tidy/"),
        ("post", "/wrapped/", "/wrapped/"),
        ("get", "/articles/", "/articles/"),
    ],
)
def test_answers_are_what_the_schema_says(method, address, template) -> None:
    """Status, media type, headers and body of an answer are among those that are described."""
    label = Label.objects.create(name="home")
    Task.objects.create(pk=1, title="T", code="C1", label=label).watchers.add(label)
    Bag.objects.create(key=uuid.UUID(int=1), name="b", facts={"a": [1]}, span=timedelta(hours=1))
    response = getattr(APIClient(), method)(address, {} if method == "post" else None, format="json")
    made = everything()
    described = operations(made)[method, template]["responses"][str(response.status_code)]
    media_type = response.headers["Content-Type"].partition(";")[0]
    schema = described["content"][media_type]["schema"] | {"components": made["components"]}
    jsonschema.Draft202012Validator(schema).validate(response.json())
    assert all(response.headers[name] for name in described["headers"])
