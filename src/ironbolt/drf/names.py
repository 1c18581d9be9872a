"""What a view is about, and what clients call it: its model, its action, the names of fields."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, cast

from django.db.models import Model
from rest_framework.serializers import ListSerializer, Serializer


def model_of(view: Any) -> type[Model] | None:
    """The model that a view is about, None when it is about none, or has no serializer for what it is asked."""
    queryset = getattr(view, "queryset", None)
    if queryset is not None:
        return cast("type[Model] | None", getattr(queryset, "model", None))
    if not hasattr(view, "get_serializer_class"):
        return None
    try:
        serializer_class = view.serializer_class or view.get_serializer_class()
    except Exception:  # noqa: BLE001 - a handler that needs none does without one; who needs it is told so then
        return None
    return getattr(getattr(serializer_class, "Meta", None), "model", None)


def action_of(view: Any) -> str | None:
    """The running action; where OPTIONS ask for each method what it takes, the action of that method."""
    action: str | None = getattr(view, "action", None)
    if action != "metadata":
        return action
    described: str = view.action_map.get(str(view.request.method).lower(), action)
    return described


def public_names(serializer: Any) -> dict[str, str]:
    """Model field name → serializer field name, such as ``author`` → ``author_id``.

    Where several fields show the same one, the name is that of the field which writes it.
    """
    if isinstance(serializer, ListSerializer):
        return public_names(serializer.child)
    if not isinstance(serializer, Serializer):
        return {}
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    by_column = {field.attname: field.name for field in model._meta.concrete_fields} if model else {}
    names: dict[str, str] = {}
    for name, field in sorted(serializer.fields.items(), key=lambda item: item[1].read_only):
        source = (field.source or name).partition(".")[0]
        names.setdefault(by_column.get(source, source), name)
    return names


class PublicNames(Mapping[str, str]):
    """The names of a view, found out when somebody asks: only errors do."""

    def __init__(self, view: Any) -> None:
        self._view = view

    @cached_property
    def _names(self) -> dict[str, str]:
        if not hasattr(self._view, "get_serializer"):
            return {}
        try:
            return public_names(self._view.get_serializer())
        except Exception:  # noqa: BLE001 - an action that shows nothing has none to give; the error at hand goes before
            return {}

    def __getitem__(self, key: str) -> str:
        return self._names[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
