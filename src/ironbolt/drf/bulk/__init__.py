"""Bulk writes of this door: ``bulk_create``, ``bulk_update``, ``bulk_delete``, and arrays where one object goes."""

from ironbolt.drf.bulk.serializers import BulkListSerializer, ListSerializer
from ironbolt.drf.bulk.viewsets import BulkOperationMixin, BulkOperationViewSet

__all__ = ["BulkListSerializer", "BulkOperationMixin", "BulkOperationViewSet", "ListSerializer"]
