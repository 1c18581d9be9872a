"""How arguments are read from a request: a signature becomes a tuple of parameters once, at start."""

import inspect
import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Model

from ironbolt.bolt.exceptions import NotFound, ParseError, UnsupportedMediaType
from ironbolt.bolt.invalid import faults_of, with_whole_numbers, words_for
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs import faults_of_model
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.validation import NOT_A_NUMBER, NOT_AN_INTEGER, REQUIRED, check_characters

Place = Literal["request", "path", "query", "body"]

_MISSING = inspect.Parameter.empty
_WHOLE_NUMBER = re.compile(r"-?[0-9]+").fullmatch


class Parameter(msgspec.Struct, frozen=True):
    """One argument of a handler.

    Attributes:
        name: its name, in Python and for the client.
        place: where its value comes from.
        annotation: the type it is converted to.
        default: its value where the client sends none; ``inspect.Parameter.empty`` if it must.
        model: the model that a body is meant for, whose rules are told along with faults of type.
    """

    name: str
    place: Place
    annotation: Any = Any
    default: Any = _MISSING
    model: type[Model] | None = None

    @property
    def required(self) -> bool:
        """Whether the client must send it."""
        return self.default is _MISSING


class Binder:
    """Reads the arguments of one handler, in the order of its signature.

    Attributes:
        parameters: the handler's parameters, without ``self``.
        body: the parameter that takes the body, None if the route reads none.
    """

    __slots__ = ("_path_names", "body", "parameters")

    def __init__(self, parameters: Sequence[Parameter], path_names: Sequence[str]) -> None:
        self.parameters = tuple(parameters)
        self.body = next((parameter for parameter in parameters if parameter.place == "body"), None)
        self._path_names = tuple(path_names)

    def bind(self, request: Request, path_values: Sequence[str]) -> list[Any]:
        """The arguments for this request.

        Raises:
            NotFound: a value in the path can't be what the handler asks for.
            ParseError, UnsupportedMediaType: the body is not readable JSON.
            ValidationFailed: with every query parameter and field of the body at fault.
        """
        arguments: list[Any] = []
        faults: Details = {}
        for parameter in self.parameters:
            if parameter.place == "request":
                arguments.append(request)
            elif parameter.place == "path":
                text = path_values[self._path_names.index(parameter.name)]
                arguments.append(_from_path(parameter, text))
            elif parameter.place == "query":
                arguments.append(_from_query(parameter, request.query, faults))
            else:
                arguments.append(_from_body(parameter, request, faults))
        if faults:
            raise ValidationFailed(faults)
        return arguments


def binder_of(handler: Callable[..., Any], path: str, *, method: str, is_method: bool = False) -> Binder:
    """Read a handler's signature: ``request``, what the path names, a Struct, dict or list as body, query.

    Raises:
        ImproperlyConfigured: the path has a parameter that the handler does not take, or the body has two owners.
    """
    names = path_parameters(path)
    hints = get_type_hints(handler, include_extras=True)
    signature = list(inspect.signature(handler).parameters.values())[1 if is_method else 0 :]
    parameters = [_parameter(item, hints.get(item.name, _MISSING), names, method) for item in signature]
    missing = set(names) - {parameter.name for parameter in parameters if parameter.place == "path"}
    if missing:
        raise ImproperlyConfigured(f"{handler.__qualname__} does not take {sorted(missing)} of the path {path}.")
    if sum(parameter.place == "body" for parameter in parameters) > 1:
        raise ImproperlyConfigured(f"{handler.__qualname__} asks for the body twice.")
    return Binder(parameters, names)


def path_parameters(path: str) -> tuple[str, ...]:
    """The names between braces in a path, in order."""
    return tuple(segment[1:-1] for segment in path.split("/") if segment.startswith("{"))


