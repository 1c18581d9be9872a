"""Where a handler is to be reached and whose it is, and what it says beside its class and its API."""

import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from ironbolt.bolt.auth import Authentication, admission_of
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.middleware.decorators import Around, settle
from ironbolt.bolt.middleware.limiting import Limiters
from ironbolt.bolt.routing.routes import RouteDoc
from ironbolt.bolt.views import APIView
from ironbolt.bolt.views.actions import Options, more_guards_of
from ironbolt.bolt.views.measured import has_hook
from ironbolt.features.observability import measure_of


class Defaults(msgspec.Struct, frozen=True):
    """What an API decides for all its routes.

    Attributes:
        auth: ways to authenticate.
        guards: who may.
        envelope: whether successes are wrapped.
        around: CORS and limits.
        limiters: the limits at work, which routes may share.
    """

    auth: tuple[Authentication, ...]
    guards: tuple[Guard, ...]
    envelope: bool
    around: Around
    limiters: Limiters


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a handler is to be reached, and whose it is.

    Attributes:
        method: the HTTP method.
        path: the template of the path.
        view: the class that it belongs to, None for a function.
        action: the name that the view knows it by.
    """

    method: str
    path: str
    view: type[Any] | None = None
    action: str = ""


def access_of(site: Site, handler: Any, options: Options, defaults: Defaults) -> dict[str, Any]:
    """Who may, how often, from where, and who wants to know: what a handler says, else its class, else its API."""
    view = site.view
    auth = first_of(options.auth, view.auth if view else None, defaults.auth)
    guards = (*first_of(options.guards, view.guards if view else None, defaults.guards), *more_guards_of(handler))
    where = f"{site.method} {site.path}"
    settled = settle(where, handler, view, defaults.around)
    limit = settled.rate_limit
    return {
        "admission": admission_of(site.method, auth, guards, site.path),
        "limiter": defaults.limiters.limiter(limit, settled.limit_scope) if limit else None,
        "cors": settled.cors,
        "compression": settled.compression,
        "envelope": defaults.envelope,
        "measure": measure_of("bolt", view, has_hook=has_hook(view)),
    }


def first_of(*candidates: Any) -> Any:
    """What the first says that says anything."""
    return next(candidate for candidate in candidates if candidate is not None)


def doc_of(
    handler: Callable[..., Any],
    name: str,
    options: Options,
    view: type[APIView] | None = None,
    answer: Any = Any,
    **facts: Any,
) -> RouteDoc:
    """What the description says of a route: of its options, its handler's docstring, and ``facts``."""
    first, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n")
    tags = options.tags if options.tags is not None else (view.tags if view else ())
    return RouteDoc(
        name=name,
        handler=dotted_name(handler, view),
        summary=options.summary or first.rstrip("."),
        description=rest.strip(),
        tags=tuple(tags),
        answer=answer,
        **facts,
    )


def dotted_name(handler: Callable[..., Any], view: type[APIView] | None) -> str:
    """Where a handler is found: its module and name, or those of the class that is registered."""
    if view is not None:
        return f"{view.__module__}.{view.__qualname__}.{handler.__name__}"
    return f"{handler.__module__}.{getattr(handler, '__qualname__', handler.__name__)}"
