"""The named parts of a description: what is sent and answered, narrowed by the models, with examples."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

import msgspec
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.openapi.constraints import constraints_of
from ironbolt.bolt.openapi.examples import Examples
from ironbolt.bolt.openapi.schemas import REF, Schemas
from ironbolt.bolt.openapi.telling import told
from ironbolt.bolt.params import core_of, members_of
from ironbolt.bolt.responses import Response
from ironbolt.bolt.routing import Route
from ironbolt.bolt.structs.fields import is_struct, source_of
from ironbolt.core.answer_schema import ERROR, PROBLEM

Schema = dict[str, Any]


def is_finished(kind: Any) -> bool:
    """Whether a type is that of a finished answer."""
    return isinstance(kind, type) and issubclass(kind, Response)


def answers_of(annotation: Any) -> tuple[Any, tuple[type[Response], ...]]:
    """What a return annotation says: the type of the data (``UNSET`` for none), and the finished answers."""
    members = members_of(annotation)
    finished = tuple(member for member in members if is_finished(member))
    if not finished:
        return annotation, ()
    rest = [member for member in members if not is_finished(member)]
    data: Any = msgspec.UNSET
    for member in rest:
        data = member if data is msgspec.UNSET else data | member
    return data, finished


class Components:
    """The schemas of everything that some routes take and answer.

    Attributes:
        schemas: name → schema, for the document.
    """

    def __init__(self, routes: Sequence[Route], parameters: Iterable[Parameter]) -> None:
        bodies = [route.binder.body for route in routes if route.binder.body]
        answers = [answers_of(route.doc.answer)[0] for route in routes]
        answers += [answer for route in routes for answer in route.doc.others.values()]
        types = [*answers, *(item.annotation for item in parameters)]
        types += [kind for body in bodies for kind in (body.annotation, body.described)]
        self._known = Schemas([kind for kind in types if _can_be_told(kind)])
        for body in bodies:
            self._narrow_body(body)
        self._examples = Examples(self._known.components, self._hints(routes))
        self.schemas = dict(sorted((self._known.components | {}).items()))
        self.error = self._own("Error", {"description": "The body of every error.", **ERROR})
        self.problem = self._own("Problem", {"description": "The same as RFC 9457 has it.", **PROBLEM})

    def of(self, wanted: Any) -> Schema:
        """The schema of a type, as a reference where it has a name."""
        return dict(self._known.of(wanted)) if _can_be_told(wanted) else {}

    def example(self, wanted: Any, said: Sequence[Any] = ()) -> Any:
        """An example that can be read as this type, the author's first; ``UNSET`` where there is none."""
        values = [builtin(value) for value in said] or [self._examples.of(self.of(wanted))]
        return next((value for value in values if _can_be_read(value, wanted)), msgspec.UNSET)

    def _own(self, name: str, schema: Schema) -> Schema:
        """Add a component that no type stands for; an application may have one of its name."""
        while name in self.schemas:
            name = f"{name}Body"
        self.schemas[name] = schema
        return {"$ref": REF + name}

    def _narrow_body(self, body: Parameter) -> None:
        struct = core_of(body.annotation)
        if body.model is None or not is_struct(struct):
            return
        properties = self._known.components[self._known.name_of(struct)].get("properties", {})
        properties.update(told(_narrowed(struct, body.model, properties)))

    def _hints(self, routes: Iterable[Route]) -> dict[str, dict[str, Schema]]:
        """What models know of the values in answers; rows may be older than a rule, so it is for examples only."""
        hints: dict[str, dict[str, Schema]] = {}
        for route in routes:
            model_class = getattr(route.view, "model_class", None)
            model = model_class() if model_class else None
            answer = answers_of(route.doc.answer)[0]
            for struct, its_model in _structs_with_models(_struct_in(answer), model, ()):
                name = self._known.name_of(struct)
                hints[name] = told(_narrowed(struct, its_model, self._known.components[name].get("properties", {})))
        return hints


def builtin(value: Any) -> Any:
    """A value as JSON has it; ``UNSET`` for one that JSON has no words for."""
    try:
        return msgspec.to_builtins(value, str_keys=True)
    except TypeError:
        return msgspec.UNSET


def _can_be_read(value: Any, wanted: Any) -> bool:
    """Whether a type, which may ask for more than its schema can say, takes a value."""
    if value is msgspec.UNSET:
        return False
    try:
        msgspec.convert(value, wanted)
    except (msgspec.ValidationError, TypeError, ValueError):
        return False
    return True


def _can_be_told(kind: Any) -> bool:
    """Whether anything is known of a type; some, msgspec can't even look at."""
    if kind is Any or kind is msgspec.UNSET or is_finished(kind):
        return False
    try:
        msgspec.inspect.type_info(kind)
    except (TypeError, ValueError):
        return False
    return True


def _struct_in(annotation: Any) -> Any:
    """The Struct that an answer is made of: itself, that of a list, or that of a page."""
    core = core_of(annotation)
    if is_struct(core):
        return core
    return next((found for argument in get_args(core) if (found := _struct_in(argument))), None)


def _structs_with_models(
    struct: Any, model: type[Model] | None, above: tuple[Any, ...]
) -> Iterator[tuple[Any, type[Model]]]:
    """A Struct and those nested in it, each with the model that its rows come from."""
    if struct is None or model is None or struct in above:
        return
    yield struct, model
    for field in msgspec.structs.fields(struct):
        column, inner = _column(model, source_of(field)), _struct_in(field.type)
        if column is not None and inner is not None:
            yield from _structs_with_models(inner, column.related_model, (*above, struct))


def _narrowed(struct: Any, model: type[Model], properties: Schema) -> dict[str, Schema]:
    narrowed: dict[str, Schema] = {}
    for field in msgspec.structs.fields(struct):
        column, schema = _column(model, source_of(field)), properties.get(field.encode_name)
        if column is not None and schema is not None and not _refers(schema):
            narrowed[field.encode_name] = _constrained(schema, constraints_of(column))
    return narrowed


def _refers(schema: Schema) -> bool:
    """Whether a Struct or an enum has said more than the model could."""
    branches = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    return any("$ref" in branch for branch in branches)


def _column(model: type[Model], name: str) -> "Field[Any, Any] | None":
    try:
        found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None


def _constrained(schema: Schema, constraints: Schema) -> Schema:
    """Add what the model asks, to the branch that is not null where there are several.

    A Struct that gives a format, a pattern or its values has said more than the model could.
    """
    if "enum" in schema or "format" in schema or "pattern" in schema:
        return schema if schema.get("format") != "decimal" else {**_texts_of(schema), **constraints}
    if "anyOf" in schema:
        nullable = [branch for branch in schema["anyOf"] if branch == {"type": "null"}]
        values = [branch for branch in schema["anyOf"] if branch != {"type": "null"}]
        if len(values) > 1:
            return schema  # nobody can say which of several types the model speaks of
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return {**rest, "anyOf": [_constrained(values[0], constraints), *nullable]}
    return {**schema, **constraints}


def _texts_of(schema: Schema) -> Schema:
    return {key: schema[key] for key in ("title", "description", "examples", "default", "deprecated") if key in schema}
