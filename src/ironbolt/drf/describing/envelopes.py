"""The envelope in the schema of the API: what a view wraps, and what an action wraps by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from ironbolt.core.answer_schema import enveloped
from ironbolt.drf.describing.dialect import in_dialect

Schema = dict[str, Any]

_MEMBERS = {"message", "data"}


class NothingField(serializers.ReadOnlyField):
    """``data`` of an answer that has none."""


class _NothingSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # spectacular's is untyped
    """Null."""

    target_class = NothingField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Schema:
        return in_dialect({"type": "null"})


def in_envelope(serializer: Any = None, *, many: bool = False) -> Any:
    """What ``success_response()`` answers, for ``@extend_schema(responses=in_envelope(BookSerializer))``.

    A view with ``envelope = True`` needs it for nothing but an action that answers no data; there it does no harm.

    Args:
        serializer: the class of a serializer, whose values are the ``data``; None for no data.
        many: whether the data is a list of them.
    """
    if serializer is None:
        return inline_serializer("Done", {"message": serializers.CharField(), "data": NothingField()})
    name = serializer.__name__.removesuffix("Serializer") + ("List" if many else "")
    data = serializer(many=True) if many else serializer()
    return inline_serializer(f"{name}InEnvelope", {"message": serializers.CharField(), "data": data})


def envelop(responses: dict[str, Schema], components: dict[str, Schema]) -> None:
    """Wrap each success that is not wrapped yet.

    Args:
        responses: status → response, changed in place.
        components: name → schema, for what the responses refer to.
    """
    for status, response in responses.items():
        if status.startswith("2"):
            for content in response.get("content", {}).values():
                if not _is_wrapped(content["schema"], components):
                    content["schema"] = enveloped(content["schema"])


def _is_wrapped(schema: Schema, components: dict[str, Schema]) -> bool:
    found = components.get(schema["$ref"].rpartition("/")[2], {}) if "$ref" in schema else schema
    return set(found.get("properties", ())) == _MEMBERS
