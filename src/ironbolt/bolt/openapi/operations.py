"""One operation of the description: what is sent, in which places, and what people should know."""

from typing import Any

import msgspec

from ironbolt.bolt.binding import Parameter, path_parameters
from ironbolt.bolt.openapi.access import Security, access_of
from ironbolt.bolt.openapi.answers import responses_of
from ironbolt.bolt.openapi.components import Components, builtin
from ironbolt.bolt.routing import Route
from ironbolt.core.negotiation import JSON

Schema = dict[str, Any]


def operation_of(route: Route, path: str, components: Components, security: Security) -> Schema:
    """A route as an operation.

    Args:
        route: the route.
        path: the template that it is described under, which may name the parameters differently.
        components: what it refers to.
        security: the ways to authenticate.
    """
    doc = route.doc
    names = dict(zip(path_parameters(route.path), path_parameters(path), strict=True))
    operation: Schema = {
        "summary": doc.summary,
        "parameters": [_parameter(item, components, names) for item in described(route)],
        "responses": responses_of(route, components),
    }
    if description := "\n\n".join(filter(None, (doc.description, access_of(route)))):
        operation["description"] = description
    if doc.tags:
        operation["tags"] = list(doc.tags)
    if body := _body(route, components):
        operation["requestBody"] = body
    if route.auth:
        operation["security"] = security.requirement(route)
    return operation


def described(route: Route) -> list[Parameter]:
    """The parameters outside the body, those of dependencies and of the pagination included."""
    parameters = [item for item in route.binder.documented if item.place in ("path", "query", "header", "cookie")]
    lists = route.action == "list" or route.doc.lists
    if lists and route.view is not None and hasattr(route.view, "documented_parameters"):
        own = {item.wire_name for item in parameters}
        parameters.extend(item for item in route.view.documented_parameters() if item.wire_name not in own)
    return parameters


def form_fields(route: Route) -> list[Parameter]:
    """The fields of a form, files included."""
    return [item for item in route.binder.documented if item.place in ("form", "file")]


def _body(route: Route, components: Components) -> Schema | None:
    binder = route.binder
    if binder.body:
        content: Schema = {"schema": components.of(binder.body.described)}
        example = components.example(binder.body.described, binder.body.examples)
        if example is not msgspec.UNSET:
            content["example"] = example
        return {"required": _must_be_sent(binder.body), "content": {JSON: content}}
    if binder.form is None:
        return None
    fields = form_fields(route)
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


def _parameter(parameter: Parameter, components: Components, names: dict[str, str]) -> Schema:
    in_path = parameter.place == "path"
    described: Schema = {
        "name": names[parameter.wire_name] if in_path else parameter.wire_name,
        "in": parameter.place,
        "required": in_path or parameter.required,
        "schema": _schema_of(parameter, components),
    }
    if parameter.description:
        described["description"] = parameter.description
    if parameter.may_be_empty:
        described["allowEmptyValue"] = True
    if parameter.style:
        described["style"], described["explode"] = parameter.style
    return described


def _schema_of(parameter: Parameter, components: Components) -> Schema:
    many, schema = False, components.of(parameter.annotation)
    if parameter.place == "file":
        many, schema = schema.get("type") == "array", {"type": "string", "format": "binary"}
    schema = {"type": "array", "items": schema} if many else schema
    if not parameter.required and parameter.factory is None and parameter.default is not None:
        default = builtin(parameter.default)
        schema |= {} if default is msgspec.UNSET else {"default": default}
    if parameter.examples:
        schema["examples"] = [builtin(example) for example in parameter.examples]
    return schema
