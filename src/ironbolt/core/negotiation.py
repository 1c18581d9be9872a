"""``Accept`` and ``Content-Type``, as far as both doors need to know (RFC 9110, 12.5.1 and 8.3)."""

from ironbolt.core.remembering import remembered

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


def is_json(content_type: str | None) -> bool:
    """Whether a body of this ``Content-Type`` is JSON, by that name or by a suffix (RFC 6839)."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


@remembered(256)
def accepts_json(accept: str | None) -> bool:
    """Whether a client with this ``Accept`` header can be given JSON."""
    ranges = _media_ranges(accept or "")
    if not ranges:
        return True
    # The most particular range that speaks of JSON decides; problem documents are JSON as well.
    for candidate in (JSON, "application/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate] > 0 or ranges.get(PROBLEM_JSON, 0.0) > 0
    return ranges.get(PROBLEM_JSON, 0.0) > 0


@remembered(256)
def prefers_problem_json(accept: str | None) -> bool:
    """Whether errors should be RFC 9457 documents: asked for by name, and no less than plain JSON."""
    if not accept or PROBLEM_JSON not in accept.lower():
        return False
    ranges = _media_ranges(accept)
    wanted = ranges.get(PROBLEM_JSON, 0.0)
    return wanted > 0 and wanted >= ranges.get(JSON, 0.0)


def _media_ranges(accept: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        if media_range:
            ranges[media_range] = _quality(parameters)
    return ranges


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
