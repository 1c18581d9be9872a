"""Tests of the description of an API with something of everything, and of the shop's."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import drf_spectacular
import jsonschema_rs
import msgspec
import pytest

from bookstore.project.api import v2
from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.auth import IsAuthenticated, JWTAuthentication
from ironbolt.bolt.openapi.document import describe
from ironbolt.testing import TestClient
from tests.bolt.openapi.kitchen import Parcel, kitchen_sink

META = Path(drf_spectacular.__file__).parent / "validation" / "openapi_3_1_schema.json"

APIS = {"kitchen": kitchen_sink, "enveloped": lambda: kitchen_sink(envelope=True), "shop": lambda: v2}


@cache
def described(name: str) -> dict[str, Any]:
    """The document that an API serves."""
    api = APIS[name]()
    found: dict[str, Any] = TestClient(api).get(f"{api.prefix}/openapi.json").json()
    return found


def kitchen(path: str, method: str) -> dict[str, Any]:
    """An operation of the kitchen sink."""
    operation: dict[str, Any] = described("kitchen")["paths"][path][method]
    return operation


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation of a document."""
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def shown(document: dict[str, Any]) -> list[tuple[str, dict[str, Any], Any]]:
    """Every example with the schema that it stands beside, and where that is."""
    found = []
    for operation in operations(document):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for kind, content in resolved(document, body).get("content", {}).items():
                if "example" in content:
                    found.append((f"{operation['operationId']} {kind}", content["schema"], content["example"]))
    return found


@pytest.mark.row("B25")
@pytest.mark.parametrize("name", APIS)
def test_every_route_is_described_with_its_errors_and_who_may(name: str) -> None:
    """OpenAPI 3.1 for each route: its errors with both bodies, its ways to authenticate, its guards and its limit."""
    document, api = described(name), APIS[name]()
    assert document["openapi"].startswith("3.1")
    routes = [route for route in api.routes() if not route.doc.name.startswith("Info.") and route.method != "HEAD"]
    assert len(routes) == len(operations(document))
    for route in routes:
        path = route.path.replace("{path}", "{name}")
        operation = document["paths"][path][route.method.lower()]
        errors = [resolved(document, node) for status, node in operation["responses"].items() if status[0] in "45"]
        assert all({"application/json", "application/problem+json"} == set(error["content"]) for error in errors)
        assert ("security" in operation) is bool(route.auth)
        assert ("401" in operation["responses"]) is bool(route.auth)
        assert ("403" in operation["responses"]) is bool(route.guards)
        assert ("Requires: " in operation.get("description", "")) is bool(route.guards)
        assert ("429" in operation["responses"]) is (route.limiter is not None)


@pytest.mark.parametrize("name", APIS)
def test_document_is_valid_openapi(name: str) -> None:
    """The official schema of OpenAPI 3.1 has nothing to object."""
    validator = jsonschema_rs.validator_for(json.loads(META.read_text(encoding="utf-8")))
    assert [str(error) for error in validator.iter_errors(described(name))] == []


@pytest.mark.parametrize("name", APIS)
def test_every_schema_is_valid(name: str) -> None:
    """Each component is a JSON Schema of its own, and operations have names of their own."""
    document = described(name)
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", APIS)
def test_every_example_is_valid(name: str) -> None:
    """What is shown is what the schema beside it asks for."""
    document = described(name)
    examples = shown(document)
    assert examples
    for where, schema, example in examples:
        whole = {**schema, "components": document["components"]}
        assert list(jsonschema_rs.validator_for(whole, validate_formats=False).iter_errors(example)) == [], where


