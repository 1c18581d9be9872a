"""The description of an API (OpenAPI 3.1), made from its routes; nothing here runs while requests are answered."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.openapi.constraints import constraints_of
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.responses import Response
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs.fields import source_of
from ironbolt.core.context import REQUEST_ID_HEADER
from ironbolt.core.negotiation import JSON, PROBLEM_JSON

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"


class Info(msgspec.Struct, frozen=True):
    """What an API says of itself.

    Attributes:
        title: its name.
        version: its version.
        description: what it is for, in Markdown.
        served: whether ``/docs`` and ``/openapi.json`` show it.
    """

    title: str = "API"
    version: str = "1.0.0"
    description: str = ""
    served: bool = True


class ErrorInfo(msgspec.Struct):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, list[str]]


class Error(msgspec.Struct):
    """The body of every error."""

    error: ErrorInfo


class Problem(msgspec.Struct):
    """The same as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[str]]


def describe(info: Info, routes: Sequence[Route]) -> Schema:
    """The OpenAPI document of these routes."""
    components = _Components(routes)
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
    schemes = dict(way.security_scheme for route in routes for way in route.auth)
    return {
        "openapi": "3.1.0",
        "info": {"title": info.title, "version": info.version, "description": info.description},
        "paths": paths,
        "components": {"schemas": components.schemas, **({"securitySchemes": schemes} if schemes else {})},
    }


def _is_opaque(kind: Any) -> bool:
    """Whether nothing is known of what comes: anything, or a finished response."""
    return kind is Any or (isinstance(kind, type) and issubclass(kind, Response))


class _Components:
    """The named schemas, and references to them."""

    def __init__(self, routes: Sequence[Route]) -> None:
        answers = [route.doc.answer for route in routes]
        parameters = [item.annotation for route in routes for item in _described(route)]
        bodies = [route.binder.body.annotation for route in routes if route.binder.body]
        bodies += [item.annotation for route in routes for item in route.binder.documented if item.place == "form"]
        types = [*answers, *parameters, *bodies, Error, Problem]
        self._known = [known for known in types if not _is_opaque(known)]
        self._references, self.schemas = _schemas(self._known)
        written = {(body.annotation, body.model) for route in routes if (body := route.binder.body) and body.model}
        for struct, model in written:
            self._constrain(struct, model)

    def of(self, wanted: Any) -> Schema:
        """The schema of a type, as a reference where it has a name."""
        return {} if _is_opaque(wanted) else dict(self._references[self._known.index(wanted)])

    def _constrain(self, struct: Any, model: type[Model]) -> None:
        properties = self.schemas[self.of(struct)["$ref"].rpartition("/")[2]].get("properties", {})
        for field in msgspec.structs.fields(struct):
            column = _model_field(model, source_of(field))
            if column and field.encode_name in properties:
                schema = properties[field.encode_name]
                properties[field.encode_name] = _constrained(schema, constraints_of(column))


