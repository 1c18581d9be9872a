"""The browsable API of REST framework over answers in the envelope."""

from typing import Any

from rest_framework import renderers
from rest_framework.utils.serializer_helpers import ReturnDict

from ironbolt.core.envelope import SUCCESS, wrap


def enveloped(data: Any, message: str = SUCCESS) -> dict[str, Any]:
    """``data`` in the envelope, which still knows the serializer that the forms of a page are made by."""
    serializer = getattr(data, "serializer", None)
    wrapped = wrap(data, message)
    return wrapped if serializer is None else ReturnDict(wrapped, serializer=serializer)


class BrowsableAPIRenderer(renderers.BrowsableAPIRenderer):
    """REST framework's, which finds the filters of a list inside the envelope too.

    Views of this door use it wherever ``DEFAULT_RENDERER_CLASSES`` names REST framework's own.
    """

    def get_filter_form(self, data: Any, view: Any, request: Any) -> Any:
        """The filters, for a list."""
        is_wrapped = getattr(view, "envelope", False) and isinstance(data, dict) and data.keys() == {"message", "data"}
        return super().get_filter_form(data["data"] if is_wrapped else data, view, request)
