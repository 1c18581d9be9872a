"""Misspelt names: what was meant, for the message."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence with a blank before it that names the nearest of the known names; empty where none is near."""
    similar = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {similar[0]!r}?" if similar else ""
