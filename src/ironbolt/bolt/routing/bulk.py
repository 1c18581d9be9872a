"""The routes of bulk writes: what they take, what they answer, and under which options of their single action."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.binding import Binder, Parameter
from ironbolt.bolt.binding.signatures import hints_of
from ironbolt.bolt.routing.defaults import body_type, default_answer, default_operation, is_writable, struct_for
from ironbolt.bolt.routing.lookups import lookup_type, vars_of
from ironbolt.bolt.routing.routes import Route
from ironbolt.bolt.routing.sites import Defaults, Site, access_of, doc_of, first_of
from ironbolt.bolt.structs.fields import is_struct
from ironbolt.bolt.structs.forms import whole_form
from ironbolt.bolt.views import APIView, ViewSet
from ironbolt.bolt.views.actions import Options, more_guards_of, options_of
from ironbolt.bolt.views.bulk import BulkAction, single_of
from ironbolt.bolt.views.bulk_door import key_name_of
from ironbolt.bolt.views.featured import json_object
from ironbolt.core.keys import keys_schema
from ironbolt.features.bulk import Kind, most_of
from ironbolt.features.bulk.acting import key_field_of
from ironbolt.features.bulk.describing import MODE_MEANING
from ironbolt.features.bulk.passed_over import SINGLE, own_single, words_against
from ironbolt.features.bulk.payload import MODE
from ironbolt.features.bulk.running import MULTI_STATUS

_OURS = "ironbolt."
"""Where the handlers lie that bulk writes take the place of, and the decorators that they heed."""

_SAVING = {"create": "create_object", "update": "update_object", "destroy": "delete_object"}


class Fault(msgspec.Struct):
    """Why an item could not be done."""

    code: str
    message: str
    details: dict[str, list[str]]


class DeletedMany(msgspec.Struct):
    """What a bulk deletion answers."""

    deleted: int


class DeletedOne(msgspec.Struct, omit_defaults=True):
    """What became of one item."""

    index: Annotated[int, msgspec.Meta(ge=0, examples=[0])]
    status: Annotated[int, msgspec.Meta(examples=[201])]
    error: Fault | msgspec.UnsetType = msgspec.UNSET


@cache
def outcome_of(struct: Any) -> type[msgspec.Struct]:
    """What became of one item, with the object as it is shown."""
    fields = [("data", struct | msgspec.UnsetType, msgspec.UNSET)]
    return msgspec.defstruct(f"{struct.__name__}Outcome", fields, bases=(DeletedOne,), module=struct.__module__)


def takes_arrays(view: type[ViewSet], action: str) -> bool:
    """Whether a single action of a class takes an array as well: where who may create one may create many."""
    many = vars_of(view).get("bulk_create") if action == "create" else None
    return isinstance(many, BulkAction) and not _has_guards(many)


def _has_guards(item: BulkAction) -> bool:
    """Whether a bulk action asks more than its single one, whose address could not ask it for arrays alone."""
    options = options_of(item.fn, item.options)
    return options.auth is not None or options.guards is not None or bool(more_guards_of(item.fn))


def with_arrays(binder: Binder, view: Any) -> Binder:
    """The binder of a single action that takes an array too."""
    parameters = [
        msgspec.structs.replace(item, arrays="also", most=most_of(view)) if item.place == "body" else item
        for item in binder.parameters
    ]
    return Binder([*parameters, mode_parameter()], ())


def without_mode(handler: Callable[..., Any]) -> Callable[..., Any]:
    """An action that finds out the mode by itself, as overrides of it know nothing of one."""

    def call(view: Any, request: Any, data: Any, partial: Any) -> Any:
        return handler(view, request, data)

    return call


def mode_parameter() -> Parameter:
    """How a client chooses between all items or none, and as many as can be."""
    return Parameter(MODE, "query", bool, None, description=MODE_MEANING)


def bulk_binder(view: Any, kind: Kind, method: str) -> Binder:
    """How the arguments of a bulk action are read: ``request`` and the body; items are read by the action."""
    parameters = [Parameter("request", "request"), _body(view, kind, method), mode_parameter()]
    return Binder(parameters, ())


def _body(view: Any, kind: Kind, method: str) -> Parameter:
    most, model = most_of(view), view.model_class()
    if kind == "destroy":
        return Parameter("data", "body", json_object(keys_schema(model, most)))
    form = body_type(view, single_of(kind, method))
    item = with_key(form, view) if kind == "update" else form
    return Parameter("data", "body", item, model=model, arrays="only", most=most)


def with_key(form: Any, view: Any) -> Any:
    """A form with the key that says which row it is for, as the description has it."""
    shown = struct_for(view, "retrieve")
    if not is_struct(form) or shown is None:
        return form
    name = key_name_of(view, shown)
    if any(field.encode_name == name for field in msgspec.structs.fields(form)):
        return form
    field = key_field_of(view.model_class(), view.lookup_field)
    return _keyed(form, field.name, name, lookup_type(view, field.name))


@cache
def _keyed(form: Any, attribute: str, name: str, kind: Any) -> Any:
    namespace = {"__doc__": form.__doc__, "__module__": form.__module__, "__whole__": whole_form(form)}
    fields = {"__annotations__": {attribute: kind}, attribute: msgspec.field(name=name)}
    return type(form)(
        f"{form.__name__}Item",
        (form,),
        {**namespace, **fields},
        kw_only=True,
        forbid_unknown_fields=form.__struct_config__.forbid_unknown_fields,
    )


def bulk_answers(view: Any, kind: Kind) -> tuple[Any, dict[int, Any]]:
    """The type of what is answered where all was done, and by status that of what becomes of each item."""
    if kind == "destroy":
        return DeletedMany, {MULTI_STATUS: list[DeletedOne]}
    shown: Any = default_answer(view, "retrieve")
    outcomes: Any = list[outcome_of(shown)] if is_struct(shown) else Any  # type: ignore[misc]  # made at run time
    return list[shown], {MULTI_STATUS: outcomes}


def default_answers(view: Any, action: str) -> tuple[Any, dict[int, Any]]:
    """The same of an action of Ironbolt's own, which may take one object or many."""
    one = default_answer(view, action)
    if not takes_arrays(view, action):
        return one, {}
    many, others = bulk_answers(view, "create")
    return one | many, others


