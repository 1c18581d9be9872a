"""Class-based views: one class for a path, or for everything that can be done with a resource."""

from ironbolt.bolt.views.actions import ActionHandler, action, override
from ironbolt.bolt.views.base import APIView, ViewSet
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin
from ironbolt.bolt.views.model import ModelViewSet, ReadOnlyModelViewSet

__all__ = [
    "APIView",
    "ActionHandler",
    "CreateMixin",
    "DestroyMixin",
    "ListMixin",
    "ModelViewSet",
    "ReadOnlyModelViewSet",
    "RetrieveMixin",
    "UpdateMixin",
    "ViewSet",
    "action",
    "override",
]
