"""What an API says of itself."""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.guards import Guard

Page = Literal["docs", "redoc", "scalar"]
"""A page that shows the description: Swagger UI, ReDoc or Scalar."""


class Info(msgspec.Struct, frozen=True):
    """What an API says of itself.

    Attributes:
        title: its name.
        version: its version.
        description: what it is for, in Markdown.
        served: whether ``/openapi.json`` and the pages show it.
        pages: the pages that show it, each below the API's prefix: ``/docs``, ``/redoc``, ``/scalar``.
        auth: ways to authenticate for the description and its pages; those of the API by default.
        guards: who may see them, by default everybody.

    Raises:
        ImproperlyConfigured: there is no such page.
    """

    title: str = "API"
    version: str = "1.0.0"
    description: str = ""
    served: bool = True
    pages: tuple[Page, ...] = get_args(Page)
    auth: Sequence[Authentication] | None = None
    guards: Sequence[Guard] = ()

    def __post_init__(self) -> None:
        known = get_args(Page)
        if unknown := set(self.pages) - set(known):
            raise ImproperlyConfigured(f"Info(pages=…): {min(unknown)!r} is none of {', '.join(known)}.")
