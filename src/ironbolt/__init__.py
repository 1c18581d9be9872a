"""Ironbolt: the production layer for Django APIs, one set of guarantees behind two doors."""

__version__ = "0.1.0"
