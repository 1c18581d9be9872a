"""The engine: what happens between a request and its answer."""

from ironbolt.bolt.engine.http import Engine

__all__ = ["Engine"]