def options_of_single(view: type[ViewSet], kind: Kind, method: str) -> Options:
    """What was said of the single action, whose guards hold for many objects too."""
    return options_of(getattr(view, single_of(kind, method)))


def bulk_routes(site: Site, item: BulkAction, path: str, defaults: Defaults) -> Iterator[Route]:
    """The routes of a bulk action: its own, and for an update those of the collection; where there is a single one.

    Raises:
        ImproperlyConfigured: a handler of one's own does that, which a bulk write would pass over.
    """
    view: Any = site.view
    if item.kind != "destroy" and not is_writable(view):
        return
    sites = [site]
    if item.kind == "update":
        sites += [msgspec.structs.replace(site, method=method, path=path) for method in ("PUT", "PATCH")]
    served = [one for one in sites if getattr(view, single_of(item.kind, one.method), None) is not None]
    if served:
        _refuse_passed_over(view, item)
    for one in served:
        yield _bulk_route(one, item, defaults)


def _refuse_passed_over(view: Any, item: BulkAction) -> None:
    bulk = item.fn.__name__
    own = own_single(view, bulk, (_OURS,)) or _of_another_form(view, bulk)
    if own is not None:
        raise ImproperlyConfigured(words_against(view, bulk, own, _SAVING))


def _of_another_form(view: Any, bulk: str) -> tuple[type[Any], str] | None:
    """A handler that does no more than its signature says, and that says another Struct than the class."""
    for name in SINGLE[bulk]:
        handler = getattr(view, name, None)
        if handler is None or hasattr(handler, "__ironbolt_default__"):
            continue
        if hints_of(handler).get("data", Any) not in (Any, body_type(view, name)):
            return next(kind for kind in view.__mro__ if name in vars(kind)), name
    return None


def _bulk_route(site: Site, item: BulkAction, defaults: Defaults) -> Route:
    """A route that does many times what a single action does, for those who may do both."""
    view: Any = site.view
    options, single = options_of(item.fn, item.options), options_of_single(view, item.kind, site.method)
    more = (*(single.guards or ()), *more_guards_of(getattr(view, single_of(item.kind, site.method))))
    auth = first_of(options.auth, single.auth, view.auth, defaults.auth)
    guards = (*first_of(options.guards, view.guards, defaults.guards), *more)
    answer, others = bulk_answers(view, item.kind)
    binder = bulk_binder(view, item.kind, site.method)
    form = binder.body.annotation if binder.body else None
    return Route(
        method=site.method,
        path=site.path,
        endpoint=without_mode(item.fn),
        view=view,
        action=site.action,
        binder=binder,
        mode="unit",
        status=options.status_code or (201 if item.kind == "create" else 200),
        operation=default_operation(view, site.action, site.method, site.path, form),
        doc=doc_of(
            item.fn,
            f"{view.__name__}_{site.action}",
            options,
            view,
            answer,
            others=others,
            can_conflict=True,
            can_miss=item.kind != "create",
        ),
        safe_db_errors=view.SAFE_DB_ERRORS,
        logs_requests=view.LOG_REQUESTS,
        handles_errors=view.handle_exception is not APIView.handle_exception,
        **access_of(site, item.fn, msgspec.structs.replace(options, auth=auth, guards=guards), defaults),
    )
