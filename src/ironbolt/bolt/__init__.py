"""The typed door: class-based views on msgspec, sync or async."""

from ironbolt.bolt.api import BoltAPI
from ironbolt.bolt.openapi import Info
from ironbolt.bolt.views import (
    APIView,
    ModelViewSet,
    ReadOnlyModelViewSet,
    ViewSet,
    action,
    check_permissions,
    override,
)
from ironbolt.bolt.websockets import WebSocket, WebSocketDisconnect

__all__ = [
    "APIView",
    "BoltAPI",
    "Info",
    "ModelViewSet",
    "ReadOnlyModelViewSet",
    "ViewSet",
    "WebSocket",
    "WebSocketDisconnect",
    "action",
    "check_permissions",
    "override",
]
