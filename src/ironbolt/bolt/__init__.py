"""The typed door: class-based views on msgspec, sync or async."""

from ironbolt.bolt.api import BoltAPI
from ironbolt.bolt.openapi import Info
from ironbolt.bolt.views import APIView, ModelViewSet, ReadOnlyModelViewSet, ViewSet, action, override

__all__ = ["APIView", "BoltAPI", "Info", "ModelViewSet", "ReadOnlyModelViewSet", "ViewSet", "action", "override"]
