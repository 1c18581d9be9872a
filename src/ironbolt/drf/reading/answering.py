"""How a planned read is answered."""

from typing import Any

from django.template.response import SimpleTemplateResponse
from rest_framework import renderers
from rest_framework.response import Response

from ironbolt.drf.renderers import JSONRenderer

_TO_JSON = frozenset({JSONRenderer, renderers.JSONRenderer})


def is_plain(renderer: Any) -> bool:
    """Whether it takes what is shown as it is; others may ask it for its serializer, to fill in a form."""
    return type(renderer) in _TO_JSON


class PlannedResponse(Response):
    """REST framework's, made in fewer steps: its content type is known, so that none has to be worked out."""

    def __init__(self, data: Any) -> None:
        template: Any = None
        SimpleTemplateResponse.__init__(self, template, content_type="application/json", charset="utf-8")
        self._charset: str | None = None  # what the content type says, as in any response
        self.data = data
        self.exception = False
        self.content_type = None
