"""Which serializer an action of a view set has, and that it can do what the action does."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.generics import GenericAPIView

from ironbolt.drf.lifecycle import LifecycleMixin
from ironbolt.drf.names import action_of
from ironbolt.drf.owners import DOOR, are_of, has_own_behind
from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.write_only import WriteOnlyMixin

if TYPE_CHECKING:
    _View = GenericAPIView[Any]
else:
    _View = object

Actions = Mapping[str, str]
"""HTTP method → action."""

_CHOOSING = ("get_serializer_class", "get_serializer")
"""By what a class may choose serializers by code of its own."""

_GENERAL = "serializer_class"
_LISTING = ("list_serializer_class", _GENERAL)
_CREATING = ("create_serializer_class", _GENERAL)
_UPDATING = ("update_serializer_class", *_CREATING)

_NAMES: Mapping[str, tuple[str, ...]] = {
    "list": _LISTING,
    "retrieve": ("detail_serializer_class", _GENERAL),
    "create": _CREATING,
    "bulk_create": _CREATING,
    "update": _UPDATING,
    "partial_update": _UPDATING,
    "bulk_update": _UPDATING,
}
"""Action → the attributes that may name its serializer, the first that does so goes."""

_TRASH = (*_LISTING, "detail_serializer_class")
_OF_ONE = (_GENERAL, "detail_serializer_class", "list_serializer_class")
_OF_MANY = (_GENERAL, "list_serializer_class", "detail_serializer_class")
"""The same for actions of features, and of one's own: they show what all others show."""

_LISTS = frozenset({"list", "deleted", "published"})
_SHOWS = _LISTS | {"retrieve"}


class ChosenSerializers(_View):
    """A view set with serializers of its actions.

    Attributes:
        list_serializer_class: what lists show, if another than ``serializer_class``.
        detail_serializer_class: what a single object is shown by, if another.
        create_serializer_class: what is sent to create, if another.
        update_serializer_class: what is sent to update, if another than to create.
    """

    list_serializer_class: Any = None
    detail_serializer_class: Any = None
    create_serializer_class: Any = None
    update_serializer_class: Any = None

    def get_serializer_class(self) -> Any:
        """The serializer of the running action, else what a class behind chooses, or ``serializer_class``."""
        behind: Any = super().get_serializer_class
        choose_themselves = getattr(behind, "__func__", None) is not GenericAPIView.get_serializer_class
        chosen = _declared(self, action_of(self), but_general=choose_themselves)
        return behind() if chosen is None else chosen


def refuse_writers(view_class: Any, actions: Actions | None, given: Mapping[str, Any]) -> None:
    """Refuse at start a serializer that only writes where rows are shown.

    Args:
        view_class: the view set; one that chooses by code of its own is left alone.
        actions: those that it is about to be served with.
        given: what ``as_view`` was given beside.

    Raises:
        ImproperlyConfigured: it has such a one.
    """
    for action, chosen in _chosen(view_class, actions, given):
        if action in _SHOWS and _is(chosen, WriteOnlyMixin):
            raise ImproperlyConfigured(
                f"{chosen.__name__} only writes, and {view_class.__name__}.{action} shows rows. "
                "Name a serializer for what is shown, and this one for what is sent: create_serializer_class."
            )


def check_choice(view_class: Any, actions: Actions | None, given: Mapping[str, Any]) -> None:
    """See that each action has a serializer, and none that only reads for what is sent.

    Args:
        view_class: as above.
        actions: as above.
        given: as above.

    Raises:
        ImproperlyConfigured: one has not, or one that only reads has a field that it can't read.
    """
    for action, chosen in _chosen(view_class, actions, given):
        if chosen is None and action in _NAMES:
            raise ImproperlyConfigured(
                f"{view_class.__name__}.{action} has no serializer: say serializer_class or {_NAMES[action][0]}."
            )
        if not _is(chosen, AppReadOnlyModelSerializer):
            continue
        if action in _SHOWS:
            reader_of(chosen)
        elif action in _NAMES:
            raise ImproperlyConfigured(
                f"{chosen.__name__} only reads, and {view_class.__name__}.{action} writes. "
                f"Name a serializer for what is sent: {_NAMES[action][0]}."
            )


def _declared(view: Any, action: str | None, *, but_general: bool = False) -> Any:
    """What a view set, or its class, names for an action; None for nothing.

    Args:
        view: the one or the other.
        action: its name.
        but_general: whether somebody else is to be asked where ``serializer_class`` has its turn.
    """
    names = _NAMES.get(action or "")
    if names is None:
        names = _OF_ONE if getattr(view, "detail", None) is not False else _OF_MANY
        names = _TRASH if action in _LISTS else names
    if but_general:
        names = names[: names.index(_GENERAL)]
    for name in names:
        found = getattr(view, name, None)
        if found is not None:
            return found
    return None


def _chosen(view_class: Any, actions: Actions | None, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The actions of ours or REST framework's that will be served, each with its serializer."""
    if not hasattr(view_class, "get_serializer") or not are_of(view_class, _CHOOSING, DOOR):
        return
    named = {name: getattr(view_class, name, None) for name in (*_UPDATING, *_OF_ONE)}
    view = type(view_class.__name__, (), {**named, "detail": None, **given})
    for method, action in (actions or {}).items():
        if method in view_class.http_method_names and _is_known(view_class, action):
            yield action, _declared(view, action)


def _is_known(view_class: Any, action: str) -> bool:
    """Whether it is REST framework or we who answer, and nobody whom ours calls behind."""
    module = str(getattr(getattr(view_class, action, None), "__module__", ""))
    return module.startswith(DOOR) and not has_own_behind(view_class, LifecycleMixin, action)


def _is(chosen: Any, kind: type[Any]) -> bool:
    return isinstance(chosen, type) and issubclass(chosen, kind)
