"""Soft delete through this door: ``DELETE`` marks, the trash is listed, what is in it comes back."""

from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt.core import lifecycle
from ironbolt.core.keys import IDS, key_schema, keys_schema, possible_keys, read_keys
from ironbolt.drf.features import ActionSchema, FeatureMixin, Permissions, model_of_class
from ironbolt.drf.lifecycle import LifecycleMixin
from ironbolt.drf.owners import has_own_behind
from ironbolt.drf.views import BaseViewSet
from ironbolt.features.softdelete.columns import require_soft_deletable
from ironbolt.features.softdelete.deleting import soft_delete_as
from ironbolt.features.softdelete.requests import most_of, told
from ironbolt.features.softdelete.restoring import restore, restore_all
from ironbolt.features.softdelete.rows import living, trash

_OF_THE_TRASH = frozenset({"deleted", "restore", "bulk_restore"})


class SoftDeleteMixin(FeatureMixin):
    """``DELETE`` marks; ``deleted/``, ``{id}/restore/`` and ``bulk_restore/``. Deleted rows are in no other answer.

    Attributes:
        trash_permission_classes: who sees the trash, beside what the class asks; staff.
        restore_permission_classes: who restores one; staff. ``()`` leaves it to the permissions of the class. Who
            restores many at once is asked both.
        max_restored: the most that ``bulk_restore/`` takes; None for what the settings say of bulk writes.
    """

    trash_permission_classes: Permissions = (IsAdminUser,)
    restore_permission_classes: Permissions = (IsAdminUser,)
    max_restored: int | None = None

    @action(detail=False, methods=["get"])
    def deleted(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what is in the trash."""
        return ListModelMixin.list(self, request, *args, **kwargs)

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take one out of the trash, with all that went there together with it."""
        instance = self.get_object()
        self.perform_restore(instance)
        return Response(self.get_serializer(instance).data)

    @action(detail=False, methods=["post"])
    def bulk_restore(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take several out of the trash, all of those that are there or none."""
        rows = self.filter_queryset(self.get_queryset())
        keys = read_keys(_plain(request.data), rows.model, most_of(self))
        found = list(rows.filter(pk__in=possible_keys(rows.model, keys)))
        for instance in found:
            self.check_object_permissions(request, instance)
        self.perform_bulk_restore(found)
        return Response(msgspec.to_builtins(told(keys, found)))

    # --- hooks --------------------------------------------------------------------------------------

    def before_perform_restore(self, instance: Any) -> None:
        """Called with the object that is about to be restored."""

    def after_perform_restore(self, instance: Any) -> None:
        """Called with the restored object, inside its transaction."""

    def after_commit_restore(self, instance: Any) -> None:
        """Called with the restored object once it is there for everybody."""

    def perform_restore(self, instance: Model) -> None:
        """Restore an object, between its hooks."""
        lifecycle.perform(self, "restore", instance, lambda: restore(instance))

    def perform_bulk_restore(self, instances: list[Any]) -> None:
        """Restore several, each between its hooks."""
        lifecycle.perform_all(self, "restore", instances, lambda: restore_all(instances))

    def _delete_row(self, instance: Model) -> Any:
        return soft_delete_as(instance, lambda: self.request.user)

    # --- rows, permissions, schema ------------------------------------------------------------------

    def filter_queryset(self, queryset: "QuerySet[Any]") -> Any:
        """Filter, and leave out what is deleted; for the trash, all else."""
        rows: Any = super().filter_queryset(queryset)
        if not isinstance(rows, QuerySet):
            return rows
        return trash(rows) if self.action in _OF_THE_TRASH else living(rows)

    def get_feature_permissions(self) -> list[Any]:
        """Those of the trash, or of a restoration."""
        classes: list[Any] = []
        if self.action in {"deleted", "bulk_restore"}:
            classes += self.trash_permission_classes
        if self.action in {"restore", "bulk_restore"}:
            classes += [one for one in self.restore_permission_classes if one not in classes]
        return [*super().get_feature_permissions(), *(permission() for permission in classes)]

    def describe_action(self) -> ActionSchema | None:
        """What the schema says of the trash."""
        if self.action == "bulk_restore" and (model := model_of_class(type(self))):
            keys = {"type": "array", "items": key_schema(model)}
            names = ("restored", "not_found")
            answer = {"type": "object", "required": [*names], "properties": dict.fromkeys(names, keys)}
            return ActionSchema(keys_schema(model, most_of(self)), answer)
        if self.action in _OF_THE_TRASH:
            return ActionSchema(lists=self.action == "deleted")
        return super().describe_action()

    @classmethod
    def check_features(cls) -> None:
        """Refuse a model without the columns.

        Raises:
            ImproperlyConfigured: it has not got them, or another way to delete stands behind ours.
        """
        super().check_features()
        if has_own_behind(cls, LifecycleMixin, "perform_destroy"):
            raise ImproperlyConfigured(
                f"{cls.__name__} marks what is deleted, so that its perform_destroy() behind Ironbolt's classes would "
                "never be called; put it in front of them, or take SoftDeleteMixin away."
            )
        if has_own_behind(cls, SoftDeleteMixin, "perform_destroy"):
            raise ImproperlyConfigured(
                f"{cls.__name__}: its perform_destroy() behind SoftDeleteMixin says how rows are deleted, so that none "
                "may ever be marked; put it in front, or take SoftDeleteMixin away."
            )
        if model := model_of_class(cls):
            require_soft_deletable(model, cls.__name__)


def _plain(data: Any) -> Any:
    """What was sent, a form as an object."""
    return {IDS: data.getlist(IDS)} if hasattr(data, "getlist") and IDS in data else data


class SoftDeleteViewSet(SoftDeleteMixin, BaseViewSet):
    """A ``BaseViewSet`` with a trash."""
