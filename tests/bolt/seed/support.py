"""What the chapters share: tokens, routes and the sentence of an error."""

import time
from typing import Any

import jwt
from django.conf import settings

from ironbolt.bolt import BoltAPI
from ironbolt.testing import Answer


def token(**claims: Any) -> str:
    """A token of user 7, valid for a minute, unless its claims say otherwise."""
    return jwt.encode({"user_id": 7, "exp": time.time() + 60, **claims}, settings.SECRET_KEY, "HS256")


def bearer(**claims: Any) -> dict[str, str]:
    """The header that carries such a token."""
    return {"Authorization": f"Bearer {token(**claims)}"}


def routes_below(api: BoltAPI, base: str) -> list[tuple[str, str]]:
    """Method and path of every route at ``base`` and below, sorted; the pages of the documentation lie elsewhere."""
    found = [(route.method, route.path) for route in api.routes()]
    return sorted((method, path) for method, path in found if path == base or path.startswith(f"{base}/"))


def message(answer: Answer) -> str:
    """What an error says."""
    sentence: str = answer.json()["error"]["message"]
    return sentence


def faults(answer: Answer) -> dict[str, list[str]]:
    """The fields that an error names, with what is wrong in each."""
    details: dict[str, list[str]] = answer.json()["error"]["details"]
    return details
