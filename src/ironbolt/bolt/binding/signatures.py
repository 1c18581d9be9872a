"""What a handler asks for: its signature, read once at start."""

import builtins
import copy
import inspect
import sys
import types
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model

from ironbolt.bolt.params import MISSING, Dependency, Marker, bare, constrained, core_of, members_of
from ironbolt.bolt.request import Request
from ironbolt.core.sockets import METHOD as SOCKET

Place = Literal["request", "path", "query", "header", "cookie", "form", "file", "body", "depends", "fixed", "rest"]

WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", SOCKET)
"""Methods whose requests carry no body."""

_SOCKETS = frozenset({"socket", "websocket", "ws"})
"""How a parameter without an annotation may be called that takes the socket."""

_ARRAYS = (list, set, frozenset, tuple)
_BUILT_IN = {name: getattr(builtins, name) for name in ("dict", "frozenset", "list", "set", "tuple", "type")}


class Parameter(msgspec.Struct, frozen=True):
    """One argument of a handler.

    Attributes:
        name: its name in Python.
        place: where its value comes from; ``fixed`` is always the default, ``rest`` is ``**kwargs``.
        annotation: the type it is converted to, constraints included.
        default: its value where the client sends none; ``inspect.Parameter.empty`` if it must or a factory makes it.
        model: the model that a body is meant for, whose rules are told along with faults of type, or
            that a path names an object of.
        factory: makes the default anew for each request.
        alias: the name that the client uses, if another.
        description: what it is for.
        examples: values a client may send.
        max_size: the most bytes of one uploaded file.
        keyword: whether it is passed by name only.
        dependency: what computes it.
        joined: whether several values stand in one text, with commas between.
        may_be_empty: whether an empty value counts as none.
        arrays: whether a body may also be an array of such values, or only be one; its items are read later.
        most: the most items of such an array.
    """

    name: str
    place: Place
    annotation: Any = Any
    default: Any = MISSING
    model: type[Model] | None = None
    factory: Callable[[], Any] | None = None
    alias: str = ""
    description: str = ""
    examples: tuple[Any, ...] = ()
    max_size: int | None = None
    keyword: bool = False
    dependency: Dependency | None = None
    joined: bool = False
    may_be_empty: bool = False
    arrays: Literal["", "also", "only"] = ""
    most: int | None = None

    @property
    def described(self) -> Any:
        """The type of a body for the description."""
        if not self.arrays or self.annotation is Any:
            return self.annotation
        many: Any = Annotated[list[self.annotation], msgspec.Meta(min_length=1, max_length=self.most)]  # type: ignore[name-defined]  # made at run time
        return many if self.arrays == "only" else self.annotation | many

    @property
    def required(self) -> bool:
        """Whether the client must send it."""
        return self.default is MISSING and self.factory is None

    @property
    def wire_name(self) -> str:
        """Its name for the client."""
        return self.alias or (self.name.replace("_", "-") if self.place == "header" else self.name)

    @property
    def style(self) -> tuple[str, bool] | None:
        """How OpenAPI calls the way in which several values are written: style and explode; None for one value."""
        if (get_origin(core_of(self.annotation)) or core_of(self.annotation)) not in _ARRAYS:
            return None
        return ("simple", False) if self.place in ("header", "path") else ("form", not self.joined)

    @property
    def group(self) -> type[msgspec.Struct] | None:
        """The Struct whose fields are parameters of their own."""
        core = core_of(self.annotation)
        grouped = self.place in ("query", "header", "cookie", "form") and _is_a(core, msgspec.Struct)
        return core if grouped else None

    def members(self) -> tuple["Parameter", ...]:
        """The fields of the group as parameters; itself if it is none."""
        if self.group is None:
            return (self,)
        return tuple(_member(self.place, field) for field in msgspec.structs.fields(self.group))