def _parameter(item: inspect.Parameter, hint: Any, path_names: tuple[str, ...], method: str) -> Parameter:
    if item.name == "request":
        return Parameter("request", "request")
    if item.name in path_names:
        return Parameter(item.name, "path", str if hint is _MISSING else hint)
    kind = Any if hint is _MISSING else hint
    if _is_body(item.name, kind, method):
        return Parameter(item.name, "body", kind, item.default)
    return Parameter(item.name, "query", str if hint is _MISSING else hint, item.default)


def _is_body(name: str, annotation: Any, method: str) -> bool:
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    members = (annotation, *get_args(annotation))
    return name == "data" or any(
        (isinstance(member, type) and issubclass(member, msgspec.Struct | dict | list))
        or get_origin(member) in (dict, list)
        for member in members
    )


def _converted(text: str, annotation: Any) -> Any:
    check_characters(text)
    if annotation is str:
        return text
    if annotation is int and not _WHOLE_NUMBER(text):
        # msgspec reads 1e3 and 1.0 as well, and one object would have many addresses.
        raise ValidationError(NOT_AN_INTEGER)
    value = msgspec.convert(text, annotation, strict=False)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(NOT_A_NUMBER)
    return value


def _from_path(parameter: Parameter, text: str) -> Any:
    try:
        return _converted(text, parameter.annotation)
    except (ValidationError, msgspec.ValidationError) as error:
        sentence = words_for(error)[1] if isinstance(error, msgspec.ValidationError) else error.messages[0]
        raise NotFound(details={parameter.name: [sentence]}) from None


def _from_query(parameter: Parameter, query: dict[str, str], faults: Details) -> Any:
    text = query.get(parameter.name)
    if text is None:
        if parameter.required:
            faults[parameter.name] = [REQUIRED]
        return parameter.default
    try:
        return _converted(text, parameter.annotation)
    except ValidationError as error:
        faults[parameter.name] = error.messages
    except msgspec.ValidationError as error:
        faults[parameter.name] = [words_for(error)[1]]
    return None


def _from_body(parameter: Parameter, request: Request, faults: Details) -> Any:
    if not request.body and not parameter.required:
        return parameter.default
    if request.body or "content-type" in request.headers:
        _require_json(request.headers.get("content-type", ""))
    try:
        return msgspec.json.decode(request.body or b"{}", type=parameter.annotation)
    except msgspec.ValidationError as error:
        try:
            return _second_reading(parameter, request.body or b"{}", error, faults)
        except RecursionError as deep:
            # Python's own limit is below that of msgspec, which has read it all.
            raise ParseError(_why(deep)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(_why(error)) from None


def _second_reading(parameter: Parameter, body: bytes, error: msgspec.ValidationError, faults: Details) -> Any:
    """Read a body that does not fit its type once more, leniently with numbers, and find every fault of it."""
    plain = with_whole_numbers(_plain(body))
    with suppress(msgspec.ValidationError):
        return msgspec.convert(plain, parameter.annotation)
    faults.update(faults_of(plain, parameter.annotation) or _single(error))
    if parameter.model and isinstance(plain, dict):
        faults.update(faults_of_model(plain, parameter.annotation, parameter.model))
    return None


def _plain(body: bytes) -> Any:
    """The body as plain data; what was ill-typed on the way may turn out to be malformed behind it."""
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError as error:
        # A number of thousands of digits is no number to anybody.
        raise ValidationFailed(_single(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(_why(error)) from None


def _single(error: msgspec.ValidationError) -> Details:
    path, sentence = words_for(error)
    return {path or "non_field_errors": [sentence]}


def _why(error: Exception) -> str:
    if isinstance(error, msgspec.DecodeError):
        return f"{error}.".replace("Input data was truncated", "JSON is malformed: it ends too early")
    if isinstance(error, UnicodeDecodeError):
        return "JSON is malformed: it is not UTF-8."
    return "JSON is nested too deeply."


def _require_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType(f"Unsupported media type “{media_type}” in request.")
