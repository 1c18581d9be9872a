"""What the viewsets of the features share: who may do their actions, and what the schema of the API says of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Model
from rest_framework import views as drf_views
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ironbolt.drf.permissions import ask, ask_about
from ironbolt.drf.views import BaseViewSetMixin

Permissions = Sequence[type[BasePermission] | Any]


class ActionSchema(msgspec.Struct, frozen=True):
    """What the schema of the API says of an action of a feature.

    Attributes:
        body: what it takes, in the words of JSON Schema; None for nothing.
        answer: what it answers; None for what the serializer says.
        lists: whether it is a list, with filters and pages.
    """

    body: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    lists: bool = False


class FeatureMixin(BaseViewSetMixin):
    """Actions that a feature brings, each with permissions that hold beside those of the class."""

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> "drf_views.AsView[drf_views.GenericView]":
        """The view function.

        Raises:
            ImproperlyConfigured: the model lacks what the feature needs.
        """
        cls.check_features()
        return super().as_view(*args, **kwargs)

    @classmethod
    def check_features(cls) -> None:
        """Refuse what could not work, as long as no request is there."""

    def get_feature_permissions(self) -> list[Any]:
        """What the running action asks beside the permissions of the class, whatever ``get_permissions`` says."""
        return []

    def describe_action(self) -> ActionSchema | None:
        """What the schema says of the running action; None where it is none of a feature's."""
        return None

    def check_permissions(self, request: Request) -> None:
        """Those of the class, then those of the feature.

        Raises:
            NotAuthenticated, PermissionDenied: one says no.
        """
        super().check_permissions(request)
        ask(self, request, self.get_feature_permissions())

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """The same for one object.

        Raises:
            NotAuthenticated, PermissionDenied: one says no.
        """
        super().check_object_permissions(request, obj)
        ask_about(self, request, obj, self.get_feature_permissions())


def model_of_class(view: type[Any]) -> type[Model] | None:
    """The model that a class names; None where only a request will tell."""
    queryset = getattr(view, "queryset", None)
    if queryset is not None:
        return getattr(queryset, "model", None)
    return getattr(getattr(getattr(view, "serializer_class", None), "Meta", None), "model", None)
