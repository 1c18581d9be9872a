"""The description of an API, and the pages that show it."""

from ironbolt.bolt.openapi.document import Info, describe

__all__ = ["Info", "describe"]
