"""Tests of when and how answers are compressed."""

import asyncio
import gzip
import sys
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON, FileResponse, Response, compression
from ironbolt.bolt.responses.compression import Compression, chosen, compress
from tests.bolt.delivering import Exchange

pytestmark = pytest.mark.row("B21")

LONG = "x" * 5000


def asked(accept: str | None) -> Request:
    """The request of a client that accepts this."""
    return Request(Exchange(headers={} if accept is None else {"Accept-Encoding": accept}).scope)


def compressed(response: Response, accept: str | None = "gzip", settings: Compression | None = None) -> Response:
    """The answer after compression for a client that accepts this."""
    return asyncio.run(compress(response, asked(accept), settings or Compression()))


def header(response: Response, name: str) -> str | None:
    """A header of an answer."""
    return dict(response.headers).get(name.encode(), b"").decode() or None


@pytest.fixture
def _all_codings(monkeypatch):
    """Stand-ins for the packages that may be installed."""
    kinds: dict[str, Any] = {name: lambda body, level, name=name: name.encode() for name in ("gzip", "br", "zstd")}
    monkeypatch.setattr(compression, "_compressors", lambda: kinds)
    vars(chosen)["kept"].cache_clear()
    yield
    vars(chosen)["kept"].cache_clear()


class TestWhen:
    def test_a_long_text_is_compressed(self):
        """The body is gzip, and caches are told what it depends on; the original stays as it was."""
        original = JSON({"text": LONG}, headers={"ETag": '"a"'})
        answer = compressed(original)
        assert gzip.decompress(answer.body) == original.body
        assert header(answer, "content-encoding") == "gzip"
        assert header(answer, "vary") == "Accept-Encoding"
        assert header(answer, "etag") == 'W/"a"'
        assert header(original, "vary") is None
        assert len(original.body) > 5000

    def test_the_same_bytes_come_every_time(self):
        """No time of day is in the answer."""
        assert compressed(JSON(LONG)).body == compressed(JSON(LONG)).body
        assert compressed(JSON(LONG)).body[4:8] == b"\0\0\0\0"

    @pytest.mark.parametrize(
        "media_type",
        ["text/plain", "text/csv; charset=utf-8", "application/json", "application/problem+json", "image/svg+xml"],
    )
    def test_what_is_text_is_eligible(self, media_type):
        """Text by any name."""
        assert header(compressed(Response(LONG, media_type=media_type)), "content-encoding") == "gzip"

    @pytest.mark.parametrize(
        "response",
        [
            Response(LONG, media_type="image/png"),
            Response(LONG, media_type="application/octet-stream"),
            Response(LONG, media_type="text/event-stream"),
            Response(LONG, headers={"Content-Encoding": "br"}),
            Response(LONG, headers={"Cache-Control": "No-Transform"}),
            Response(LONG, status_code=206),
            Response("short"),
            Response(status_code=204),
            FileResponse(__file__),
        ],
    )
    def test_what_does_not_pay_or_must_not_be_is_left(self, response):
        """The very answer comes back, without a word on encodings."""
        assert compressed(response) is response
        assert header(response, "vary") is None

    @pytest.mark.parametrize("accept", [None, "", "identity", "gzip;q=0", "*;q=0", "compress", "gzip;q=x", "gzip;q=2"])
    def test_who_does_not_accept_it_gets_it_plain(self, accept):
        """Caches are told all the same."""
        request = asked(accept)
        answer = asyncio.run(compress(Response(LONG), request, Compression()))
        assert answer.body == LONG.encode()
        assert header(answer, "content-encoding") is None
        assert request.extra_headers == [(b"vary", b"accept-encoding")]

    def test_what_gets_no_shorter_is_left(self):
        """Noise is sent as it is."""
        noise = bytes(range(256)) * 4
        answer = compressed(Response(noise, media_type="text/plain"), settings=Compression(minimum=100, level=0))
        assert answer.body == noise
        assert header(answer, "content-encoding") is None

    def test_a_large_body_leaves_the_loop_alone(self):
        """It is compressed in a thread and arrives all the same."""
        assert gzip.decompress(compressed(Response(LONG * 100)).body) == (LONG * 100).encode()

    @pytest.mark.parametrize(
        ("vary", "expected"), [("Cookie", b"Accept-Encoding"), ("*", None), ("accept-encoding, Cookie", None)]
    )
    def test_vary_is_added_to_once(self, vary, expected):
        """What is said already is not said again."""
        values = [
            value for name, value in compressed(Response(LONG, headers={"Vary": vary})).headers if name == b"vary"
        ]
        assert values == [vary.encode(), *([expected] if expected else [])]


@pytest.mark.usefixtures("_all_codings")
class TestChoice:
    @pytest.mark.parametrize(
        ("accept", "coding"),
        [
            ("gzip, deflate, br, zstd", "zstd"),
            ("gzip, br", "br"),
            ("gzip, br;q=0.5", "gzip"),
            ("*", "zstd"),
            ("*, zstd;q=0", "br"),
            ("GZIP ; Q=0.5", "gzip"),
            ("x-gzip", "gzip"),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip", "gzip"),
            ("deflate", None),
        ],
    )
    def test_the_client_s_favourite_wins(self, accept, coding):
        """Among equals ours does."""
        assert chosen(accept, ("zstd", "br", "gzip")) == coding

    def test_the_settings_say_what_is_offered(self):
        """What is not offered is not chosen."""
        assert chosen("br, gzip", ("gzip",)) == "gzip"
        assert compressed(Response(LONG), "br, gzip").body == b"br"

    @given(st.text(max_size=50))
    def test_any_header_is_read(self, accept):
        """Nonsense is no error."""
        assert chosen(accept, ("zstd", "br", "gzip")) in ("zstd", "br", "gzip", None)


class TestPackages:
    def test_what_is_installed_is_used(self, monkeypatch):
        """Brotli and Zstandard come from their packages, where Python itself has them not."""

        class Compressor:
            def __init__(self, level: int) -> None:
                self.level = level

            def compress(self, body: bytes) -> bytes:
                return b"zstd"

        monkeypatch.setitem(sys.modules, "compression", None)
        monkeypatch.setitem(sys.modules, "compression.zstd", None)
        monkeypatch.setitem(sys.modules, "brotli", _module(compress=lambda body, quality: b"br"))
        monkeypatch.setitem(sys.modules, "zstandard", _module(ZstdCompressor=Compressor))
        made = compression._compressors.__wrapped__()
        assert {name: call(b"x", 5) for name, call in made.items() if name != "gzip"} == {"br": b"br", "zstd": b"zstd"}

    def test_python_s_own_is_preferred(self, monkeypatch):
        """From 3.14 on nothing need be installed for Zstandard."""
        own = _module(compress=lambda body, level: b"own")
        monkeypatch.setitem(sys.modules, "compression", _module(zstd=own))
        monkeypatch.setitem(sys.modules, "compression.zstd", own)
        assert compression._compressors.__wrapped__()["zstd"](b"x", 5) == b"own"

    def test_without_them_there_is_gzip(self, monkeypatch):
        """What is missing is not offered."""
        for name in ("compression", "compression.zstd", "zstandard", "brotli", "brotlicffi"):
            monkeypatch.setitem(sys.modules, name, None)
        assert list(compression._compressors.__wrapped__()) == ["gzip"]


def _module(**names: Any) -> Any:
    module: Any = types.ModuleType("stand_in")
    module.__dict__.update(names)
    return module
