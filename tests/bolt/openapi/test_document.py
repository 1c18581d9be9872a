"""Tests of the description that an API gives of itself."""

import enum
from typing import Annotated, Any

import msgspec
import pytest

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet
from ironbolt.bolt.auth import IsStaff, JWTAuthentication, ReadOnly
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.responses import HTML, Response
from ironbolt.bolt.structs import source
from ironbolt.core.validation import NOT_BLANK
from ironbolt.testing import TestClient
from tests.project.models import Task


class Colour(enum.Enum):
    """A colour."""

    RED = "red"


class Odd:
    """Something that only the application knows."""


class TaskOut(msgspec.Struct):
    """A task."""

    id: int
    title: str


class TaskIn(msgspec.Struct, rename="camel"):
    """A new task."""

    task_title: Annotated[str, source("title")]
    code: str | int | None = None
    effort: float | None = None
    own: str = msgspec.field(default="x", name="OWN")


class Tasks(ModelViewSet):
    """All tasks."""

    queryset = Task.objects.all()
    serializer_class = TaskOut
    create_serializer_class = TaskIn
    pagination_class = PageNumberPagination
    auth = [JWTAuthentication()]
    guards = [ReadOnly() | IsStaff()]


def document() -> dict[str, Any]:
    """The description of an API with a bit of everything."""
    api = BoltAPI("api", info=Info(title="Tasks", version="3"), envelope=True)
    api.viewset("tasks/")(Tasks)

    @api.get("/page")
    async def page() -> HTML:
        """A page.

        Of HTML.
        """
        return HTML("")

    @api.get("/raw")
    async def raw() -> Response:
        return Response()

    @api.get("/odd")
    async def odd(colour: Colour, colours: Colour | None = None, size: int = 3) -> Odd:
        return Odd()

    @api.post("/plain")
    async def plain(data: dict[str, Any]) -> None:
        return None

    answer = TestClient(api).get("/api/openapi.json")
    assert answer.status_code == 200, answer
    found: dict[str, Any] = answer.json()
    return found


def references(node: Any) -> list[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        return (
            [node["$ref"], *references(node | {"$ref": None})]
            if node.get("$ref")
            else [found for inner in node.values() for found in references(inner)]
        )
    return [found for inner in node for found in references(inner)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere() -> None:
    """Structs and enums are described once, and found where they are referred to."""
    described = document()
    found = references(described)
    assert found
    for reference in found:
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in described["components"][kind]


def test_paths_are_those_that_are_served() -> None:
    """However prefix and path were written, with slashes or without."""
    assert list(document()["paths"]) == [
        "/api/tasks",
        "/api/tasks/{pk}",
        "/api/page",
        "/api/raw",
        "/api/odd",
        "/api/plain",
    ]


def test_model_constrains_what_is_sent() -> None:
    """The words of the model stand under the names of the client; a union says nothing of the model."""
    properties = document()["components"]["schemas"]["TaskIn"]["properties"]
    assert properties["taskTitle"] == {"type": "string", "maxLength": 100, "minLength": 1, "pattern": NOT_BLANK}
    assert {branch["type"] for branch in properties["code"]["anyOf"]} == {"string", "integer", "null"}
    assert set(properties) == {"taskTitle", "code", "effort", "OWN"}


def test_who_may_is_told() -> None:
    """A guarded method asks for a token, an open one takes it."""
    collection = document()["paths"]["/api/tasks"]
    assert collection["post"]["security"] == [{"bearer": []}]
    assert collection["get"]["security"] == [{"bearer": []}, {}]
    assert {"401", "403", "409", "413", "415"} <= set(collection["post"]["responses"])
    assert "403" not in collection["get"]["responses"]
    assert [parameter["name"] for parameter in collection["get"]["parameters"]] == ["page", "page_size"]


def test_success_is_described_in_its_envelope() -> None:
    """The envelope stands around what a route answers, with the status it has."""
    created = document()["paths"]["/api/tasks"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert created["properties"]["data"] == {"$ref": "#/components/schemas/TaskOut"}


def test_parameters_have_their_types_and_defaults() -> None:
    """An enum is referred to, a default is told, what has none is required."""
    parameters = {item["name"]: item for item in document()["paths"]["/api/odd"]["get"]["parameters"]}
    assert parameters["colour"]["required"]
    assert parameters["colour"]["schema"] == {"$ref": "#/components/schemas/Colour"}
    assert parameters["size"]["schema"] == {"type": "integer", "default": 3}
    assert not parameters["colours"]["required"]


def test_text_of_a_handler_is_its_summary() -> None:
    """First line and rest of a docstring."""
    page = document()["paths"]["/api/page"]["get"]
    assert (page["summary"], page["description"]) == ("A page", "Of HTML.")


@pytest.mark.parametrize("annotation", [Odd, Response, HTML, Any, None, dict[str, Odd], list[Odd] | None])
def test_any_answer_can_be_described(annotation: Any) -> None:
    """A type that JSON Schema has no words for does not take the whole description down."""
    api = BoltAPI()

    class View(APIView):
        async def get(self) -> Any:
            return None

    View.get.__annotations__["return"] = annotation
    api.view("/x")(View)
    assert TestClient(api).get("/openapi.json").status_code == 200
