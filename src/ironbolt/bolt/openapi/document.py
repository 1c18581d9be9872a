"""The description of an API (OpenAPI 3.1), made from its routes; nothing here runs while requests are answered."""

import re
from collections.abc import Sequence
from typing import Any

from ironbolt.bolt.openapi.access import Security
from ironbolt.bolt.openapi.answers import HEADERS, error_responses
from ironbolt.bolt.openapi.components import Components
from ironbolt.bolt.openapi.info import Info
from ironbolt.bolt.openapi.naming import distinct, slug_of
from ironbolt.bolt.openapi.operations import described, form_fields, operation_of
from ironbolt.bolt.openapi.telling import told
from ironbolt.bolt.routing import Route

Schema = dict[str, Any]


def describe(info: Info, routes: Sequence[Route], root: str = "") -> Schema:
    """The OpenAPI document of these routes.

    Args:
        info: what the API says of itself.
        routes: what it serves. HEAD goes without saying where GET is there.
        root: the path that everything is mounted at.
    """
    shown = [route for route in routes if route.method != "HEAD"]
    parameters = [item for route in shown for item in (*described(route), *form_fields(route))]
    components, security = Components(shown, parameters), Security(shown)
    templates, names = _templates(shown), _operation_ids(shown)
    paths: dict[str, Schema] = {}
    for route in shown:
        path = templates[route.path]
        operation = operation_of(route, path, components, security)
        paths.setdefault(path, {})[route.method.lower()] = {"operationId": names[route.method, route.path], **operation}
    document = {
        "openapi": "3.1.0",
        "info": {"title": info.title, "version": info.version, "description": info.description},
        "servers": [{"url": root or "/"}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "responses": error_responses(shown, components),
            "headers": HEADERS,
            **({"securitySchemes": security.schemes} if security.schemes else {}),
        },
        **_tags(shown),
    }
    return _with_formats(told(document))  # type: ignore[no-any-return]  # what goes in as a dictionary comes out as one


def _with_formats(node: Any) -> Any:
    """The same with the bounds of 64-bit integers told as a format, as clients show and round them badly."""
    if isinstance(node, list):
        return [_with_formats(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "integer" and node.get("maximum") == _LARGEST:
        bounds = {"maximum": _LARGEST, "minimum": -_LARGEST - 1}
        rest = {key: value for key, value in node.items() if (key, value) not in bounds.items()}
        return {**rest, "format": "int64"}
    return {key: value if key in ("example", "examples") else _with_formats(value) for key, value in node.items()}


_LARGEST = 2**63 - 1


def _templates(routes: Sequence[Route]) -> dict[str, str]:
    """Path → the path it is described under: two that differ in the names of parameters are one to OpenAPI."""
    by_shape: dict[str, str] = {}
    return {route.path: by_shape.setdefault(re.sub(r"{[^}]*}", "{}", route.path), route.path) for route in routes}


def _operation_ids(routes: Sequence[Route]) -> dict[tuple[str, str], str]:
    """Method and path → a name; one handler may answer several of them, and two may be called alike."""
    return distinct({(route.method, route.path): _spellings(route) for route in routes})


def _spellings(route: Route) -> tuple[str, ...]:
    name, method = route.doc.name, route.method.lower()
    return name, f"{name}_{method}", f"{name}_{method}_{slug_of(route.path)}"


def _tags(routes: Sequence[Route]) -> Schema:
    """The headings, in the order in which they first come up."""
    tags = dict.fromkeys(tag for route in routes for tag in route.doc.tags)
    return {"tags": [{"name": tag} for tag in tags]} if tags else {}
