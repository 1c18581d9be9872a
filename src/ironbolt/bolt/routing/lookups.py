"""What an object is named by in a path: the name, and the type that it is read as."""

import datetime
import inspect
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from ironbolt.bolt.binding.signatures import hints_of
from ironbolt.bolt.views import ActionHandler, ViewSet

DETAIL_ACTIONS = {"retrieve": "GET", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}

_NOT_LOOKUPS = {"self", "request", "data"}

_READ_AS: dict[Any, type] = {
    models.IntegerField: int,
    models.UUIDField: uuid.UUID,
    models.DateTimeField: datetime.datetime,
    models.DateField: datetime.date,
    models.CharField: str,
    models.TextField: str,
}
"""What a lookup in a path is read as, by the field that it is compared with."""


def lookup_name(view: type[ViewSet]) -> str:
    """The name between the braces: that of the class, or the one that its handlers use instead of ``pk``.

    Where it has no handlers of its own, its own ``get_object`` may name it.

    Raises:
        ImproperlyConfigured: the handlers use several names, or another than the class says.
    """
    declared = next((cls.__dict__["lookup_field"] for cls in view.__mro__ if "lookup_field" in cls.__dict__), "pk")
    said = declared != "pk"
    used = {name for handler in _detail_handlers(view) if (name := _name_used(handler, declared))}
    if len(used) > 1 or (said and used - {declared}):
        names = " and ".join(sorted(used | ({declared} if said else set())))
        raise ImproperlyConfigured(f"{view.__name__} names its objects by {names}; one name must do.")
    if not used and not said and view.get_object is not ViewSet.get_object:
        return _name_used(view.get_object, declared) or declared
    return next(iter(used), declared)


def _detail_handlers(view: type[ViewSet]) -> Iterable[Callable[..., Any]]:
    for name in DETAIL_ACTIONS:
        handler = getattr(view, name, None)
        if handler is not None and not hasattr(handler, "__ironbolt_default__"):
            yield handler
    for item in vars_of(view).values():
        if isinstance(item, ActionHandler) and item.detail:
            yield item.fn


def vars_of(view: type[Any]) -> dict[str, Any]:
    """Everything that stands in a class or its bases, by name; what a subclass says goes first."""
    return {name: item for cls in reversed(view.__mro__) for name, item in cls.__dict__.items()}


def _name_used(handler: Callable[..., Any], declared: str) -> str | None:
    """The first parameter that can only be the lookup: required, and neither request nor body."""
    parameters = inspect.signature(handler).parameters
    if declared in parameters:
        return declared
    for parameter in parameters.values():
        plain = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if plain and parameter.name not in _NOT_LOOKUPS and parameter.default is parameter.empty:
            return parameter.name
    return None


def lookup_type(view: type[ViewSet], name: str) -> Any:
    """What the value in the path is read as: by the view's own ``get_object``, else by the model's field of that name.

    Raises:
        ImproperlyConfigured: values of that field can't stand in a path.
    """
    if view.get_object is not ViewSet.get_object and (said := hints_of(view.get_object).get(name, Any)) is not Any:
        return said
    model = view.model_class()
    if model is None:
        return str
    try:
        field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        raise ImproperlyConfigured(
            f"{view.__name__}: {model.__name__} has no field {name!r} to find an object by; set lookup_field."
        ) from None
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    for kind, read_as in _READ_AS.items():
        if isinstance(field, kind):
            return read_as
    raise ImproperlyConfigured(
        f"{view.__name__}: a {type(field).__name__} can't stand in a path; set lookup_field to a field that can."
    )
