"""Whose the parts of a view are: Ironbolt's, REST framework's, or somebody's who expects them to be called."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.views import View
from rest_framework import views as drf_views
from rest_framework.viewsets import ModelViewSet

from ironbolt.core.origins import home_of

OURS = "ironbolt."
DOOR = ("rest_framework.", OURS)
"""Where the modules lie whose classes do what this door says of them."""

_OF_FEATURES = frozenset({"check_features", "describe_action", "get_feature_permissions"})

_CALLED_ON = (frozenset(dir(ModelViewSet)) - {"dispatch"}) | _OF_FEATURES
"""What REST framework has too, or several classes of ours: what stands behind has its say."""


def are_of(view_class: type[Any], names: Iterable[str], owners: tuple[str, ...]) -> bool:
    """Whether nobody else than these modules has anything of such a name, in front of them or behind."""
    wanted = frozenset(names)
    return all(
        _made_in(vars(kind)[name], kind).startswith(owners)
        for kind in view_class.__mro__
        for name in wanted & vars(kind).keys()
    )


def own_behind(view: Any, front: Any, name: str) -> Callable[..., Any] | None:
    """The method of a project that stands behind a class of ours, bound; None where REST framework's comes first.

    Args:
        view: an instance.
        front: the class of ours that stands in front.
        name: that of the method.
    """
    view_class: Any = type(view)
    at = _place_behind(view_class, front, name)
    return None if at is None else getattr(super(view_class.__mro__[at - 1], view), name)


def has_own_behind(view_class: Any, front: Any, name: str) -> bool:
    """Whether there is such a one."""
    return _place_behind(view_class, front, name) is not None


def refuse_hidden(view_class: type[Any]) -> None:
    """Refuse what a class of a project has behind ours under a name that ours has, too, and does not call on.

    Raises:
        ImproperlyConfigured: there is such a thing: a hook, a ``scope``, a ``dispatch`` that may ask for a login; or
            something that has the name of a private part of ours, wherever it stands.
    """
    hiding: dict[str, type[Any]] = {}
    for kind, names in _named(view_class):
        if kind.__module__.startswith(OURS):
            hiding = {**dict.fromkeys(names - _CALLED_ON, kind), **hiding}
        elif hidden := sorted(name for name in names & hiding.keys() if not name.startswith("_")):
            raise ImproperlyConfigured(_hidden(view_class, kind, hidden[0], hiding[hidden[0]]))
    for kind, names in _named(view_class):
        if not kind.__module__.startswith(OURS) and (taken := sorted(_private(names) & _private(hiding))):
            raise ImproperlyConfigured(
                f"{kind.__name__}.{taken[0]} has the name of a part of Ironbolt's {hiding[taken[0]].__name__}, which "
                "would no longer work; give it another."
            )


def _hidden(view_class: type[Any], kind: type[Any], name: str, front: type[Any]) -> str:
    way_out = f"name {kind.__name__} before Ironbolt's classes"
    if issubclass(kind, drf_views.APIView):  # which has to stand behind them
        way_out = f"move {name} to a class of its own that goes before Ironbolt's, or give it another name"
    return (
        f"{view_class.__name__}: {name} of {kind.__name__} is never asked for behind {front.__name__}, which has one "
        f"too; {way_out}."
    )


def _named(view_class: type[Any]) -> Iterator[tuple[type[Any], set[str]]]:
    """The classes of ours and of projects, in their order, each with the names it has."""
    for kind in view_class.__mro__:
        if kind.__module__.startswith(OURS) or not _is_public(kind):
            yield kind, {name for name in vars(kind) if not name.startswith(("__", "_ironbolt_"))}


def _private(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.startswith("_")}


@lru_cache(maxsize=1024)
def _place_behind(view_class: Any, front: Any, name: str) -> int | None:
    order = view_class.__mro__
    for at in range(order.index(front) + 1, len(order)):
        kind = order[at]
        if name in vars(kind) and not kind.__module__.startswith(OURS):
            return None if _made_in(vars(kind)[name], kind).startswith(DOOR) else at
    return None


def _is_public(kind: type[Any]) -> bool:
    return kind in (View, object) or kind.__module__.startswith(DOOR)


def _made_in(value: Any, kind: type[Any]) -> str:
    """The module in which the code of something lies that stands in a class.

    Decorators that say something to the schema leave it whose it was; any other may do anything.
    """
    function = getattr(value, "fget", value)
    while home_of(function).startswith("drf_spectacular.") and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    if hasattr(function, "__wrapped__"):
        return kind.__module__
    return home_of(function) or kind.__module__
