"""The routes of Ironbolt's own actions: their arguments, their bodies, their answers."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ironbolt.bolt.binding import Binder, Parameter
from ironbolt.bolt.routing.lookups import DETAIL_ACTIONS, lookup_type
from ironbolt.bolt.structs.fields import public_names
from ironbolt.bolt.structs.filling import form_for, is_shown_only
from ironbolt.bolt.structs.inputs import check_nested
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.bolt.views import ViewSet
from ironbolt.bolt.views.mixins import CreateMixin, UpdateMixin
from ironbolt.core.operation import Operation

BODIES = ("create", "update", "partial_update")


class Deleted(msgspec.Struct):
    """What a deletion answers."""

    deleted: bool


def struct_for(view: type[ViewSet], action: str) -> type[msgspec.Struct] | None:
    """The Struct that a view set has for an action, asked without a request; None where it has none.

    A view that decides by the request can't say yet; then the attributes of the class count.
    """
    asked = view()
    asked.action = action
    try:
        return asked.get_serializer_class(action)
    except ImproperlyConfigured:
        return None
    except Exception:  # noqa: BLE001 - there is no request to decide by
        try:
            return ViewSet.get_serializer_class(asked, action)
        except ImproperlyConfigured:
            return None


def decides_by_request(view: type[ViewSet], action: str) -> bool:
    """Whether the Struct of an action depends on who asks, so that it is not known before."""
    asked = view()
    asked.action = action
    try:
        asked.get_serializer_class(action)
    except AttributeError:
        return True
    except ImproperlyConfigured:
        return False
    return False


def is_writable(view: type[ViewSet]) -> bool:
    """Whether somebody has declared what may be written; from a model alone nothing may."""
    declared = (view.create_serializer_class, view.update_serializer_class, view.serializer_class)
    own = view.get_serializer_class is not ViewSet.get_serializer_class
    return view.model_class() is None or own or any(struct is not None for struct in declared)


def body_type(view: type[ViewSet], action: str) -> Any:
    """What a default action takes as its body; anything where only the request will tell."""
    struct = struct_for(view, action)
    if decides_by_request(view, action):
        return Any
    if struct is None:
        return dict
    model = view.model_class()
    if model is not None and not is_shown_only(view, struct) and _writes_rows_itself(view, action):
        check_nested(struct, model)
    return form_for(view, struct, action)


def _writes_rows_itself(view: type[ViewSet], action: str) -> bool:
    """Whether nobody has taken over the writing, with Structs of whatever shape."""
    if action == "create":
        return getattr(view, "create_object", None) is CreateMixin.create_object
    return getattr(view, "update_object", None) is UpdateMixin.update_object


def default_binder(view: type[ViewSet], action: str, lookup: str) -> Binder:
    """How the arguments of a default action are read: ``request``, the body, the lookup."""
    parameters = [Parameter("request", "request")]
    if action in BODIES:
        parameters.append(Parameter("data", "body", body_type(view, action), model=view.model_class()))
    if action in DETAIL_ACTIONS:
        parameters.append(Parameter(lookup, "path", lookup_type(view, lookup), model=view.model_class()))
        return Binder(parameters, (lookup,))
    return Binder(parameters, ())


def default_endpoint(handler: Callable[..., Any], action: str, lookup: str) -> Callable[..., Any]:
    """The action with its lookup given by name, as overrides of it take it."""
    return _by_name(handler, lookup) if action in DETAIL_ACTIONS else handler


def feature_binder(view: type[ViewSet], body: Any, lookup: str) -> Binder:
    """How the arguments of a feature's action are read: ``request``, the body if it takes one, the lookup if it has."""
    parameters = [Parameter("request", "request")]
    if body is not None:
        parameters.append(Parameter("data", "body", body))
    if lookup:
        parameters.append(Parameter(lookup, "path", lookup_type(view, lookup), model=view.model_class()))
    return Binder(parameters, (lookup,) if lookup else ())


def feature_endpoint(handler: Callable[..., Any], lookup: str) -> Callable[..., Any]:
    """The action with its lookup given by name."""
    return _by_name(handler, lookup) if lookup else handler


def _by_name(handler: Callable[..., Any], lookup: str) -> Callable[..., Any]:
    def call(view: Any, *arguments: Any) -> Any:
        *others, value = arguments
        return handler(view, *others, **{lookup: value})

    return call


def default_operation(view: type[ViewSet], action: str, method: str, path: str, body: Any) -> Operation:
    """What a default write enters the pipeline as."""
    model: type[models.Model] | None = view.model_class()
    is_struct = isinstance(body, type) and issubclass(body, msgspec.Struct)
    names = public_names(body, model) if model and is_struct else None
    return Operation(action=action, door="bolt", method=method, path=path, model=model, public_names=names)


def default_answer(view: type[ViewSet], action: str) -> Any:
    """What a default action answers, for the description; a Struct that its model can't fill is refused here."""
    if action == "destroy":
        return Deleted
    model = view.model_class()
    struct = struct_for(view, "list" if action == "list" else "retrieve")
    if model is None:
        return Any
    if struct is None:
        raise ImproperlyConfigured(f"{view.__name__} has a queryset, but no serializer_class says how its rows look.")
    _check_annotations(view, struct, row_reader(struct, model).annotations)
    if action != "list":
        return struct
    return view.pagination_class.answer(struct) if view.pagination_class else list[struct]  # type: ignore[valid-type]  # made at run time


def _check_annotations(view: type[ViewSet], struct: type[msgspec.Struct], wanted: frozenset[str]) -> None:
    """Refuse a Struct that reads what the queryset does not annotate, where the queryset is known already."""
    if (
        not wanted
        or view.get_queryset is not ViewSet.get_queryset
        or view.filter_queryset is not ViewSet.filter_queryset
    ):
        return
    there: Collection[str] = () if view.queryset is None else view.queryset.query.annotations
    if missing := sorted(wanted.difference(there)):
        has = f"It annotates: {', '.join(there)}" if there else "It annotates nothing"
        raise ImproperlyConfigured(
            f"{struct.__name__} reads {', '.join(map(repr, missing))}, which neither the model nor the queryset of "
            f"{view.__name__} has. {has}."
        )
