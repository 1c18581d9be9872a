"""Fields that a function works out of columns: ``@computed`` in the body of a Struct."""

import inspect
import typing
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.structs.fields import source_in

_T = TypeVar("_T")

_EXTRA = "computed"


class Computation(msgspec.Struct, frozen=True):
    """A function of columns, as it stands in the body of a Struct.

    Attributes:
        function: called with the values of the columns, in their order.
        inputs: what each parameter stands for: a column, or one beyond relations as ``author.name``.
        answer: the type of the result.
    """

    function: Callable[..., Any]
    inputs: tuple[str, ...]
    answer: Any


def computed(function: Callable[..., _T]) -> _T:
    """Make a function of columns a field that clients read: its parameters are named after the columns.

    ``source`` names a column that is called otherwise or lies beyond a relation. Put ``@staticmethod``
    below it where a type checker reads along::

        @computed
        @staticmethod
        def line(title: str, writer: Annotated[str, source("author.name")]) -> str:
            return f"{title}, by {writer}"

    Raises:
        ImproperlyConfigured: the function does not say what it needs or what it gives.
    """
    plain: Any = function.__func__ if isinstance(function, staticmethod) else function
    name = plain.__qualname__
    try:
        hints = typing.get_type_hints(plain, include_extras=True)
    except NameError as error:
        raise ImproperlyConfigured(f"{name}: {error}; only types that its module knows can be computed.") from error
    if "return" not in hints:
        raise ImproperlyConfigured(f"{name}: a computed field needs a type: def {plain.__name__}(...) -> str.")
    inputs: list[str] = []
    for parameter in inspect.signature(plain).parameters.values():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            raise ImproperlyConfigured(f"{name}: {parameter} is no plain parameter named after a column.")
        inputs.append(source_in(hints.get(parameter.name)) or parameter.name)
    return cast("_T", Computation(plain, tuple(inputs), hints["return"]))


def annotation_for(computation: Computation) -> Any:
    """The type of the field that a computation fills; the API description says that nobody sends it."""
    meta = msgspec.Meta(extra={_EXTRA: computation}, extra_json_schema={"readOnly": True})
    return Annotated[computation.answer, meta]


def computation_in(annotation: Any) -> Computation | None:
    """The computation that fills a field, if one does."""
    for meta in getattr(annotation, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra and _EXTRA in meta.extra:
            return cast("Computation", meta.extra[_EXTRA])
    return None
