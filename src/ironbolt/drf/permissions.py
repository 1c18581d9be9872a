"""Permissions by role."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsStaffOrReadOnly(BasePermission):
    """Everybody reads, staff writes."""

    open_to_readers = True
    """Tells the schema of the API that safe methods need no login."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether this request may go on."""
        return request.method in SAFE_METHODS or bool(getattr(request.user, "is_staff", False))
