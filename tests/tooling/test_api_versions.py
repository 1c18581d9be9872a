"""scripts/api_versions.py over descriptions that are made up."""

import copy
import json
from typing import Any

import pytest

from scripts import api_versions

BOOK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "title", "author"],
    "properties": {
        "id": {"type": "integer"},
        "title": {"type": "string"},
        "subtitle": {"type": ["string", "null"]},
        "status": {"$ref": "#/components/schemas/Status"},
        "author": {"anyOf": [{"$ref": "#/components/schemas/Author"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Book": BOOK,
            "Status": {"enum": ["draft", "out"], "type": "string"},
            "Author": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "Sent": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "status": {"$ref": "#/components/schemas/Status"},
                    "price": {"anyOf": [{"type": "string"}, {"type": "number"}]},
                },
                "required": ["title"],
            },
        }
    },
    "paths": {
        "/books/{id}/": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}},
                    "404": {},
                },
            },
            "put": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}},
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}
                            }
                        }
                    }
                },
            },
        }
    },
}


def changed(change: Any) -> list[str]:
    """What is broken when something is changed in the document."""
    now = copy.deepcopy(DOCUMENT)
    change(now["components"]["schemas"], now["paths"]["/books/{id}/"])
    return api_versions.broken(api_versions.promises(DOCUMENT), api_versions.promises(now))


GET, PUT = "GET /books/{}/", "PUT /books/{}/"


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (lambda shapes, path: path.pop("put"), [f"{PUT} is gone."]),
        (
            lambda shapes, path: shapes["Book"]["properties"].pop("title"),
            [f"{GET}: the field 'title' is gone from its 200.", f"{PUT}: the field '[].title' is gone from its 200."],
        ),
        (
            lambda shapes, path: shapes["Author"]["properties"].pop("name"),
            [
                f"{GET}: the field 'author.name' is gone from its 200.",
                f"{PUT}: the field '[].author.name' is gone from its 200.",
            ],
        ),
        (
            lambda shapes, path: shapes["Book"].update(required=["id", "author"]),
            [
                f"{GET}: the field 'title' may be missing from its 200.",
                f"{PUT}: the field '[].title' may be missing from its 200.",
            ],
        ),
        (
            lambda shapes, path: shapes["Book"]["properties"].update(id={"type": "string"}),
            [
                f"{GET}: the field 'id' of its 200 may be string now.",
                f"{PUT}: the field '[].id' of its 200 may be string now.",
            ],
        ),
        (
            lambda shapes, path: shapes["Status"].update(enum=["out"]),
            [
                f"{GET}: the field 'status' of its 200 is never \"draft\" any more.",
                f"{PUT}: the field 'status' no longer takes \"draft\".",
                f"{PUT}: the field '[].status' of its 200 is never \"draft\" any more.",
            ],
        ),
        (
            lambda shapes, path: shapes["Sent"].update(required=["title", "price"]),
            [f"{PUT}: the field 'price' is required now."],
        ),
        (
            lambda shapes, path: shapes["Sent"]["properties"].pop("price"),
            [f"{PUT}: the field 'price' is no longer taken."],
        ),
        (
            lambda shapes, path: shapes["Sent"]["properties"].update(price={"type": "number"}),
            [f"{PUT}: the field 'price' is no longer taken as string."],
        ),
        (
            lambda shapes, path: shapes["Sent"]["properties"].update(title={"enum": ["a"], "type": "string"}),
            [f"{PUT}: the field 'title' takes only \"a\" now."],
        ),
        (
            lambda shapes, path: path["get"].pop("parameters"),
            [f"{GET}: the parameter 'query page' is no longer taken."],
        ),
        (
            lambda shapes, path: path["get"]["parameters"][0].update(required=True),
            [f"{GET}: the parameter 'query page' is required now."],
        ),
        (
            lambda shapes, path: path["get"]["responses"].pop("200"),
            [f"{GET}: it no longer answers 200."],
        ),
    ],
)
def test_what_clients_rely_on_is_missed(change, lines) -> None:
    """Whatever a client may rely on is named with its address when it goes."""
    assert changed(change) == lines


@pytest.mark.parametrize(
    "change",
    [
        lambda shapes, path: shapes["Book"]["properties"].update(more={"type": "string"}),
        lambda shapes, path: shapes["Sent"]["properties"].update(more={"type": "string"}),
        lambda shapes, path: shapes["Sent"].update(required=[]),
        lambda shapes, path: path.update(post=path["put"]),
        lambda shapes, path: path["get"]["parameters"].append({"name": "q", "in": "query", "schema": {}}),
        lambda shapes, path: path["parameters"][0].update(name="pk"),
        lambda shapes, path: shapes["Book"]["properties"].update(subtitle={"type": "string"}),
    ],
)
def test_a_version_may_grow(change) -> None:
    """What is added, or no longer demanded, breaks nobody."""
    assert changed(change) == []


@pytest.fixture
def shop(tmp_path, monkeypatch) -> dict[str, Any]:
    """A shop of one version, and nothing written down yet."""
    documents = {"v1": copy.deepcopy(DOCUMENT)}
    monkeypatch.setattr(api_versions, "STORED", tmp_path / "schemas")
    monkeypatch.setattr(api_versions, "documents", lambda: documents)
    return documents["v1"]


def test_additions_are_written_down_and_removals_are_not(shop, capsys) -> None:
    """The command writes down what was added; what is gone it names, and writes nothing until it is forced to."""
    assert api_versions.main(["--check"]) == 1
    assert api_versions.main([]) == 0
    assert api_versions.main(["--check"]) == 0
    shop["components"]["schemas"]["Book"]["properties"]["more"] = {"type": "string"}
    assert api_versions.main(["--check"]) == 1
    assert api_versions.main([]) == 0
    assert "more" in api_versions.stored("v1")[GET]["answers"]["200"]
    del shop["components"]["schemas"]["Book"]["properties"]["more"]
    assert api_versions.main([]) == 1
    assert "the field 'more' is gone" in capsys.readouterr().out
    assert "more" in json.dumps(api_versions.stored("v1"))
    assert api_versions.main(["--force"]) == 0
    assert "more" not in json.dumps(api_versions.stored("v1"))