def test_example_of_a_body_is_read_and_answered() -> None:
    """Sent as it stands, the example of a body is taken, and is what the Struct reads."""
    api = kitchen_sink()
    content = described("kitchen")["paths"]["/api/things"]["post"]["requestBody"]["content"]["application/json"]
    assert msgspec.convert(content["example"], Parcel).code == "GB"
    answer = TestClient(api).post("/api/things", json=content["example"], headers={"X-API-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (201, "GB")


def test_authors_own_example_is_shown() -> None:
    """The first of ``Body(examples=…)`` that can be read wins over what would be worked out."""
    content = kitchen("/api/said", "post")["requestBody"]["content"]["application/json"]
    assert content["example"] == {"taskTitle": "Write", "tags": ["desk"]}


def test_model_fills_in_what_the_struct_leaves_open() -> None:
    """The example of an answer keeps to the columns behind it; its schema does not, for old rows may not."""
    answer = kitchen("/api/books/{pk}", "get")["responses"]["200"]["content"]["application/json"]
    assert answer["example"] == {"id": 1, "status": "available", "price": "9.99"}
    assert described("kitchen")["components"]["schemas"]["BookRow"]["properties"]["status"] == {"type": "string"}


def test_every_operation_has_its_errors() -> None:
    """Each error has both bodies, an example and the trace; what can't happen is not there."""
    document = described("kitchen")
    for operation in operations(document):
        assert {"400", "500", "503"} <= set(operation["responses"])
        assert "405" not in operation["responses"]
        for status in (status for status in operation["responses"] if status[0] in "45"):
            response = resolved(document, operation["responses"][status])
            assert set(response["content"]) == {"application/json", "application/problem+json"}
            assert response["content"]["application/problem+json"]["example"]["status"] == int(status)
            assert "X-Request-ID" in response["headers"]


def test_kinds_of_answers() -> None:
    """Files, streams, pages, redirects and nothing at all are told as what they are."""
    file = kitchen("/api/files/{name}", "get")["responses"]
    assert {"200", "206", "304", "404", "412", "416"} <= set(file)
    assert {"ETag", "Last-Modified", "Accept-Ranges"} <= set(file["200"]["headers"])
    assert list(kitchen("/api/events", "get")["responses"]["200"]["content"]) == ["text/event-stream"]
    assert list(kitchen("/api/stream", "get")["responses"]["200"]["content"]) == ["application/octet-stream"]
    page = kitchen("/api/page", "get")["responses"]
    assert list(page["200"]["content"]) == ["text/html"]
    assert "Location" in page["3XX"]["headers"]
    either = kitchen("/api/either", "get")["responses"]
    assert either["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Tree"}
    assert "content" not in either["204"]
    assert "content" not in kitchen("/api/bare", "post")["responses"]["204"]


def test_who_may_and_how_often_is_said() -> None:
    """Guards and limits are sentences, and a limited route tells of its headers."""
    assert "Requires: (IsStaff and has permission project.add_task)." not in kitchen("/api/tasks", "get").values()
    assert kitchen("/api/tasks", "post")["description"] == "Requires: IsStaff and has permission project.add_task."
    tidy = kitchen("/api/tasks/tidy", "post")
    assert tidy["description"] == (
        "Thoroughly.\n\nRequires: has any of the permissions a.b, c.d and has all of the permissions e.f, g.h.\n\n"
        "Limit: 3 requests at once and 0.5 a second in the long run, for each user."
    )
    limited = resolved(described("kitchen"), tidy["responses"]["429"])
    assert set(limited["headers"]) == {"X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"}
    assert {"RateLimit", "RateLimit-Policy"} <= set(tidy["responses"]["204"]["headers"])
    unknown = resolved(described("kitchen"), tidy["responses"]["401"])
    assert "WWW-Authenticate" in unknown["headers"]


def test_ways_to_authenticate_do_not_overwrite_each_other() -> None:
    """One name stands for one way; what differs under one name gets a name of its own, what is alike is one."""
    schemes = described("kitchen")["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "session", "apiKey", "bearer_x-token"}
    api = BoltAPI()

    @api.get("/a", auth=[JWTAuthentication()], guards=[IsAuthenticated()])
    async def plain() -> None: ...

    @api.get("/b", auth=[JWTAuthentication(cookie="t"), JWTAuthentication(audience="x")], guards=[IsAuthenticated()])
    async def both() -> None: ...

    document = TestClient(api).get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "bearer_2"}
    assert document["paths"]["/a"]["get"]["security"] == [{"bearer": []}]
    assert document["paths"]["/b"]["get"]["security"] == [{"bearer_2": []}, {"bearer": []}]


def test_who_need_not_be_known_is_told() -> None:
    """Where anonymous callers pass, the empty requirement is among them."""
    assert {} in kitchen("/api/tasks", "get")["security"]
    assert {} in kitchen("/api/things", "get")["security"]
    assert {} not in kitchen("/api/things", "post")["security"]
    assert "security" not in kitchen("/api/page", "get")


def test_head_goes_without_saying() -> None:
    """A handler for HEAD is no operation of its own, and one path is described under one name."""
    paths = described("kitchen")["paths"]
    assert set(paths["/api/files/{name}"]) == {"get", "delete"}
    assert "/api/files/{path}" not in paths
    assert [parameter["name"] for parameter in paths["/api/files/{name}"]["get"]["parameters"]] == ["name"]


def test_parameters_of_every_place() -> None:
    """Headers, cookies, query and those of dependencies, with defaults, descriptions and ways of writing."""
    named = {item["name"]: item for item in kitchen("/api/either", "get")["parameters"]}
    assert named["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert named["limit"]["description"] == "How many."
    assert named["colour"]["schema"]["default"] == "red"
    assert (named["ids"]["style"], named["ids"]["explode"]) == ("form", True)
    places = {item["name"]: item["in"] for item in kitchen("/api/events", "get")["parameters"]}
    assert places == {"Last-Event-ID": "header", "session": "cookie"}
    upload = kitchen("/api/upload", "post")["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert upload["properties"]["files"] == {"type": "array", "items": {"type": "string", "format": "binary"}}


def test_status_of_validation_is_the_one_of_the_settings(settings: Any) -> None:
    """``VALIDATION_STATUS`` 422 is described, where there is something to validate."""
    settings.IRONBOLT = {**getattr(settings, "IRONBOLT", {}), "VALIDATION_STATUS": 422}
    routes = [route for route in kitchen_sink().routes() if "Info" not in route.doc.name]
    document = describe(Info(), routes)
    assert "422" in document["paths"]["/api/things"]["post"]["responses"]
    assert "422" not in document["paths"]["/api/page"]["get"]["responses"]
    example = document["components"]["responses"]["Error422"]["content"]["application/json"]["example"]
    assert example["error"]["code"] == "validation_error"


def test_integers_of_64_bits_are_a_format() -> None:
    """Their bounds are more than a browser can show; narrower ones are told as they are."""
    shop = described("shop")
    assert "9223372036854775807" not in json.dumps(shop)
    pk = shop["paths"]["/api/v2/books/{pk}"]["get"]["parameters"][0]["schema"]
    assert pk["type"] == "integer"
    properties = shop["components"]["schemas"]["BookIn"]["properties"]
    assert properties["author_id"]["format"] == "int64"


def test_servers_are_where_it_is_mounted() -> None:
    """Below a root path, the description says so."""
    api = BoltAPI()
    assert TestClient(api).get("/openapi.json").json()["servers"] == [{"url": "/"}]
    assert describe(Info(), [], "/root")["servers"] == [{"url": "/root"}]
