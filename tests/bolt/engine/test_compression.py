"""Tests of when an API compresses its answers."""

import pytest

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.middleware import compress, skip_middleware
from ironbolt.testing import TestClient

api = BoltAPI(info=Info(served=False))


@api.get("/long")
async def long() -> str:
    """Long."""
    return "long " * 1000


@api.get("/short")
async def short() -> str:
    """Short."""
    return "short " * 50


@api.get("/early")
@compress(minimum=100)
async def early() -> str:
    """Compressed though it is short."""
    return "short " * 50


@api.view("/never")
@skip_middleware("compression")
class Never(APIView):
    """Never compressed."""

    async def get(self) -> str:
        """Long."""
        return "long " * 1000


@pytest.mark.parametrize(
    ("path", "coding"), [("/long", "gzip"), ("/short", None), ("/early", "gzip"), ("/never", None), ("/nowhere", None)]
)
def test_long_answers_are_compressed_where_the_client_takes_it(path: str, coding: str | None) -> None:
    """From a kilobyte on by default; a handler, a class and an API may say otherwise."""
    client = TestClient(api, headers={"Accept-Encoding": "gzip"})
    assert client.get(path).headers.get("content-encoding") == coding
    assert "content-encoding" not in TestClient(api).get(path).headers


def test_an_api_can_do_without() -> None:
    """What the API skips is skipped by all of its routes that do not ask for it."""
    plain = BoltAPI(info=Info(served=False), middleware=[skip_middleware("compression")])
    plain.get("/long")(long)
    plain.get("/early")(early)
    client = TestClient(plain, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in client.get("/long").headers
    assert client.get("/early").headers["content-encoding"] == "gzip"
