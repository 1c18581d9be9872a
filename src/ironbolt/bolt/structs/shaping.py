"""What a handler returned becomes what a client gets: rows into Structs, and answers held to their type."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

from ironbolt.bolt.params import core_of
from ironbolt.bolt.structs.reading import row_reader

ROWS = (Model, QuerySet)
_SEVERAL = (list, tuple, Sequence, Collection)


class Shape(msgspec.Struct, frozen=True):
    """What a route has said of its answers.

    Attributes:
        annotation: the type an answer is held to; ``Any`` for none.
        struct: the Struct in it, that rows are read into; None leaves it to the view.
        several: whether it is a list of them.
        handler: whose answers they are, for the log.
        parts: where rows may stand inside the answer: the name in it → the shape of what stands there.
    """

    annotation: Any = Any
    struct: type[msgspec.Struct] | None = None
    several: bool = False
    handler: str = "A handler"
    parts: "Mapping[str, Shape]" = {}


def shape_of(annotation: Any, handler: str = "A handler") -> Shape:
    """What an annotation, or a ``response_model``, says; ``handler`` is named where its answers do not hold to it."""
    found = msgspec.structs.replace(_outline_of(annotation), handler=handler)
    if found.struct is None or found.several:
        return found
    fields = {field.encode_name: _outline_of(field.type) for field in msgspec.structs.fields(found.struct)}
    parts = {name: part for name, part in fields.items() if part.struct is not None}
    return msgspec.structs.replace(found, parts=parts)


def _outline_of(annotation: Any) -> Shape:
    core = core_of(annotation)
    items = get_args(core)
    several = get_origin(core) in _SEVERAL and bool(items)
    inner = core_of(items[0]) if several else core
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return Shape(annotation, inner, several)
    rows = isinstance(inner, type) and issubclass(inner, ROWS)
    return Shape() if annotation is Any or annotation is None or rows else Shape(annotation)


def needs_database(result: Any) -> bool:
    """Whether shaping it may ask the database."""
    if isinstance(result, dict):
        return any(map(_is_rows, result.values()))
    return _is_rows(result)


def _is_rows(result: Any) -> bool:
    if isinstance(result, list | tuple):
        return bool(result) and isinstance(result[0], Model)
    return isinstance(result, ROWS)


def shaped(result: Any, shape: Shape, view: Any) -> Any:
    """``result`` as the client gets it.

    Raises:
        ImproperlyConfigured: there are rows, and nobody has said how they look.
        ValueError: the answer is not what the route has promised; the value is not told.
    """
    if needs_database(result):
        result = _read(result, shape, view)
    if shape.annotation is Any or (not shape.several and shape.struct is not None and isinstance(result, shape.struct)):
        return result
    try:
        return msgspec.convert(result, shape.annotation, from_attributes=True)
    except msgspec.ValidationError as error:
        raise ValueError(f"{shape.handler} answered something else than it promised: {error}") from None


def _read(result: Any, shape: Shape, view: Any) -> Any:
    if isinstance(result, dict):
        return {
            name: _read(value, shape.parts.get(name, _UNSAID), view) if _is_rows(value) else value
            for name, value in result.items()
        }
    if isinstance(result, Model):
        return _reader(type(result), shape, view).read(result)
    if isinstance(result, QuerySet):
        if not issubclass(result._iterable_class, ModelIterable):  # noqa: SLF001 - Django has no other way to tell
            return list(result)  # of values(), which are plain data
        reader = _reader(result.model, shape, view)
        return _each(reader.read, reader.prepare(result))
    return _each(_reader(type(result[0]), shape, view).read, result)


def _each(read: Callable[[Any], Any], rows: Any) -> list[Any]:
    return [read(row) for row in rows]


_UNSAID = Shape()


def _reader(model: type[Model], shape: Shape, view: Any) -> Any:
    struct = shape.struct
    if struct is None:
        if not hasattr(view, "get_serializer_class"):
            raise ImproperlyConfigured(f"Rows of {model.__name__} are answered, and no Struct says how they look.")
        # What was written is shown as it is read.
        action = "retrieve" if view.action in ("create", "update", "partial_update") else view.action
        struct = view.get_serializer_class(action)
    return row_reader(struct, model)
