"""From functions and classes to routes: everything that can be decided at start is decided here."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.binding import Binder, binder_of
from ironbolt.bolt.binding.signatures import hints_of
from ironbolt.bolt.routing.bulk import bulk_routes, default_answers, takes_arrays, with_arrays, without_mode
from ironbolt.bolt.routing.checks import check_rows, check_source
from ironbolt.bolt.routing.dead import VERBS, check_action, check_class, check_view, check_viewset
from ironbolt.bolt.routing.defaults import (
    BODIES,
    default_answer,
    default_binder,
    default_endpoint,
    default_operation,
    feature_binder,
    feature_endpoint,
    is_writable,
    struct_for,
)
from ironbolt.bolt.routing.lookups import DETAIL_ACTIONS, lookup_name, vars_of
from ironbolt.bolt.routing.members import Member
from ironbolt.bolt.routing.routes import Mode, Route
from ironbolt.bolt.routing.sites import Defaults, Site, access_of, doc_of, dotted_name, first_of
from ironbolt.bolt.routing.templates import check_template, joined
from ironbolt.bolt.structs.shaping import shape_of
from ironbolt.bolt.views import ActionHandler, APIView, ViewSet
from ironbolt.bolt.views.actions import READ, WRITE, Options, options_of
from ironbolt.bolt.views.bulk import BulkAction
from ironbolt.bolt.views.featured import FeatureAction
from ironbolt.bolt.views.planned import PLANNED_ACTIONS, planned, reason_against
from ironbolt.bolt.views.planned_writes import PLANNED_WRITES, planned_write, reason_against_writing
from ironbolt.core.operation import Operation

COLLECTION_ACTIONS = {"list": "GET", "create": "POST"}


def handler_route(site: Site, handler: Callable[..., Any], options: Options, defaults: Defaults) -> Route:
    """The route of somebody's own handler, a function or the method of a class."""
    options = options_of(handler, options)
    check_template(site.path, f"{site.method} {site.path}")
    answer = options.response_model if options.response_model is not None else hints_of(handler).get("return", Any)
    view = site.view
    binder = binder_of(handler, site.path, method=site.method, is_method=view is not None)
    operation = _operation_of(site, binder)
    named = handler.__name__ if view is None else f"{view.__name__}_{site.action}"
    return Route(
        method=site.method,
        path=site.path,
        endpoint=binder.endpoint(handler),
        view=view,
        action=site.action,
        binder=binder,
        mode="unit" if operation else _mode_of(handler),
        operation=operation,
        status=options.status_code or (201 if site.action == "create" else 200),
        shape=shape_of(answer, dotted_name(handler, view)),
        doc=doc_of(handler, named, options, view, answer),
        safe_db_errors=view.SAFE_DB_ERRORS if view else None,
        logs_requests=view is not None and view.LOG_REQUESTS,
        handles_errors=view is not None and view.handle_exception is not APIView.handle_exception,
        **access_of(site, handler, options, defaults),
    )


def view_routes(path: str, view: type[APIView], defaults: Defaults, *, methods: list[str] | None) -> list[Route]:
    """A route for every HTTP method that the class has a handler for.

    Mixins answer here too: those of a collection where the path has no parameter, else those of an object.

    Raises:
        ImproperlyConfigured: there is none, or not all of those that were asked for.
    """
    check_class(view, path, APIView, "view")
    _refuse_actions(view)
    wanted = {method.upper() for method in (VERBS if methods is None else methods)}
    routes = list(_verb_routes(path, view, defaults, wanted))
    if issubclass(view, ViewSet):
        check_rows(view)
        view.check_lists()
        wanted -= {route.method for route in routes}
        lookup = path.rpartition("/")[2].strip("{}") if "{" in path else ""
        for name, method in (DETAIL_ACTIONS if lookup else COLLECTION_ACTIONS).items():
            handler = getattr(view, name, None)
            if method in wanted and hasattr(handler, "__ironbolt_default__"):
                routes += _action_routes(Site(method=method, path=path, view=view, action=name), lookup, defaults)
    check_view(view, path, methods, {route.method for route in routes})
    return routes


