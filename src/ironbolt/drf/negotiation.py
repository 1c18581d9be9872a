"""Content negotiation that knows problem documents and quality zero."""

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from ironbolt.core.negotiation import JSON, PROBLEM_JSON


class ContentNegotiation(DefaultContentNegotiation):
    """REST framework's own, for clients that accept ``application/problem+json`` and perhaps nothing else.

    Such a client gets its successes as plain JSON. What a client gives the quality zero is not produced.
    """

    def get_accept_list(self, request: Request) -> list[str]:
        """The media ranges of the ``Accept`` header."""
        ranges: list[str] = super().get_accept_list(request)
        return [_as_json(one) for one in ranges if not _is_refused(one)]

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """The parser for the content type of the body; a wildcard is none."""
        if "*" in (request.content_type or ""):
            return None
        parser: BaseParser | None = super().select_parser(request, parsers)
        return parser


def _as_json(media_range: str) -> str:
    name, _, parameters = media_range.partition(";")
    return f"{JSON};{parameters}" if name.strip().lower() == PROBLEM_JSON else media_range


def _is_refused(media_range: str) -> bool:
    for parameter in media_range.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q" and value.strip() in ("0", "0.0", "0.00", "0.000"):
            return True
    return False
