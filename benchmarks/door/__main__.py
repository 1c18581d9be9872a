"""``python -m benchmarks.door [ROUNDS]``: what the Bolt door costs, each figure a ratio within this run.

Served, wrk on the other core: a class-based handler and a guarded one, whose callers send a thousand different
tokens, against the bare server. In process, turn by turn: the same against a function. And the memory of a
server over a million requests.
"""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import NamedTemporaryFile
from typing import Any

import jwt

from benchmarks.door import apps
from benchmarks.load import wrk
from benchmarks.servers import granian

ROUNDS = 15
CALLS = 20_000
TOKENS = 1_000
GUARDED = "token, guard, limit"
MILLION = 1_000_000


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    _print_served(rounds)
    _print_in_process(rounds)
    _print_memory()


def _print_served(rounds: int) -> None:
    rates: dict[str, list[float]] = {"bare": [], "class": [], "function": [], GUARDED: []}
    with (
        granian("benchmarks.door.apps:bare") as bare,
        granian("benchmarks.door.apps:application") as ours,
        _tokens_for_wrk() as script,
    ):
        loads = {
            "bare": partial(wrk, f"http://127.0.0.1:{bare.port}/", seconds=1),
            "class": partial(wrk, f"http://127.0.0.1:{ours.port}/class", seconds=1),
            "function": partial(wrk, f"http://127.0.0.1:{ours.port}/function", seconds=1),
            GUARDED: partial(wrk, f"http://127.0.0.1:{ours.port}/guarded", seconds=1, script=script),
        }
        for load in loads.values():
            load()
        for _ in range(rounds):
            for name, load in loads.items():
                rates[name].append(load().rate)
    print(f"{'served, requests/s':<24}{'median':>10}{'of bare':>9}{'of hello':>9}   (of the same turn)")
    for name, found in rates.items():
        of_bare, of_hello = (
            statistics.median(one / other for one, other in zip(found, rates[base], strict=True))
            for base in ("bare", "function")
        )
        print(f"{name:<24}{statistics.median(found):>10,.0f}{of_bare:>9.2f}{of_hello:>9.2f}")


@contextmanager
def _tokens_for_wrk() -> Iterator[str]:
    """A script for wrk in which one request after the other has another token."""
    lines = [f'  "Bearer {_token(number)}",' for number in range(TOKENS)]
    with NamedTemporaryFile("w", suffix=".lua") as file:
        file.write("\n".join(["local tokens = {", *lines, "}", _ROTATE]))
        file.flush()
        yield file.name


_ROTATE = """
local turn = 0
request = function()
  turn = turn % #tokens + 1
  return wrk.format("GET", nil, {["Authorization"] = tokens[turn]})
end
"""


def _print_in_process(rounds: int) -> None:
    tokens = [_token(number) for number in range(TOKENS)]
    scopes = {
        "function": [_scope("/function")],
        "class": [_scope("/class")],
        GUARDED: [_scope("/guarded", f"Bearer {token}") for token in tokens],
    }
    spent: dict[str, list[float]] = {name: [] for name in scopes}
    gc.freeze()
    for turn in range(rounds + 1):
        for name, asked in scopes.items():
            seconds = asyncio.run(_calls(asked))
            if turn:  # the first one warms up
                spent[name].append(seconds / CALLS * 1e6)
    print(f"\n{'in process, µs a call':<24}{'median':>10}{'paired':>9}   (to the function of the same turn)")
    for name, found in spent.items():
        paired = statistics.median(one / other for one, other in zip(found, spent["function"], strict=True))
        print(f"{name:<24}{statistics.median(found):>10.2f}{paired:>9.2f}")


def _print_memory() -> None:
    asked = 0.0
    with granian("benchmarks.door.apps:application") as server:
        print(f"\n{'served so far':<24}{'memory of the server, KiB':>26}")
        step = 2
        while asked < MILLION:
            asked += wrk(f"http://127.0.0.1:{server.port}/class", seconds=step).rate * step
            print(f"{asked:<24,.0f}{server.memory() / 1024:>26,.0f}")
            step = 8


def _token(number: int) -> str:
    claims = {"user_id": number, "exp": int(time.time()) + 3600, "permissions": ["shop.see"]}
    return jwt.encode(claims, apps.SECRET, algorithm="HS256")


def _scope(path: str, authorization: str = "") -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:8000")]
    if authorization:
        headers.append((b"authorization", authorization.encode()))
    return {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers,
        "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "root_path": "",
    }  # fmt: skip


async def _calls(scopes: list[dict[str, Any]]) -> float:
    application: Callable[..., Any] = apps.application
    receive, send, turns = _never, _nowhere, CALLS // len(scopes)
    begin = time.perf_counter()
    for scope in _repeated(scopes, turns):
        await application(scope, receive, send)
    return time.perf_counter() - begin


def _repeated(scopes: list[dict[str, Any]], turns: int) -> Iterable[dict[str, Any]]:
    for _ in range(turns):
        yield from scopes


async def _never() -> None:
    await asyncio.Event().wait()


async def _nowhere(message: Any) -> None:
    if message.get("status", 200) != 200:
        raise RuntimeError(f"Answered {message}.")


if __name__ == "__main__":
    main()
