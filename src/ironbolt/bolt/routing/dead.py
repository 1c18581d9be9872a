"""Registrations that would answer nothing, or less than they say, are refused at start."""

import inspect
import logging
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.routing.lookups import vars_of
from ironbolt.bolt.routing.members import Member
from ironbolt.bolt.views import ActionHandler

logger = logging.getLogger("ironbolt.routes")

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")

_BY_ITSELF = {"OPTIONS"}
_WITH_GET = {"HEAD"}


def check_class(view: Any, path: str, base: type[Any], registrar: str) -> None:
    """See that ``api.view()`` and ``api.viewset()`` are given classes of their kind.

    Raises:
        ImproperlyConfigured: it is none; the message says what it needs to be.
    """
    if isinstance(view, type) and issubclass(view, base):
        return
    name = getattr(view, "__name__", repr(view))
    verbs = [verb for verb in VERBS if callable(getattr(view, verb, None))]
    hint = f" It has {verbs[0]}(): api.view() is for such." if verbs and registrar != "view" else ""
    raise ImproperlyConfigured(f"{name} at {path} is no {base.__name__}, which api.{registrar}() needs.{hint}")


def check_function(handler: Any, where: str) -> None:
    """See that a handler is something with a name and a signature of its own.

    Raises:
        ImproperlyConfigured: it is a ``functools.partial``, an object that can be called, or a route already.
    """
    if isinstance(handler, Member):
        raise ImproperlyConfigured(f"{where}: {handler.__name__} is a route already; a method of a class has one only.")
    if not inspect.isroutine(handler):
        raise ImproperlyConfigured(
            f"{where}: {handler!r} is no function. Write def or async def, and call it from there."
        )


def check_view(view: type[Any], path: str, methods: Sequence[str] | None, served: set[str]) -> None:
    """See that a class under ``api.view()`` answers, and all methods that were asked for.

    Raises:
        ImproperlyConfigured: it answers nothing, or a method has no handler.
    """
    missing = _missing(methods or (), served)
    if missing:
        has = f"it has {', '.join(sorted(served))}" if served else "it has none at all"
        raise ImproperlyConfigured(
            f"{view.__name__} at {path}: methods= names {', '.join(missing)}, for which there is no handler; {has}."
        )
    if served or (methods is None and _has_members(view)):
        return
    if methods:
        raise ImproperlyConfigured(
            f"{view.__name__} at {path}: methods= names {', '.join(method.upper() for method in methods)} alone, which "
            "every path answers by itself; write options() for an answer of its own, or name other methods too."
        )
    if methods is not None:
        raise ImproperlyConfigured(f"{view.__name__} at {path}: methods= names none, so nothing could answer.")
    hint = " What it has are actions: register it with api.viewset()." if _has_actions(view) else ""
    raise ImproperlyConfigured(
        f"{view.__name__} at {path} has no handler, so nothing could answer: write get(), post() and so on.{hint}"
    )


def check_viewset(view: type[Any], path: str, routes: Sequence[Any]) -> None:
    """See that a class under ``api.viewset()`` answers anything.

    One that has methods of its own, if no actions yet, is taken as work in progress or a base: that is only logged.

    Raises:
        ImproperlyConfigured: it does not.
    """
    if routes or _has_members(view):
        return
    verbs = [name for name in VERBS if callable(getattr(view, name, None))]
    hint = f" It has {verbs[0]}(): api.view() is for such." if verbs else ""
    reason = (
        f"{view.__name__} at {path} has no action, so nothing could answer: write list(), retrieve() and so on, "
        f"take a mixin, or use @action.{hint}"
    )
    if verbs or not _has_methods(view):
        raise ImproperlyConfigured(reason)
    logger.warning(reason)


def check_action(view: type[Any], name: str, action: ActionHandler) -> None:
    """See that a custom action can be called.

    Raises:
        ImproperlyConfigured: it has no method, one that nobody routes, or the name of an action of every view set.
    """
    where = f"{view.__name__}.{name}"
    if not action.methods:
        raise ImproperlyConfigured(f"{where} is an @action without any method, so nothing could call it.")
    if unknown := [method for method in action.methods if method.lower() not in VERBS]:
        raise ImproperlyConfigured(f"{where} is an @action for {unknown[0]!r}, which is none of {_capitals()}.")
    if name in _ACTIONS:
        raise ImproperlyConfigured(
            f"{where} is an @action, but {name}() has a route of its own in every view set: "
            "leave @action out, or call it otherwise."
        )


_ACTIONS = ("list", "create", "retrieve", "update", "partial_update", "destroy")


def _capitals() -> str:
    return ", ".join(verb.upper() for verb in VERBS)


def _missing(methods: Sequence[str], served: set[str]) -> list[str]:
    answered = served | _BY_ITSELF | (_WITH_GET if "GET" in served else set())
    return [name for name in dict.fromkeys(method.upper() for method in methods) if name not in answered]


def _has_members(view: type[Any]) -> bool:
    return any(isinstance(item, Member) for item in vars_of(view).values())


def _has_methods(view: type[Any]) -> bool:
    functions = (item for item in vars_of(view).values() if isinstance(item, FunctionType))
    return any(not function.__module__.startswith("ironbolt.") for function in functions)


def _has_actions(view: type[Any]) -> bool:
    return any(callable(getattr(view, name, None)) for name in _ACTIONS)
