"""Markers that say where a handler's argument comes from: as its default, or inside ``Annotated``."""

import inspect
import types
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict, Union, Unpack, get_args, get_origin

import msgspec

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]

MISSING = inspect.Parameter.empty
"""Stands for a default that is not there."""

_NUMERIC = ("ge", "gt", "le", "lt", "multiple_of")
_TEXTUAL = ("pattern",)
_SIZES = ("min_length", "max_length")
_ARRAYS = (list, set, frozenset, tuple)


class Facts(TypedDict, total=False):
    """What every marker may say.

    Attributes:
        alias: the name that the client uses, if another.
        description: what it is for.
        examples: values a client may send.
        default_factory: makes the default anew for each request.
        ge: the least value. So are ``gt``, ``le`` and ``lt`` bounds, of numbers or of a list's numbers.
        multiple_of: what a number must be a multiple of.
        min_length: the least length of a text or list.
        max_length: the greatest.
        pattern: a regular expression that is found in the text.
    """

    alias: str
    description: str
    examples: list[Any]
    default_factory: Callable[[], Any]
    ge: float
    gt: float
    le: float
    lt: float
    multiple_of: float
    min_length: int
    max_length: int
    pattern: str


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What one marker says; see :class:`Facts`."""

    place: Literal["query", "path", "header", "cookie", "form", "file", "body"]
    default: Any = MISSING
    facts: Facts = {}
    max_size: int | None = None


class Limits(msgspec.Struct, frozen=True):
    """Bounds of a type for which msgspec knows none."""

    bounds: tuple[tuple[str, float], ...]


class Dependency(msgspec.Struct, frozen=True):
    """An argument that a function computes; see :func:`Depends`."""

    function: Callable[..., Any] | None
    use_cache: bool = True


def Query(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - reads as the type it stands beside
    """From the query string; a list takes a repeated name, a Struct all of its fields."""
    return Marker(place="query", default=default, facts=facts)


def Path(**facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """From the path."""
    return Marker(place="path", facts=facts)


def Header(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """From a header, by default the one named as the argument with dashes for underscores."""
    return Marker(place="header", default=default, facts=facts)


def Cookie(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """From a cookie."""
    return Marker(place="cookie", default=default, facts=facts)


def Form(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """From a field of a form, or as a Struct from all of them."""
    return Marker(place="form", default=default, facts=facts)


def File(default: Any = MISSING, *, max_size: int | None = None, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """An uploaded file of a form, or a list of them, each of ``max_size`` bytes at most."""
    return Marker(place="file", default=default, facts=facts, max_size=max_size)


def Body(default: Any = MISSING, **facts: Unpack[Facts]) -> Any:  # noqa: N802 - as Query
    """The JSON body, whatever its type is."""
    return Marker(place="body", default=default, facts=facts)


def Depends(function: Callable[..., Any] | None = None, *, use_cache: bool = True) -> Any:  # noqa: N802 - as Query
    """What ``function`` returns, or yields to clean up after the handler.

    Args:
        function: a function, generator function or class, sync or async, whose own parameters are
            bound as those of a handler; by default the annotated type.
        use_cache: whether all who ask for it in one request share one result.
    """
    return Dependency(function, use_cache)


def bare(annotation: Any) -> Any:
    """A type without the wrappers that say more of it: ``Annotated``, ``NewType`` and ``type X = …``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = annotation.__origin__
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


def members_of(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, wrapped as they stand there; of any other type just itself."""
    inner = bare(annotation)
    return get_args(inner) if get_origin(inner) in (Union, types.UnionType) else (annotation,)


def core_of(annotation: Any) -> Any:
    """The one type that is meant by ``X | None``, bare; a union of more stays as it is."""
    members = [member for member in members_of(annotation) if member is not types.NoneType]
    return bare(members[0]) if len(members) == 1 else bare(annotation)


def constrained(annotation: Any, facts: Facts) -> Any:
    """``annotation`` with the constraints of a marker where msgspec wants them: beside the type they speak of."""
    asked = {name: value for name, value in facts.items() if name in (*_NUMERIC, *_TEXTUAL, *_SIZES)}
    return _with(annotation, asked) if asked else annotation


def _with(annotation: Any, asked: dict[str, Any]) -> Any:
    members = members_of(annotation)
    if len(members) > 1:
        return Union[tuple(m if m is types.NoneType else _with(m, asked) for m in members)]  # noqa: UP007 - made at run time
    inner = bare(annotation)
    origin = get_origin(inner) or inner
    if origin in _ARRAYS:
        return _with_in_array(inner, origin, asked)
    if inner is Decimal:
        return Annotated[annotation, Limits(tuple(asked.items()))]
    return Annotated[annotation, msgspec.Meta(**asked)]


def _with_in_array(inner: Any, origin: Any, asked: dict[str, Any]) -> Any:
    """The length is that of the array, everything else is asked of its items."""
    sizes = {name: value for name, value in asked.items() if name in _SIZES}
    rest = {name: value for name, value in asked.items() if name not in _SIZES}
    if rest:
        items = tuple(item if item is ... else _with(item, rest) for item in get_args(inner) or (str,))
        inner = origin[items if len(items) > 1 else items[0]]
    return Annotated[inner, msgspec.Meta(**sizes)] if sizes else inner
