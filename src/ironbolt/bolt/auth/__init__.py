"""Who is calling: ways to authenticate, and beside them the guards, since both are imported together."""

from ironbolt.bolt.auth.admission import Admission, admission_of
from ironbolt.bolt.auth.apikey import APIKeyAuthentication
from ironbolt.bolt.auth.base import Authentication
from ironbolt.bolt.auth.jwt import JWTAuthentication
from ironbolt.bolt.auth.session import SessionAuthentication
from ironbolt.bolt.guards import (
    AllowAny,
    DatabaseGuard,
    Guard,
    HasAllPermissions,
    HasAnyPermission,
    HasDjangoPermission,
    HasPermission,
    IsAdminUser,
    IsAuthenticated,
    IsStaff,
    ReadOnly,
    RequestGuard,
)

__all__ = [
    "APIKeyAuthentication",
    "Admission",
    "AllowAny",
    "Authentication",
    "DatabaseGuard",
    "Guard",
    "HasAllPermissions",
    "HasAnyPermission",
    "HasDjangoPermission",
    "HasPermission",
    "IsAdminUser",
    "IsAuthenticated",
    "IsStaff",
    "JWTAuthentication",
    "ReadOnly",
    "RequestGuard",
    "SessionAuthentication",
    "admission_of",
]
