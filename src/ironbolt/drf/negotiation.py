"""Content negotiation that knows problem documents and quality zero."""

from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from ironbolt.core.negotiation import JSON, PROBLEM_JSON, accepts_json, is_json
from ironbolt.drf.request import has_query

MOST_REMEMBERED, LONGEST_REMEMBERED = 1024, 256
"""How many values of ``Accept`` are remembered, and how long they may be."""


class ContentNegotiation(DefaultContentNegotiation):
    """REST framework's own, for clients that accept ``application/problem+json`` and perhaps nothing else.

    Such a client gets its successes as plain JSON. What a client gives the quality zero is not produced.
    """

    def get_accept_list(self, request: Request) -> list[str]:
        """The media ranges of the ``Accept`` header."""
        ranges: list[str] = super().get_accept_list(request)
        return [kind for one in ranges if not _is_refused(one) for kind in _kinds_of(one)]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The renderer and the media type, as they were chosen for the same ``Accept`` before.

        Raises:
            NotAcceptable: nothing that can be produced is wanted.
        """
        accepted = request.META.get("HTTP_ACCEPT", "*/*")
        is_asked_elsewhere = format_suffix or has_query(request)
        if is_asked_elsewhere or len(accepted) > LONGEST_REMEMBERED or type(self) is not ContentNegotiation:
            return self._selected(request, renderers, format_suffix)
        key = (accepted, *[renderer.media_type for renderer in renderers])
        at = _chosen.get(key)
        if at is None:
            renderer, media_type = self._selected(request, renderers, format_suffix)
            if len(_chosen) >= MOST_REMEMBERED:
                _chosen.clear()
            at = _chosen[key] = renderers.index(renderer), media_type
        return renderers[at[0]], at[1]

    def _selected(self, request: Request, renderers: Any, format_suffix: str | None) -> Any:
        """The same, chosen for this request; whether it may be JSON is judged as in the other door."""
        wants_json = accepts_json(request.headers.get("Accept"))
        wanted = [one for one in renderers if one.media_type != JSON or wants_json]
        try:
            return super().select_renderer(request, wanted, format_suffix)
        except Http404:
            if wants_json:
                raise
            super().select_renderer(request, renderers, format_suffix)  # the same, unless it is JSON by its name
            raise NotAcceptable(available_renderers=wanted) from None
        except NotAcceptable:
            for renderer in wanted:
                if renderer.media_type == JSON:
                    return renderer, JSON
            raise

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """The parser for the content type of the body; a wildcard is none, and every kind of JSON is JSON."""
        name = (request.content_type or "").partition(";")[0].strip().lower()
        if "*" in name:
            return None
        if parsers and name == parsers[0].media_type:
            return parsers[0]  # type: ignore[no-any-return]  # parsers may be anything
        parser: BaseParser | None = super().select_parser(request, parsers)
        if parser is None and is_json(name):
            parser = next((one for one in parsers if is_json(one.media_type)), None)
        return parser


_chosen: dict[tuple[Any, ...], tuple[int, str]] = {}
"""``Accept`` and the media types of the renderers → the place of the renderer, and the media type that was chosen."""


def _kinds_of(media_range: str) -> tuple[str, ...]:
    """What a client takes that asks for it: problem documents are JSON, unless a view renders some of its own."""
    name, _, parameters = media_range.partition(";")
    if name.strip().lower() != PROBLEM_JSON:
        return (media_range,)
    return media_range, f"{JSON};{parameters}" if parameters else JSON


def _is_refused(media_range: str) -> bool:
    for parameter in media_range.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q" and value.strip() in ("0", "0.0", "0.00", "0.000"):
            return True
    return False