def _verb_routes(path: str, view: type[APIView], defaults: Defaults, wanted: set[str]) -> Iterator[Route]:
    for verb in VERBS:
        handler = getattr(view, verb, None)
        if handler is not None and verb.upper() in wanted:
            site = Site(method=verb.upper(), path=path, view=view, action=verb)
            yield handler_route(site, handler, options_of(handler), defaults)


def viewset_routes(path: str, view: type[ViewSet], defaults: Defaults) -> list[Route]:
    """A route for every action that the class implements or inherits, and for its custom ones.

    Raises:
        ImproperlyConfigured: there is none, or one can't work.
    """
    check_class(view, path, ViewSet, "viewset")
    check_rows(view)
    view.check_lists()
    view.check_features()
    custom = {name: item for name, item in vars_of(view).items() if isinstance(item, ActionHandler)}
    for name, item in custom.items():
        check_action(view, name, item)
    lookup = lookup_name(view)
    detail = joined(path, f"{{{lookup}}}")
    routes: list[Route] = []
    for actions, place in ((COLLECTION_ACTIONS, path), (DETAIL_ACTIONS, detail)):
        for name, method in actions.items():
            if getattr(view, name, None) is not None:
                routes += _action_routes(Site(method=method, path=place, view=view, action=name), lookup, defaults)
    for name, item in custom.items():
        place = joined(detail if item.detail else path, item.path)
        for method in item.methods:
            site = Site(method=method, path=place, view=view, action=name)
            if isinstance(item, FeatureAction):
                routes.append(_feature_route(site, item, lookup, defaults))
            elif isinstance(item, BulkAction):
                routes += bulk_routes(site, item, path, defaults)
            else:
                routes.append(handler_route(site, item.fn, item.options, defaults))
    check_viewset(view, path, routes)
    return routes


def member_routes(view: type[APIView], defaults: Defaults) -> Iterator[tuple[Member, Route]]:
    """The routes that were registered inside the body of a class, under their own absolute paths."""
    for name, member in vars_of(view).items():
        if isinstance(member, Member):
            site = Site(method=member.method, path=member.path, view=view, action=name)
            yield member, handler_route(site, member.fn, member.options, defaults)


def _refuse_actions(view: type[APIView]) -> None:
    for name, item in vars_of(view).items():
        if isinstance(item, ActionHandler):
            raise ImproperlyConfigured(
                f"{view.__name__}.{name} is an @action, which needs the paths that api.viewset() gives; "
                "api.view() has only one."
            )


def _action_routes(site: Site, lookup: str, defaults: Defaults) -> Iterator[Route]:
    handler = getattr(site.view, site.action)
    if not hasattr(handler, "__ironbolt_default__"):
        yield handler_route(site, handler, options_of(handler), defaults)
    elif site.action not in BODIES or is_writable(site.view):  # type: ignore[arg-type]  # actions belong to view sets
        yield _default_route(site, handler, lookup, defaults)


def _default_route(site: Site, handler: Any, lookup: str, defaults: Defaults) -> Route:
    view: Any = site.view
    check_source(view, site.action)
    # Over plain data there is nothing to begin a transaction for.
    reads = handler.__ironbolt_default__ == READ or view.model_class() is None
    lookup = lookup or lookup_name(view)
    binder, endpoint = default_binder(view, site.action, lookup), default_endpoint(handler, site.action, lookup)
    answer, others = default_answers(view, site.action)
    body = form = binder.body.annotation if binder.body else None
    if takes_arrays(view, site.action):
        binder, endpoint, form = with_arrays(binder, view), without_mode(endpoint), Any
    options = _options_of_default(site, handler, view.model_class())
    plans = _plans_of(view, site.action, form, lookup)
    paged = site.action == "list" and view.pagination_class is not None and view.pagination_class.can_miss
    return Route(
        method=site.method,
        path=site.path,
        endpoint=endpoint,
        view=view,
        action=site.action,
        binder=binder,
        mode="unit" if not reads else "plan" if plans["planned"] else "thread",
        **plans,
        status=options.status_code or (201 if site.action == "create" else 200),
        operation=None if reads else default_operation(view, site.action, site.method, site.path, body),
        doc=doc_of(
            handler,
            f"{view.__name__}_{site.action}",
            options,
            view,
            answer,
            others=others,
            can_conflict=not reads,
            can_miss=site.action in DETAIL_ACTIONS or paged,
        ),
        safe_db_errors=view.SAFE_DB_ERRORS,
        logs_requests=view.LOG_REQUESTS,
        handles_errors=view.handle_exception is not APIView.handle_exception,
        **access_of(site, handler, options, defaults),
    )


