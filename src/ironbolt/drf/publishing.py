"""Publishing through this door: ``{id}/publish/``, ``{id}/unpublish/`` and ``published/``."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt.core import lifecycle
from ironbolt.drf.features import ActionSchema, FeatureMixin, Permissions, model_of_class
from ironbolt.drf.views import BaseViewSet
from ironbolt.features.publishing.publishing import publish, published, require_publishable, unpublish

_CHANGES = frozenset({"publish", "unpublish"})


class PublishableMixin(FeatureMixin):
    """Publishes rows and takes them back. Doing so again changes nothing, and is no error.

    Attributes:
        publish_permission_classes: who may, beside what the class asks; by default nobody else is needed.
    """

    publish_permission_classes: Permissions = ()

    @action(detail=True, methods=["post"])
    def publish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Publish one; who did it first, and when, is recorded."""
        instance = self.get_object()
        self.perform_publish(instance)
        return Response(self.get_serializer(instance).data)

    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take one back."""
        instance = self.get_object()
        self.perform_unpublish(instance)
        return Response(self.get_serializer(instance).data)

    @action(detail=False, methods=["get"])
    def published(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what is published."""
        return ListModelMixin.list(self, request, *args, **kwargs)

    # --- hooks --------------------------------------------------------------------------------------

    def before_perform_publish(self, instance: Any) -> None:
        """Called with the object that is about to be published."""

    def after_perform_publish(self, instance: Any) -> None:
        """Called with the published object, inside its transaction."""

    def after_commit_publish(self, instance: Any) -> None:
        """Called with the published object once everybody sees it."""

    def before_perform_unpublish(self, instance: Any) -> None:
        """Called with the object that is about to be taken back."""

    def after_perform_unpublish(self, instance: Any) -> None:
        """Called with the object that was taken back, inside its transaction."""

    def after_commit_unpublish(self, instance: Any) -> None:
        """Called with the object once nobody sees it any more."""

    def perform_publish(self, instance: Model) -> None:
        """Publish an object, between its hooks."""
        lifecycle.perform(self, "publish", instance, lambda: publish(instance, by=self.request.user))

    def perform_unpublish(self, instance: Model) -> None:
        """Take an object back, between its hooks."""
        lifecycle.perform(self, "unpublish", instance, lambda: unpublish(instance))

    # --- rows, permissions, schema ------------------------------------------------------------------

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Filter, for ``published/`` to what is published."""
        rows = super().filter_queryset(queryset)
        return published(rows) if self.action == "published" else rows

    def get_feature_permissions(self) -> list[Any]:
        """Those for who publishes."""
        classes = self.publish_permission_classes if self.action in _CHANGES else ()
        return [*super().get_feature_permissions(), *(permission() for permission in classes)]

    def describe_action(self) -> ActionSchema | None:
        """What the schema says of them: nothing is sent, and the object answered."""
        if self.action in _CHANGES or self.action == "published":
            return ActionSchema(lists=self.action == "published")
        return super().describe_action()

    @classmethod
    def check_features(cls) -> None:
        """Refuse a model without the column.

        Raises:
            ImproperlyConfigured: it has not got it.
        """
        super().check_features()
        if model := model_of_class(cls):
            require_publishable(model, cls.__name__)


class PublishableViewSet(PublishableMixin, BaseViewSet):
    """A ``BaseViewSet`` whose rows are published."""