class Signed(msgspec.Struct, frozen=True):
    """Whose signature is read, and for which route.

    Attributes:
        function: the handler or dependency.
        path: the template of the path.
        method: the HTTP method.
    """

    function: Callable[..., Any]
    path: str
    method: str

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names between braces in the path, in order."""
        return tuple(segment[1:-1] for segment in self.path.split("/") if segment.startswith("{"))

    def refuse(self, name: str, reason: str) -> ImproperlyConfigured:
        """The error that says what is wrong with a parameter."""
        return ImproperlyConfigured(f"{name_of(self.function)}: {name} {reason}")


def name_of(function: Any) -> str:
    """How a function is called in messages."""
    return getattr(function, "__qualname__", None) or repr(function)


def parameters_of(signed: Signed, *, is_method: bool = False) -> tuple[Parameter, ...]:
    """The parameters of a function, ``self`` left out.

    Raises:
        ImproperlyConfigured: one can never be read from a request.
    """
    hints = hints_of(signed.function)
    items = list(inspect.signature(signed.function).parameters.values())[1 if is_method else 0 :]
    taken = [item for item in items if item.kind is not inspect.Parameter.VAR_POSITIONAL]
    return tuple(_parameter(item, hints.get(item.name, MISSING), signed) for item in taken)


def hints_of(function: Any) -> dict[str, Any]:
    """The annotations of a function or class, resolved; ``list`` and its like are the built-in types.

    Where a class has a method called ``list``, its other methods still mean the type.
    """
    source: Any = function
    while isinstance(source, partial):
        source = source.func
    if isinstance(source, type):
        source = source if _is_a(source, msgspec.Struct) else source.__init__  # type: ignore[misc]  # looked at only
    elif not inspect.isroutine(source):
        source = type(source).__call__
    source = getattr(inspect.unwrap(source), "__func__", source)
    try:
        return get_type_hints(_evaluated(source), localns=dict(_BUILT_IN), include_extras=True)
    except NameError as error:
        raise ImproperlyConfigured(f"{name_of(function)}: an annotation can't be resolved: {error}.") from error


def _evaluated(source: Any) -> Any:
    """Something that has the annotations of ``source``, evaluated where Python 3.14 has yet to do it."""
    annotate = getattr(source, "__annotate__", None) if sys.version_info >= (3, 14) else None
    if not isinstance(annotate, types.FunctionType) or "__classdict__" not in annotate.__code__.co_freevars:
        return source
    cells = dict(zip(annotate.__code__.co_freevars, annotate.__closure__ or (), strict=True))
    outer = cells["__classdict__"].cell_contents
    cells["__classdict__"] = types.CellType({name: outer[name] for name in outer if name not in _BUILT_IN})
    again = types.FunctionType(annotate.__code__, annotate.__globals__, closure=tuple(cells.values()))
    holder = types.FunctionType(source.__code__, source.__globals__, closure=source.__closure__)
    holder.__annotations__ = again(1)
    return holder


def _parameter(item: inspect.Parameter, hint: Any, signed: Signed) -> Parameter:
    keyword = item.kind is inspect.Parameter.KEYWORD_ONLY
    if item.kind is inspect.Parameter.VAR_KEYWORD:
        return Parameter(item.name, "rest")
    asks = _is_a(hint, Request) and not isinstance(item.default, Marker | Dependency)
    if item.name == "request" or asks or _takes_socket(item, hint, signed):
        if asks and hint.is_socket and signed.method != SOCKET:
            raise signed.refuse(item.name, "is a WebSocket, and only @api.websocket(…) has one.")
        return Parameter(item.name, "request", keyword=keyword)
    marker, hint, default = _marker_of(item, hint)
    if isinstance(marker, Dependency):
        function = marker.function or (None if hint is MISSING else core_of(hint))
        if function is Any or not callable(function):
            raise signed.refuse(item.name, "depends on nothing that could be called.")
        return Parameter(item.name, "depends", dependency=Dependency(function, marker.use_cache), keyword=keyword)
    default, factory = _default(default)
    plain = Parameter(item.name, "query", str if hint is MISSING else hint, default, factory=factory, keyword=keyword)
    if marker is not None:
        return _checked(_marked(plain, marker), signed)
    return _checked(_unmarked(plain, hint, signed), signed)


def _takes_socket(item: inspect.Parameter, hint: Any, signed: Signed) -> bool:
    """Whether a parameter is the socket by its name alone."""
    plain = hint is MISSING and item.default is MISSING and item.name not in signed.path_names
    return plain and signed.method == SOCKET and item.name in _SOCKETS


def _marker_of(item: inspect.Parameter, hint: Any) -> tuple[Marker | Dependency | None, Any, Any]:
    """The marker of a parameter, its annotation without it, and its default."""
    if isinstance(item.default, Dependency):
        return item.default, hint, MISSING
    if isinstance(item.default, Marker):
        return item.default, hint, item.default.default
    if get_origin(hint) is Annotated:
        marker = next((meta for meta in hint.__metadata__ if isinstance(meta, Marker | Dependency)), None)
        if marker is not None:
            rest = tuple(meta for meta in hint.__metadata__ if meta is not marker)
            kind = Annotated[(hint.__origin__, *rest)] if rest else hint.__origin__
            inside = marker.default if isinstance(marker, Marker) else MISSING
            return marker, kind, inside if item.default is MISSING else item.default
    return None, hint, item.default


def _default(default: Any) -> tuple[Any, Callable[[], Any] | None]:
    """A default and its factory: what handlers could change is copied for each request."""
    if default is ...:
        return MISSING, None
    if isinstance(default, list | dict | set):
        return MISSING, partial(copy.copy, default)
    return default, None


def _marked(plain: Parameter, marker: Marker) -> Parameter:
    facts = marker.facts
    return msgspec.structs.replace(
        plain,
        place=marker.place,
        annotation=constrained(plain.annotation, facts),
        factory=facts.get("default_factory", plain.factory),
        alias=facts.get("alias", ""),
        description=facts.get("description", ""),
        examples=tuple(facts.get("examples", ())),
        max_size=marker.max_size,
    )


def _unmarked(plain: Parameter, hint: Any, signed: Signed) -> Parameter:
    if plain.name in signed.path_names:
        return msgspec.structs.replace(plain, place="path", default=MISSING, factory=None)
    if _names_a_file(plain.annotation):
        return msgspec.structs.replace(plain, place="file")
    kind = Any if hint is MISSING else hint
    if signed.method not in WITHOUT_BODY:
        if plain.name == "data" or _holds(kind, (msgspec.Struct, dict, list)):
            return msgspec.structs.replace(plain, place="body", annotation=kind)
    elif _holds(kind, (msgspec.Struct, dict)):
        if plain.required:
            raise signed.refuse(plain.name, f"would be the body, and {signed.method} has none; mark where it is.")
        return msgspec.structs.replace(plain, place="fixed")
    return plain


def _checked(parameter: Parameter, signed: Signed) -> Parameter:
    if parameter.place in ("form", "file", "body") and signed.method in WITHOUT_BODY:
        raise signed.refuse(parameter.name, f"comes from the body, and {signed.method} has none.")
    if parameter.place == "path" and parameter.wire_name not in signed.path_names:
        raise signed.refuse(parameter.name, "is said to be in the path, which does not name it.")
    for member in parameter.members():
        unreadable = member.place not in ("body", "file", "fixed") and _holds(member.annotation, (msgspec.Struct, dict))
        if unreadable:
            raise signed.refuse(member.name, "can't be read from text; a Struct of parameters has plain fields.")
        _check_type(member, signed)
    return parameter


def _check_type(parameter: Parameter, signed: Signed) -> None:
    """Have msgspec look at a type now, which otherwise it would do at the first request."""
    if parameter.place in ("path", "query", "header", "cookie", "form", "body"):
        try:
            msgspec.convert("", parameter.annotation, strict=False)
        except msgspec.ValidationError:
            pass  # what matters is that it can be asked
        except (TypeError, ValueError) as error:  # the second for bounds that are too large
            raise signed.refuse(parameter.name, f"has a type that can't be read: {error}.") from None


def _member(place: Place, field: msgspec.structs.FieldInfo) -> Parameter:
    has_factory = field.default_factory is not msgspec.NODEFAULT
    return Parameter(
        name=field.name,
        place="file" if place == "form" and _names_a_file(field.type) else place,
        annotation=field.type,
        default=MISSING if field.default is msgspec.NODEFAULT else field.default,
        factory=field.default_factory if has_factory else None,
        alias="" if field.encode_name == field.name else field.encode_name,
    )


def _holds(annotation: Any, kinds: Iterable[type]) -> bool:
    """Whether a type is one of ``kinds``, or a union with one."""
    cores = [bare(member) for member in members_of(annotation)]
    return any(_is_a(get_origin(core) or core, kind) for core in cores for kind in kinds)


def _names_a_file(annotation: Any) -> bool:
    core = core_of(annotation)
    return any(_is_a(kind, UploadedFile) for kind in (core, *get_args(core)))


def _is_a(kind: Any, wanted: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, wanted)