def _feature_route(site: Site, item: FeatureAction, lookup: str, defaults: Defaults) -> Route:
    """The route of an action that a feature has brought."""
    view: Any = site.view
    facts = item.facts
    options = options_of(item.fn, item.options)
    if options.guards is None:
        more = getattr(view, facts.guards) if facts.guards else ()
        options = msgspec.structs.replace(options, guards=(*first_of(view.guards, defaults.guards), *more))
    body = facts.body(view) if facts.body else None
    binder = feature_binder(view, body, lookup if item.detail else "")
    lists = facts.answers == "list"
    answer = default_answer(view, facts.answers) if isinstance(facts.answers, str) else facts.answers
    struct = struct_for(view, "retrieve")
    return Route(
        method=site.method,
        path=site.path,
        endpoint=feature_endpoint(item.fn, lookup if item.detail else ""),
        view=view,
        action=site.action,
        binder=binder,
        mode="unit" if facts.writes else "thread",
        status=options.status_code or 200,
        operation=default_operation(view, site.action, site.method, site.path, struct) if facts.writes else None,
        doc=doc_of(
            item.fn,
            f"{view.__name__}_{site.action}",
            options,
            view,
            answer,
            can_conflict=facts.writes,
            can_miss=item.detail or (lists and view.pagination_class is not None and view.pagination_class.can_miss),
            lists=lists,
        ),
        safe_db_errors=view.SAFE_DB_ERRORS,
        logs_requests=view.LOG_REQUESTS,
        handles_errors=view.handle_exception is not APIView.handle_exception,
        **access_of(site, item.fn, options, defaults),
    )


def _plans_of(view: Any, action: str, form: Any, lookup: str) -> dict[str, Any]:
    """The plan of an action, or why it has none."""
    if action in PLANNED_WRITES and view.model_class() is not None:
        reason = reason_against_writing(view, action, form, lookup)
        return {"planned": None, "planned_write": planned_write(view, action, form, lookup), "unplanned": reason}
    plan = planned(view, action, lookup)
    reason = reason_against(view, action) if action in PLANNED_ACTIONS and not plan else ""
    return {"planned": plan, "planned_write": None, "unplanned": reason}


def _options_of_default(site: Site, handler: Any, model: Any) -> Options:
    """What was said of an action of Ironbolt's own, with a summary in any case."""
    options = options_of(handler)
    if options.response_model is not None:
        raise ImproperlyConfigured(
            f"{site.view.__name__ if site.view else ''}.{site.action} is Ironbolt's own and answers what "
            "serializer_class says; response_model is for handlers of one's own."
        )
    about = f": {model._meta.verbose_name}" if model else ""
    summary = options.summary or f"{(handler.__doc__ or '').strip().rstrip('.')}{about}"
    return msgspec.structs.replace(options, summary=summary)


def _operation_of(site: Site, binder: Binder) -> Operation | None:
    """What enters the pipeline where a handler overrides one of Ironbolt's own writes, else None."""
    view: Any = site.view
    if view is None or not issubclass(view, ViewSet) or view.model_class() is None:
        return None
    inherited = (cls.__dict__.get(site.action) for cls in view.__mro__)
    if not any(getattr(item, "__ironbolt_default__", None) == WRITE for item in inherited):
        return None
    body = binder.body.annotation if binder.body else None
    return default_operation(view, site.action, site.method, site.path, body)


def _mode_of(handler: Callable[..., Any]) -> Mode:
    return "loop" if inspect.iscoroutinefunction(handler) else "thread"
