"""From functions and classes to routes: everything that can be decided at start is decided here."""

import datetime
import inspect
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_type_hints

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.binding import Binder, Parameter, binder_of
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.pagination import Page
from ironbolt.bolt.reading import row_reader
from ironbolt.bolt.routing import Mode, Route, RouteDoc
from ironbolt.bolt.structs import patch_form, public_names, put_form
from ironbolt.bolt.views import READ, APIView, ModelViewSet, ReadOnlyModelViewSet, ViewSet
from ironbolt.core.operation import Operation

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")

COLLECTION_ACTIONS = {"list": "GET", "create": "POST"}
DETAIL_ACTIONS = {"retrieve": "GET", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}


_LOOKUP_TYPES: dict[Any, type] = {
    models.IntegerField: int,
    models.UUIDField: uuid.UUID,
    models.DateTimeField: datetime.datetime,
    models.DateField: datetime.date,
    models.CharField: str,
    models.TextField: str,
}
"""What a lookup in a path is read as, by the field that it is compared with."""


class Deleted(msgspec.Struct):
    """What a deletion answers."""

    deleted: bool


class Defaults(msgspec.Struct, frozen=True):
    """What an API decides for all its routes."""

    auth: tuple[Authentication, ...] = ()
    guards: tuple[Guard, ...] = ()
    envelope: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration may decide for one route; None leaves it to the class, then to the API."""

    auth: Sequence[Authentication] | None = None
    guards: Sequence[Guard] | None = None
    status_code: int | None = None
    response_model: Any = None
    tags: Sequence[str] | None = None
    summary: str | None = None


def function_route(method: str, path: str, handler: Callable[..., Any], options: Options, defaults: Defaults) -> Route:
    """The route of a plain function."""
    return Route(
        method=method,
        path=path,
        endpoint=handler,
        binder=binder_of(handler, path, method=method),
        mode=_mode_of(handler),
        status=options.status_code or 200,
        doc=_doc(handler, handler.__name__, options, answer=_answer_of(handler, options)),
        **_access(method, options, None, defaults),
    )


def view_routes(path: str, view: type[APIView], defaults: Defaults) -> Iterator[Route]:
    """A route for every HTTP method that the class has a handler for."""
    for verb in VERBS:
        if handler := getattr(view, verb, None):
            yield _method_route(verb.upper(), path, view, handler, defaults)


def viewset_routes(path: str, view: type[ViewSet], defaults: Defaults) -> Iterator[Route]:
    """A route for every action that the class implements or inherits."""
    lookup = _lookup_name(view)
    for actions, place in ((COLLECTION_ACTIONS, path), (DETAIL_ACTIONS, f"{path}/{{{lookup}}}")):
        for name, method in actions.items():
            handler = getattr(view, name, None)
            if handler is None:
                continue
            if hasattr(handler, "__ironbolt_default__"):
                yield _default_route(method, place, view, name, defaults)
            else:
                yield _method_route(method, place, view, handler, defaults)


def _method_route(
    method: str, path: str, view: type[APIView], handler: Callable[..., Any], defaults: Defaults
) -> Route:
    options = Options()
    return Route(
        method=method,
        path=path,
        endpoint=handler,
        view=view,
        action=handler.__name__,
        binder=binder_of(handler, path, method=method, is_method=True),
        mode=_mode_of(handler),
        status=201 if handler.__name__ == "create" else 200,
        doc=_doc(handler, f"{view.__name__}_{handler.__name__}", options, view, _answer_of(handler, options)),
        safe_db_errors=view.SAFE_DB_ERRORS,
        **_access(method, options, view, defaults),
    )


def _default_route(method: str, path: str, view: Any, action: str, defaults: Defaults) -> Route:
    handler = getattr(view, action)
    model: type[models.Model] = view.model()
    reads = handler.__ironbolt_default__ == READ
    detail = action in DETAIL_ACTIONS
    body = _body_struct(view, action)
    return Route(
        method=method,
        path=path,
        endpoint=handler,
        view=view,
        action=action,
        binder=_default_binder(view, action, path, body),
        mode="thread" if reads else "unit",
        status=201 if action == "create" else 200,
        operation=None if reads else _operation(method, path, action, model, body),
        doc=_doc(
            handler,
            f"{view.__name__}_{action}",
            Options(summary=f"{(handler.__doc__ or '').strip().rstrip('.')}: {model._meta.verbose_name}"),
            view,
            _default_answer(view, action),
            can_conflict=not reads,
            can_miss=detail or (action == "list" and view.pagination_class is not None),
        ),
        safe_db_errors=view.SAFE_DB_ERRORS,
        **_access(method, Options(), view, defaults),
    )


def _default_binder(view: type[ReadOnlyModelViewSet], action: str, path: str, body: Any) -> Binder:
    parameters = [Parameter("request", "request")]
    names: tuple[str, ...] = ()
    if body is not None:
        parameters.append(Parameter("data", "body", body, model=view.model()))
    if action in DETAIL_ACTIONS:
        names = (_lookup_name(view),)
        parameters.append(Parameter(names[0], "path", _lookup_type(view)))
    return Binder(parameters, names)


def _body_struct(view: type[ReadOnlyModelViewSet], action: str) -> type[msgspec.Struct] | None:
    if not issubclass(view, ModelViewSet):
        return None
    if action == "create":
        return view.create_struct()
    if action == "update":
        return put_form(view.update_struct())
    return patch_form(view.update_struct()) if action == "partial_update" else None


def _operation(
    method: str, path: str, action: str, model: type[models.Model], body: type[msgspec.Struct] | None
) -> Operation:
    names = public_names(body, model) if body else {}
    return Operation(action=action, door="bolt", method=method, path=path, model=model, public_names=names)


def _default_answer(view: Any, action: str) -> Any:
    if action == "destroy":
        return Deleted
    struct = view.list_struct() if action == "list" else view.detail_struct()
    row_reader(struct, view.model())
    if action != "list":
        return struct
    return Page[struct] if view.pagination_class else list[struct]  # type: ignore[valid-type]  # made at run time


def _lookup_name(view: type[ViewSet]) -> str:
    return view.lookup_field


def _lookup_type(view: type[ReadOnlyModelViewSet]) -> Any:
    model = view.model()
    name = view.lookup_field
    field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    for kind, read_as in _LOOKUP_TYPES.items():
        if isinstance(field, kind):
            return read_as
    raise ImproperlyConfigured(
        f"{view.__name__}: a {type(field).__name__} can't stand in a path; set lookup_field to a field that can."
    )


def _mode_of(handler: Callable[..., Any]) -> Mode:
    return "loop" if inspect.iscoroutinefunction(handler) else "thread"


def _answer_of(handler: Callable[..., Any], options: Options) -> Any:
    if options.response_model is not None:
        return options.response_model
    return get_type_hints(handler).get("return", Any)


def _access(method: str, options: Options, view: type[APIView] | None, defaults: Defaults) -> dict[str, Any]:
    """Auth and guards of a route: its own, else those of its class, else those of the API."""
    auth = _first(options.auth, view.auth if view else None, defaults.auth)
    guards = _first(options.guards, view.guards if view else None, defaults.guards)
    needed = tuple(guard for guard in guards if not guard.passes_always(method))
    if needed and not auth:
        where = view.__name__ if view else "a function"
        raise ImproperlyConfigured(f"{method} of {where} has guards but no authentication: nobody could ever pass.")
    return {"auth": tuple(auth), "guards": needed, "envelope": defaults.envelope}


def _first(*candidates: Any) -> Any:
    return next(candidate for candidate in candidates if candidate is not None)


def _doc(
    handler: Callable[..., Any],
    name: str,
    options: Options,
    view: type[APIView] | None = None,
    answer: Any = Any,
    **facts: bool,
) -> RouteDoc:
    first, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n")
    tags = options.tags if options.tags is not None else (view.tags if view else ())
    return RouteDoc(
        name=name,
        summary=options.summary or first.rstrip("."),
        description=rest.strip(),
        tags=tuple(tags),
        answer=answer,
        **facts,
    )
