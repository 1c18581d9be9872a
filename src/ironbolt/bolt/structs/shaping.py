"""What a handler returned becomes what a client gets: rows into Structs, and answers held to their type."""

from collections.abc import Callable
from typing import Any, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from ironbolt.bolt.structs.reading import row_reader

ROWS = (Model, QuerySet)


class Shape(msgspec.Struct, frozen=True):
    """What a route has said of its answers.

    Attributes:
        annotation: the type an answer is held to; ``Any`` for none.
        struct: the Struct in it, that rows are read into; None leaves it to the view.
    """

    annotation: Any = Any
    struct: type[msgspec.Struct] | None = None


def shape_of(annotation: Any) -> Shape:
    """What an annotation, or a ``response_model``, says."""
    inner = get_args(annotation)[0] if get_origin(annotation) in (list, tuple) and get_args(annotation) else annotation
    if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
        return Shape(annotation, inner)
    rows = isinstance(inner, type) and issubclass(inner, ROWS)
    return Shape() if annotation is Any or annotation is None or rows else Shape(annotation)


def needs_database(result: Any) -> bool:
    """Whether shaping it may ask the database."""
    return isinstance(result, ROWS) or (isinstance(result, list) and bool(result) and isinstance(result[0], Model))


def shaped(result: Any, shape: Shape, view: Any) -> Any:
    """``result`` as the client gets it.

    Raises:
        ImproperlyConfigured: there are rows, and nobody has said how they look.
        ValueError: the answer is not what the route has promised; the value is not told.
    """
    if needs_database(result):
        result = _read(result, shape, view)
    if shape.annotation is Any or (shape.struct is not None and isinstance(result, shape.struct)):
        return result
    try:
        return msgspec.convert(result, shape.annotation, from_attributes=True)
    except msgspec.ValidationError as error:
        raise ValueError(f"A handler answered something else than it promised: {error}") from None


def _read(result: Any, shape: Shape, view: Any) -> Any:
    if isinstance(result, Model):
        return _reader(type(result), shape, view).read(result)
    if isinstance(result, QuerySet):
        reader = _reader(result.model, shape, view)
        return [reader.read(row) for row in reader.prepare(result)]
    read: Callable[[Any], Any] = _reader(type(result[0]), shape, view).read
    return [read(row) for row in result]


def _reader(model: type[Model], shape: Shape, view: Any) -> Any:
    struct = shape.struct
    if struct is None:
        if not hasattr(view, "get_serializer_class"):
            raise ImproperlyConfigured(f"Rows of {model.__name__} are answered, and no Struct says how they look.")
        # What was written is shown as it is read.
        action = "retrieve" if view.action in ("create", "update", "partial_update") else view.action
        struct = view.get_serializer_class(action)
    return row_reader(struct, model)
