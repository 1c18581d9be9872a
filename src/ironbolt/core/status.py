"""What an HTTP status means when nothing more particular is known: its code and its sentence."""

STATUS_MEANINGS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("authentication_error", "Authentication credentials were not provided or are not valid."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This method is not allowed here."),
    406: ("not_acceptable", "None of the media types you accept can be produced."),
    408: ("request_timeout", "The request took too long to arrive."),
    409: ("conflict", "The request conflicts with the present state."),
    410: ("gone", "This is no longer available."),
    412: ("precondition_failed", "The object has changed since you read it."),
    413: ("payload_too_large", "The request body is too large."),
    414: ("uri_too_long", "The address is too long."),
    415: ("unsupported_media_type", "This content type is not supported."),
    422: ("unprocessable_content", "The request was understood but can't be processed."),
    428: ("precondition_required", "This request must be conditional."),
    429: ("throttled", "Too many requests. Please slow down."),
    500: ("server_error", "Something went wrong on our side."),
    501: ("not_implemented", "This is not supported."),
    502: ("bad_gateway", "A service behind this one did not answer properly."),
    503: ("unavailable", "The service is not available right now. Please try again."),
    504: ("gateway_timeout", "A service behind this one did not answer in time."),
}
"""Status → (code, sentence), one vocabulary for both doors; 400 and 500 stand for their whole class."""
