"""Which bulk actions a viewset has: those whose single action it has, and that pass nothing of a project's over."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.drf.only_where import Decorator, only_where
from ironbolt.drf.owners import DOOR, OURS
from ironbolt.features.bulk.passed_over import SINGLE, own_of, own_single, words_against

KNOWN = (*DOOR, "drf_spectacular.")
"""Where the modules lie whose methods and decorators bulk writes take into account."""

_NAMES = frozenset({"name", "suffix", "description", "schema"})
"""What ``@action``, or drf-spectacular on top of it, writes into every action."""

_SAVING = {name: f"perform_{name}" for name in ("create", "update", "destroy")}


def only_for_many(bulk: str) -> Decorator:
    """For a bulk action: a class has it where it has the single one.

    A single action of a project's own is not called for many. A class that got this action by a class of ours, without
    asking for it, has none then; one that asked is refused by :func:`refuse_passed_over`, unless it has written the
    bulk action anew, which may call this one.
    """

    def is_there(view_class: type[Any], owner: type[Any]) -> bool:
        if not has_single(view_class, SINGLE[bulk][0]):
            return False
        is_asked_for = asks_for_bulk(view_class, owner) or any(own_of(view_class, bulk, KNOWN))
        return is_asked_for or own_single(view_class, bulk, KNOWN) is None

    return only_where(is_there)


def has_own_terms(many: Any) -> bool:
    """Whether the ``@action`` of a bulk action says more than names, such as permissions or throttles.

    Only its own address keeps to that: the collection then takes no arrays.
    """
    return bool(getattr(many, "kwargs", {}).keys() - _NAMES)


def has_single(view: Any, name: str) -> bool:
    """Whether a viewset, or its class, has a single action; ``partial_update`` is nothing without ``update``."""
    needed = ("update", name) if name == "partial_update" else (name,)
    return all(getattr(view, one, None) is not None for one in needed)


def is_ours(view_class: type[Any], bulk: str) -> bool:
    """Whether a class has a bulk action, and nobody has written it anew."""
    return getattr(view_class, bulk, None) is not None and not any(own_of(view_class, bulk, KNOWN))


def asks_for_bulk(view_class: type[Any], mixin: type[Any]) -> bool:
    """Whether a project's class names the mixin, or the viewset ready made of it, among its bases."""
    return any(
        base.__module__ == mixin.__module__
        for kind in view_class.__mro__
        if not kind.__module__.startswith(OURS)
        for base in kind.__bases__
    )


def refuse_passed_over(view_class: type[Any]) -> None:
    """Refuse a bulk action of ours where a project's own method around the single one would not be called.

    Raises:
        ImproperlyConfigured: there is such a one; the message says the ways out.
    """
    for bulk in SINGLE:
        own = own_single(view_class, bulk, KNOWN) if is_ours(view_class, bulk) else None
        if own is not None:
            raise ImproperlyConfigured(words_against(view_class, bulk, own, _SAVING))
