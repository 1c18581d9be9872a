"""Structs and models: how rows are read into the one and written from it."""

from ironbolt.bolt.structs.fields import source

__all__ = ["source"]
