"""What is the same in every answer of both doors, in the words of JSON Schema and OpenAPI."""

from typing import Any

from ironbolt.core.envelope import SUCCESS
from ironbolt.core.errors import Problem, body_of, problem_json_of
from ironbolt.core.negotiation import JSON, PROBLEM_JSON

Schema = dict[str, Any]

_DETAILS: Schema = {
    "type": "object",
    "description": "Dotted path of a field → messages; `non_field_errors` for the rest.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}
_CODE: Schema = {"type": "string", "description": "A stable word for programs."}
_MESSAGE: Schema = {"type": "string", "description": "A sentence for people."}

ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {"code": _CODE, "message": _MESSAGE, "details": _DETAILS},
        }
    },
}
"""The body of every error."""

PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": _MESSAGE,
        "code": _CODE,
        "errors": _DETAILS,
    },
}
"""The same facts as an RFC 9457 document, for those who ask for it by its media type."""


def error_content(error: Schema, problem: Schema, example: Problem | None = None) -> Schema:
    """The two bodies that an error can have, by media type.

    Args:
        error: the schema of the envelope, or a reference to it.
        problem: that of the RFC 9457 document.
        example: an error to show both with.
    """
    content: Schema = {JSON: {"schema": error}, PROBLEM_JSON: {"schema": problem}}
    if example is not None:
        content[JSON]["example"] = body_of(example)
        content[PROBLEM_JSON]["example"] = problem_json_of(example)
    return content


def enveloped(schema: Schema) -> Schema:
    """A success in its envelope."""
    message = {"type": "string", "examples": [SUCCESS]}
    return {"type": "object", "required": ["message", "data"], "properties": {"message": message, "data": schema}}


def request_id() -> Schema:
    """The header that every answer carries."""
    return {
        "description": "The trace of this request, as the logs have it; a well-formed one that was sent is kept.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,128}$"},
    }


def open_text(description: str) -> Schema:
    """A header of free text."""
    return {"description": description, "schema": {"type": "string"}}
