"""Content negotiation that knows problem documents and quality zero."""

from collections.abc import Sequence
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
        """The renderer and the media type; whether it may be JSON is judged as in the other door.

        Raises:
            NotAcceptable: nothing that can be produced is wanted.
        """
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


def chosen(view: Any, request: Request, renderers: Sequence[Any]) -> tuple[Any, str] | None:
    """The renderer and the media type for a request, as the negotiators of REST framework and of this door choose them.

    They always choose the same for the same ``Accept``, as long as nothing else is said of the format.

    Returns:
        None where the negotiator has to be asked.
    """
    negotiator = view.get_content_negotiator()
    if type(negotiator) not in _STEADY or view.format_kwarg or has_query(request):
        return None
    accepted = request.META.get("HTTP_ACCEPT", "*/*")
    key = (type(negotiator), accepted, *[renderer.media_type for renderer in renderers])
    found = _chosen.get(key)
    if found is None:
        renderer, media_type = negotiator.select_renderer(request, renderers, view.format_kwarg)
        if len(accepted) > LONGEST_REMEMBERED:
            return renderer, media_type
        if len(_chosen) >= MOST_REMEMBERED:
            _chosen.clear()
        found = _chosen[key] = renderers.index(renderer), media_type
    return renderers[found[0]], found[1]


_STEADY = frozenset({DefaultContentNegotiation, ContentNegotiation})

_chosen: dict[tuple[Any, ...], tuple[int, str]] = {}


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
