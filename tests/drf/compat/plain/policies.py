"""Renderers, parsers, throttles, authentication, permissions, versions and handlers of the project's own."""

import csv
import io
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from django.contrib.auth.models import User
from rest_framework import authentication, exceptions, parsers, permissions, renderers, throttling, versioning
from rest_framework.views import exception_handler


class CSV(renderers.BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        out = io.StringIO()
        rows = data if isinstance(data, list) else data.get("results", [data])
        writer = csv.DictWriter(out, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()


class XML(renderers.BaseRenderer):
    media_type = "application/xml"
    format = "xml"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        root = Element("answer", status=str(renderer_context["response"].status_code))
        for row in data if isinstance(data, list) else [data]:
            item = SubElement(root, "item")
            for name, value in row.items():
                SubElement(item, name).text = str(value)
        return tostring(root)


class PlainText(renderers.BaseRenderer):
    media_type = "text/plain"
    format = "txt"
    charset = "iso-8859-1"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> str:
        return str(data)


class Lines(parsers.BaseParser):
    """A body of one name and value a line."""

    media_type = "text/x-lines"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return dict(line.split("=", 1) for line in stream.read().decode().splitlines())


class Badge(authentication.BaseAuthentication):
    """Who shows a badge is who it says."""

    def authenticate(self, request: Any) -> Any:
        name = request.META.get("HTTP_X_BADGE")
        if name is None:
            return None
        user = User.objects.filter(username=name).first()
        if user is None:
            raise exceptions.AuthenticationFailed("No such badge.", code="no_badge")
        return user, {"badge": name}

    def authenticate_header(self, request: Any) -> str:
        return 'Badge realm="shop"'


class IsAnn(permissions.BasePermission):
    message = "Only Ann may."
    code = "not_ann"

    def has_permission(self, request: Any, view: Any) -> bool:
        return getattr(request.user, "username", "") == "ann"


class OwnsTask(permissions.BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.owner_id == getattr(request.user, "username", ""))


class TwiceAnonymous(throttling.AnonRateThrottle):
    rate = "2/hour"


class TwiceUser(throttling.UserRateThrottle):
    rate = "2/hour"


class Scoped(throttling.ScopedRateThrottle):
    THROTTLE_RATES = {"rare": "1/day"}


class Never(throttling.BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        return False

    def wait(self) -> float:
        return 41.5


class ByPath(versioning.URLPathVersioning):
    allowed_versions = ("v1", "v2")
    default_version = "v1"


class ByHeader(versioning.AcceptHeaderVersioning):
    allowed_versions = ("1.0", "2.0")
    default_version = "1.0"


class ByQuery(versioning.QueryParameterVersioning):
    allowed_versions = ("1", "2")
    default_version = "1"


class ByHost(versioning.HostNameVersioning):
    allowed_versions = ("v1", "v2")


class ByNamespace(versioning.NamespaceVersioning):
    allowed_versions = ("first", "second")


class QuotaExceeded(exceptions.APIException):
    status_code = 402
    default_detail = "Your quota is used up."
    default_code = "quota_exceeded"


def shouting(exc: Exception, context: Any) -> Any:
    """An exception handler of the project's own, on top of REST framework's."""
    response = exception_handler(exc, context)
    if response is not None:
        response.data = {"SHOUTED": str(exc).upper()}
        response["X-Shouted"] = "yes"
    return response
