"""The hooks around what a viewset does, with the names and signatures of the guide."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from ironbolt.core import lifecycle
from ironbolt.drf.owners import has_own_behind, own_behind
from ironbolt.drf.writing.attempts import note_attempt
from ironbolt.features.softdelete.deleting import deleting_as

if TYPE_CHECKING:
    from rest_framework.viewsets import ModelViewSet

    _ViewSet = ModelViewSet[Any]
else:
    _ViewSet = object


class LifecycleMixin(_ViewSet):
    """Hooks that do nothing until they are overridden; each may also be a coroutine function.

    Around a write, ``before_…`` and ``after_perform_…`` run inside the unit of work: what they raise
    undoes it. ``after_commit_…`` runs once the work is durable, and can no longer fail the request.

    A ``perform_…`` of a class behind this one is what saves or deletes, between the hooks.
    """

    # --- create -----------------------------------------------------------------------------------

    def before_perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """Called with the valid serializer, before anything is saved."""

    def get_create_kwargs(self, serializer: BaseSerializer[Any]) -> dict[str, Any]:
        """More arguments for ``serializer.save()``, such as the owner."""
        return {}

    def after_perform_create(self, instance: Any, serializer: BaseSerializer[Any]) -> None:
        """Called with the new object, inside its transaction."""

    def after_commit_create(self, instance: Any) -> None:
        """Called with the new object once it is there for everybody."""

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """Save a new object, between its hooks."""
        lifecycle.create(self, serializer, lambda: _saved(self, "create", serializer))

    # --- update -----------------------------------------------------------------------------------

    def before_perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """Called with the valid serializer; ``serializer.instance`` is the object as it was."""

    def get_update_kwargs(self, serializer: BaseSerializer[Any]) -> dict[str, Any]:
        """More arguments for ``serializer.save()``, such as the editor."""
        return {}

    def after_perform_update(self, instance: Any, serializer: BaseSerializer[Any]) -> None:
        """Called with the saved object, inside its transaction."""

    def after_commit_update(self, instance: Any) -> None:
        """Called with the saved object once everybody sees the change."""

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """Save a changed object, between its hooks."""
        lifecycle.update(self, (serializer,), serializer, lambda: _saved(self, "update", serializer))

    # --- destroy ----------------------------------------------------------------------------------

    def before_perform_destroy(self, instance: Any) -> None:
        """Called with the object that is about to be deleted."""

    def after_perform_destroy(self, instance: Any) -> None:
        """Called with the deleted object, which still knows its key."""

    def after_commit_destroy(self, instance: Any) -> None:
        """Called with the deleted object once it is gone for everybody."""

    def perform_destroy(self, instance: Model) -> None:
        """Delete an object, between its hooks."""
        lifecycle.destroy(self, instance, lambda: self._delete_row(instance))

    def _delete_row(self, instance: Model) -> Any:
        own = own_behind(self, LifecycleMixin, "perform_destroy")
        with deleting_as(lambda: self.request.user):
            if own is None:
                return instance.delete()
            own(instance)  # which may return anything
            return None

    # --- reading ----------------------------------------------------------------------------------

    def before_perform_list(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """The rows to filter; what this leaves out is not found by its key either."""
        return queryset

    def after_perform_list(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """The filtered rows."""
        return queryset

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Filter, between the hooks."""
        rows: QuerySet[Any] = lifecycle.narrow(self, queryset, super().filter_queryset)
        return rows

    def before_perform_retrieve(self, instance: Any) -> None:
        """Called with the object that is about to be shown."""

    def after_perform_retrieve(self, instance: Any) -> None:
        """Called with the object after it was serialized."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # No docstring: schemas would show it in the place of what the author of the view says.
        instance = self.get_object()
        return Response(lifecycle.retrieve(self, instance, lambda: self.get_serializer(instance).data))


def _saved(view: LifecycleMixin, action: str, serializer: BaseSerializer[Any]) -> Any:
    """The object, saved by the ``perform_…`` that stands behind, or with the ``get_…_kwargs``."""
    own = own_behind(view, LifecycleMixin, f"perform_{action}")
    if own is None:
        extra = lifecycle.more_values(view, f"get_{action}_kwargs", serializer)
        note_attempt(serializer, extra)
        return serializer.save(**extra)
    note_attempt(serializer, {})
    own(serializer)
    return serializer.instance


_UNASKED = {
    "perform_create": ("get_create_kwargs",),
    "perform_update": ("get_update_kwargs",),
    "retrieve": ("before_perform_retrieve", "after_perform_retrieve"),
}
"""Method → the hooks that nobody asks where one of a project's own stands behind ours."""


def refuse_unasked(view_class: type[Any]) -> None:
    """Refuse hooks of a view set which its own method, behind ours, does without.

    Raises:
        ImproperlyConfigured: it has both.
    """
    for name, hooks in _UNASKED.items():
        if not has_own_behind(view_class, LifecycleMixin, name):
            continue
        for hook in hooks:
            if getattr(view_class, hook) is not getattr(LifecycleMixin, hook):
                raise ImproperlyConfigured(
                    f"{view_class.__name__}: {hook} is never called, since its {name}() stands behind Ironbolt's "
                    f"classes and is called instead. Have one or the other, or name the class of {name}() first."
                )
