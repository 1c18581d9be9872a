"""The description of an API, and the pages that show it."""

from ironbolt.bolt.openapi.document import describe
from ironbolt.bolt.openapi.info import Info

__all__ = ["Info", "describe"]
