"""Class-based views: one class for a path, or for everything that can be done with a resource."""

from ironbolt.bolt.views.actions import ActionHandler, action, check_permissions, override
from ironbolt.bolt.views.base import APIView, ViewSet
from ironbolt.bolt.views.bulk import BulkOperationMixin, BulkOperationViewSet
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin
from ironbolt.bolt.views.model import ModelViewSet, ReadOnlyModelViewSet
from ironbolt.bolt.views.publishing import PublishableMixin, PublishableViewSet
from ironbolt.bolt.views.ratings import RatableMixin, RatableViewSet
from ironbolt.bolt.views.softdelete import SoftDeleteMixin, SoftDeleteViewSet

__all__ = [
    "APIView",
    "ActionHandler",
    "BulkOperationMixin",
    "BulkOperationViewSet",
    "CreateMixin",
    "DestroyMixin",
    "ListMixin",
    "ModelViewSet",
    "PublishableMixin",
    "PublishableViewSet",
    "RatableMixin",
    "RatableViewSet",
    "ReadOnlyModelViewSet",
    "RetrieveMixin",
    "SoftDeleteMixin",
    "SoftDeleteViewSet",
    "UpdateMixin",
    "ViewSet",
    "action",
    "check_permissions",
    "override",
]
