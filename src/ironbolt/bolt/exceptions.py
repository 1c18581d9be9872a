"""What a handler raises to answer with an HTTP error."""

from collections.abc import Mapping

from ironbolt.core.errors import ApiError, Details, ValidationFailed

__all__ = [
    "BadRequest",
    "Conflict",
    "Forbidden",
    "HTTPException",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "ParseError",
    "PayloadTooLarge",
    "TooManyRequests",
    "Unauthorized",
    "UnsupportedMediaType",
    "ValidationFailed",
]


class HTTPException(ApiError):
    """Answer with this status.

    Args:
        status_code: the HTTP status, 400 to 599.
        detail: one sentence for the client; by default that of the status.
        headers: extra headers of the answer.
        details: field → messages, where the fault lies in particular fields.
    """

    def __init__(
        self,
        status_code: int = 500,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        details: Details | None = None,
    ) -> None:
        super().__init__(detail, details=details, headers=headers)
        self.status = status_code

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.status

    @property
    def detail(self) -> str | None:
        """The sentence for the client, None for that of the status."""
        return self.message


class _OfStatus(HTTPException):
    """An error whose class already says the status."""

    def __init__(
        self,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        details: Details | None = None,
    ) -> None:
        super().__init__(type(self).status, detail, headers, details=details)


class BadRequest(_OfStatus):
    """400: the request makes no sense."""

    status = 400


class ParseError(_OfStatus):
    """400: the body is not what its content type says."""

    status = 400
    code = "parse_error"


class Unauthorized(_OfStatus):
    """401: nobody, or nobody believable, is asking."""

    status = 401


class Forbidden(_OfStatus):
    """403: the caller is known and may not."""

    status = 403


class NotFound(_OfStatus):
    """404: there is no such thing."""

    status = 404


class MethodNotAllowed(_OfStatus):
    """405: the path exists, but not for this method."""

    status = 405


class NotAcceptable(_OfStatus):
    """406: the client accepts nothing that can be produced."""

    status = 406


class Conflict(_OfStatus):
    """409: the present state does not allow it."""

    status = 409


class PayloadTooLarge(_OfStatus):
    """413: the body is over the limit."""

    status = 413


class UnsupportedMediaType(_OfStatus):
    """415: the body is of a type that this route does not read."""

    status = 415


class TooManyRequests(_OfStatus):
    """429: the caller asks more often than it may."""

    status = 429