def _schemas(types: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    # A type that only the application knows is described as anything, instead of failing the whole document.
    references, schemas = msgspec.json.schema_components(
        types, schema_hook=lambda kind: {"title": kind.__name__}, ref_template=_REF
    )
    return list(references), dict(schemas)


def _model_field(model: type[Model], name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _constrained(schema: Schema, constraints: Schema) -> Schema:
    """Add what the model asks, to the branch that is not null where there are several.

    A Struct that gives a format or pattern of its own has said more than the model could.
    """
    if "format" in schema or "pattern" in schema:
        return schema if schema.get("format") != "decimal" else constraints
    if "anyOf" in schema:
        nullable = [branch for branch in schema["anyOf"] if branch == {"type": "null"}]
        values = [branch for branch in schema["anyOf"] if branch != {"type": "null"}]
        if len(values) > 1:
            return schema  # nobody can say which of several types the model speaks of
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**rest, "anyOf": [_constrained(values[0], constraints), *nullable]}
    return {**schema, **constraints}


def _operation(route: Route, components: _Components) -> Schema:
    doc = route.doc
    operation: Schema = {
        "operationId": doc.name,
        "summary": doc.summary,
        "parameters": [_parameter(item, components) for item in _described(route)],
        "responses": _responses(route, components),
    }
    if doc.description:
        operation["description"] = doc.description
    if doc.tags:
        operation["tags"] = list(doc.tags)
    if body := _body(route, components):
        operation["requestBody"] = body
    if route.auth:
        optional: list[Schema] = [] if route.guards else [{}]
        operation["security"] = [*({way.security_scheme[0]: []} for way in route.auth), *optional]
    return operation


def _body(route: Route, components: _Components) -> Schema | None:
    binder = route.binder
    if binder.body:
        content = {JSON: {"schema": components.of(binder.body.annotation)}}
        return {"required": _must_be_sent(binder.body), "content": content}
    if binder.form is None:
        return None
    fields = [item for item in binder.documented if item.place in ("form", "file")]
    schema: Schema = {
        "type": "object",
        "properties": {item.wire_name: _schema_of(item, components) for item in fields},
        "required": [item.wire_name for item in fields if item.required],
    }
    kinds = (
        ["multipart/form-data"] if binder.form.files else ["multipart/form-data", "application/x-www-form-urlencoded"]
    )
    return {"required": binder.form.required, "content": {kind: {"schema": schema} for kind in kinds}}


def _must_be_sent(body: Parameter) -> bool:
    """Whether a request without a body fails: an empty one counts as an object without any fields."""
    kind = body.annotation
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return body.required and any(field.required for field in msgspec.structs.fields(kind))
    return body.required


def _described(route: Route) -> list[Parameter]:
    """The parameters outside the body, those of dependencies and of the pagination included."""
    parameters = [item for item in route.binder.documented if item.place in ("path", "query", "header", "cookie")]
    pagination = getattr(route.view, "pagination_class", None)
    if route.action == "list" and isinstance(pagination, type) and issubclass(pagination, PageNumberPagination):
        parameters.extend(pagination.parameters())
    return parameters


def _parameter(parameter: Parameter, components: _Components) -> Schema:
    described: Schema = {
        "name": parameter.wire_name,
        "in": parameter.place,
        "required": parameter.place == "path" or parameter.required,
        "schema": _schema_of(parameter, components),
    }
    if parameter.description:
        described["description"] = parameter.description
    if parameter.style:
        described["style"], described["explode"] = parameter.style
    return described


def _schema_of(parameter: Parameter, components: _Components) -> Schema:
    if parameter.place == "file":
        return {"type": "string", "format": "binary"}
    schema = components.of(parameter.annotation)
    if not parameter.required and isinstance(parameter.default, str | int | float):
        schema["default"] = parameter.default
    return schema


def _responses(route: Route, components: _Components) -> Schema:
    answer = components.of(route.doc.answer)
    if route.envelope:
        properties = {"message": {"type": "string"}, "data": answer}
        answer = {"type": "object", "properties": properties, "required": ["message", "data"]}
    success = {
        "description": HTTPStatus(route.status).phrase,
        "headers": {REQUEST_ID_HEADER: {"schema": {"type": "string"}, "description": "The trace of this request."}},
        "content": {JSON: {"schema": answer}},
    }
    error = {JSON: {"schema": components.of(Error)}, PROBLEM_JSON: {"schema": components.of(Problem)}}
    failures = {
        str(status): {"description": HTTPStatus(status).phrase, "content": error} for status in _failures(route)
    }
    return {str(route.status): success, **failures}


def _failures(route: Route) -> Iterator[int]:
    places = {parameter.place for parameter in route.binder.parameters}
    yield 400
    if route.auth:
        yield 401
    if route.guards:
        yield 403
    if "path" in places or route.doc.can_miss:
        yield 404
    yield 406
    if route.doc.can_conflict:
        yield 409
    if "body" in places or route.binder.form is not None:
        yield from (413, 415)
    if route.limiter is not None:
        yield 429
    yield from (500, 503)
