"""Scripts for wrk: each request has random parts, and where it is asked a token of its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from benchmarks.work import PLACE, RANGES, Work

CALLERS = 1_000
TOKEN_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Manner:
    """How requests are made.

    Attributes:
        seed: of the random numbers.
        ranges: of the random numbers, by name.
        pause: how long each connection waits before a request, in milliseconds on average.
    """

    seed: int = 1
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=lambda: RANGES)
    pause: int = 0


def script_for(work: Work, manner: Manner) -> str | None:
    """The Lua text for a kind of work; None where every request is the same and none has to wait."""
    seed, ranges = manner.seed, manner.ranges
    if not (work.guarded or work.writes or manner.pause or PLACE.search(work.path)):
        return None
    headers = ["Content-Type"] if work.writes else []
    lines = [
        f"math.randomseed({seed})",
        "local random = math.random",
        *(_tokens() if work.guarded else ()),
        'local headers = {["Content-Type"] = "application/json"}' if headers else "local headers = {}",
        "request = function()",
        *(('  headers["Authorization"] = tokens[random(#tokens)]',) if work.guarded else ()),
        f"  local path = {lua_text(work.path, ranges)}",
        f"  return wrk.format({_quoted(work.method)}, path, headers, {lua_text(work.body, ranges)})",
        "end",
        *((f"delay = function() return random(0, {2 * manner.pause}) end",) if manner.pause else ()),
    ]
    return "\n".join(lines) + "\n"


def lua_text(template: str, ranges: Mapping[str, tuple[int, int]] = RANGES) -> str:
    """A text with places as a Lua expression; numbers are whole however large."""
    parts = PLACE.split(template)
    said = [_number(ranges[part]) if odd % 2 else _quoted(part) for odd, part in enumerate(parts)]
    return " .. ".join(part for part in said if part != '""') or "nil"


def token(caller: int) -> str:
    """A token that every peer takes: each finds the claims that it looks for."""
    import jwt

    from benchmarks.shop.settings import SECRET_KEY

    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": str(caller),
        "user_id": caller,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": f"token-{caller}",
        "token_type": "access",
        "type": "access",
        "permissions": ["shop.see"],
    }
    return jwt.encode(claims, SECRET_KEY, algorithm="HS256")


@cache
def _tokens() -> tuple[str, ...]:
    return "local tokens = {", *(f'  "Bearer {token(caller)}",' for caller in range(1, CALLERS + 1)), "}"


def _number(bounds: tuple[int, int]) -> str:
    low, high = bounds
    if high < 2**31:
        return f"random({low}, {high})"
    # LuaJIT's random takes 32 bits; an exact double holds 53.
    return f'string.format("%.0f", {low} + random(0, {min(high - low, 2**31 - 1)}))'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
