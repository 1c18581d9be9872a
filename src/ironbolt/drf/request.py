"""The request as this door reads it."""

from functools import lru_cache
from io import BytesIO
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from ironbolt.core.errors import ApiError


class BadQueryError(ApiError):
    """400: the query can't be read."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The query string is not valid UTF-8, or has too many fields.")


class ApiRequest(Request):
    """REST framework's request, which also reads a body that comes without a ``Content-Length``."""

    def _load_stream(self) -> None:
        # Without this, REST framework takes a chunked body for an empty one and Django for one of any size.
        request: Any = self._request
        if request.META.get("CONTENT_LENGTH") or request._read_started:  # noqa: SLF001 - told no other way
            super()._load_stream()  # type: ignore[misc]  # the stubs leave out what is private
            return
        most: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = request.read() if most is None else request.read(most + 1)
        if most is not None and len(body) > most:
            raise RequestDataTooBig("The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE.")
        request._body = body  # noqa: SLF001 - so that whoever asks Django for the body gets it
        request.META["CONTENT_LENGTH"] = str(len(body))  # which the parser of forms goes by
        self._stream: Any = BytesIO(body) if body else None

    def _parse(self) -> Any:
        # REST framework asks for a parser only where there is a body to parse.
        negotiator: Any = self.negotiator
        if self.content_type and negotiator.select_parser(self, self.parsers) is None:
            raise UnsupportedMediaType(self.content_type)
        return super()._parse()  # type: ignore[misc]  # the stubs leave out what is private

    @property
    def query_params(self) -> Any:
        """The query.

        Raises:
            BadQueryError: it is no UTF-8, or has too many fields.
        """
        try:
            unquote_to_bytes(self.META.get("QUERY_STRING", "")).decode()
            return super().query_params
        except (UnicodeDecodeError, TooManyFieldsSent):
            raise BadQueryError from None


def has_query(request: Request) -> bool:
    """Whether the address has a query, or a middleware or a request of a project's own class has made one up."""
    if type(request) is not ApiRequest:
        return True
    asked = request._request  # noqa: SLF001 - whose attributes cost less than those of the wrapper
    return bool(asked.META.get("QUERY_STRING") or vars(asked).get("GET"))


def as_api_request(request: Request) -> ApiRequest:
    """The same request, in the class of this door; one of a project's own class in both."""
    if not isinstance(request, ApiRequest):
        request.__class__ = _api_class(cast(Any, type(request)))  # which has nothing of its own to begin with
    return cast(ApiRequest, request)


@lru_cache(maxsize=64)
def _api_class(kind: Any) -> Any:
    return ApiRequest if kind is Request else type(kind.__name__, (ApiRequest, kind), {})
