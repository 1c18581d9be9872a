"""Tests of CORS, by the Fetch standard: who may read, who may send what, and that nobody else is told so."""

import re
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.middleware.cross_origin import Cors, cors_headers, preflight, preflight_method

pytestmark = pytest.mark.row("B19")

SHOP = "https://shop.example"


def plain(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text; none of them comes twice."""
    found = {name.decode().removeprefix("access-control-"): value.decode() for name, value in headers}
    assert len(found) == len(headers)
    return found


def asked(method: str = "POST", origin: str = SHOP, headers: str = "", **more: str) -> dict[str, str]:
    """The headers of a preflight."""
    named = {"access-control-request-headers": headers} if headers else {}
    return {"origin": origin, "access-control-request-method": method, **named, **more}


def test_listed_origin_may_read() -> None:
    """An answer names the origin that asked, and says that it depends on it."""
    cors = Cors(origins=[SHOP, "https://desk.example"], credentials=True, expose=["X-Request-ID", "ETag"])
    assert plain(cors_headers(cors, {"origin": "https://desk.example"})) == {
        "allow-origin": "https://desk.example",
        "allow-credentials": "true",
        "expose-headers": "X-Request-ID, ETag",
        "vary": "Origin",
    }


OTHERS = [
    "https://evil.example", "http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example",
    "https://shop.example/", "https://SHOP.example", "null", "*", "", "https://shop.example, https://evil.example", "é",
]  # fmt: skip


@pytest.mark.parametrize("origin", OTHERS)
def test_other_origin_is_told_nothing(origin: str) -> None:
    """No header speaks of an origin that is not allowed, credentials and the like included; caches are warned."""
    cors = Cors(origins=[SHOP], credentials=True, expose=["ETag"], private_network=True)
    assert plain(cors_headers(cors, {"origin": origin})) == {"vary": "Origin"}
    assert plain(cors_headers(cors, {})) == {"vary": "Origin"}
    told = plain(preflight({"POST": cors}, asked(origin=origin)))
    assert list(told) == ["vary"]


def test_star_is_the_same_for_everybody() -> None:
    """Without credentials one answer does for all origins, and may be cached as such."""
    for headers in ({}, {"origin": SHOP}, {"origin": "null"}):
        assert plain(cors_headers(Cors(origins=["*"]), headers)) == {"allow-origin": "*"}
    assert cors_headers(None, {"origin": SHOP}) == []


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://a.shop.example", True),
        ("https://a.b.shop.example", True),
        ("https://shop.example", False),
        ("https://ashop.example", False),
        ("https://a.shop.example:444", False),
        ("http://a.shop.example", False),
        ("https://evil.example/.shop.example", False),
        ("https://evil.example#.shop.example", False),
        ("https://.shop.example", False),
        ("https://a..shop.example", False),
        ("https://a.shop.example.evil.example", False),
        ("https://a.shop.example\n", False),
        ("https://a.shopxexample", False),
    ],
)
def test_wildcard_means_subdomains(origin: str, allowed: bool) -> None:
    """A star in front of a domain stands for its subdomains, at any depth, and for nothing else."""
    assert Cors(origins="https://*.shop.example").allows(origin) is allowed


def test_pattern_has_to_match_as_a_whole() -> None:
    """A regular expression without anchors is not an open door."""
    cors = Cors(origins=[re.compile(r"https://(de|fr)\.shop\.example")])
    assert cors.allows("https://de.shop.example")
    assert not cors.allows("https://de.shop.example.evil.example")
    assert not cors.allows("https://evil.example?https://de.shop.example")


def test_null_origin_has_to_be_listed() -> None:
    """Sandboxed frames and files are nobody in particular; who lists them means it."""
    assert Cors(origins=["null"]).allows("null")
    assert not Cors(origins=[SHOP, re.compile("https://.*")]).allows("null")


@given(st.text(st.characters(max_codepoint=255)))
def test_no_origin_is_reflected_that_is_not_allowed(origin: str) -> None:
    """Whatever a client calls its origin, it comes back only where it is allowed."""
    cors = Cors(origins=[SHOP, "https://*.shop.example"])
    headers = [*cors_headers(cors, {"origin": origin}), *preflight({"POST": cors}, asked(origin=origin))]
    assert cors.allows(origin) or all(not name.startswith(b"access-control") for name, _ in headers)


def test_preflight_is_told_what_may_be_sent() -> None:
    """The methods of the path, the headers, and how long that may be remembered."""
    cors = Cors(origins=[SHOP], credentials=True, max_age=60)
    told = plain(preflight({"GET": cors, "POST": cors, "DELETE": None}, asked(headers="x-own")))
    assert told.pop("vary").startswith("Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    assert "authorization, content-type" in told.pop("allow-headers")
    assert told == {
        "allow-origin": SHOP,
        "allow-credentials": "true",
        "allow-methods": "GET, HEAD, POST",
        "max-age": "60",
    }


def test_method_under_another_policy_is_not_named() -> None:
    """A browser remembers every method that is named, so one that these scripts may not use never is."""
    ours, theirs = Cors(origins=[SHOP]), Cors(origins=["https://desk.example"])
    policies = {"POST": ours, "PUT": theirs, "DELETE": None, "PATCH": Cors(origins=[SHOP], credentials=True)}
    assert plain(preflight(policies, asked()))["allow-methods"] == "POST"
    for method in ("PUT", "DELETE", "TRACE", ""):
        assert list(plain(preflight(policies, asked(method)))) == ["vary"]


def test_methods_can_be_fewer_than_the_path_has() -> None:
    """What is declared limits what the path has, and adds nothing to it."""
    cors = Cors(origins="*", methods=["get", "PURGE"])
    told = plain(preflight({"GET": cors, "POST": cors}, asked("HEAD")))
    assert (told["allow-origin"], told["allow-methods"]) == ("*", "GET, HEAD")


def test_headers_can_be_named_or_any() -> None:
    """Those that are named; or, for a star, those that were asked for, since a star would leave out Authorization."""
    assert (
        plain(preflight({"POST": Cors(origins=[SHOP], headers=["X-A"])}, asked(headers="x-b")))["allow-headers"]
        == "X-A"
    )
    any_header = {"POST": Cors(origins=[SHOP], headers="*", credentials=True)}
    assert (
        plain(preflight(any_header, asked(headers="X-B, authorization,b ad, x\r\ny,")))["allow-headers"]
        == "x-b, authorization"
    )
    assert "allow-headers" not in plain(preflight(any_header, asked()))


def test_private_network_is_opened_on_purpose_only() -> None:
    """A public site reaches into a private network only where that was declared, and asked for."""
    wish = {"access-control-request-private-network": "true"}
    for declared in (False, True):
        policy = {"POST": Cors(origins=[SHOP], private_network=declared)}
        assert ("allow-private-network" in plain(preflight(policy, asked(**wish)))) is declared
        assert "allow-private-network" not in plain(preflight(policy, asked()))


@pytest.mark.parametrize(
    ("method", "headers", "found"),
    [
        ("OPTIONS", asked("PUT"), "PUT"),
        ("GET", asked("PUT"), None),
        ("OPTIONS", {"origin": SHOP}, None),
        ("OPTIONS", {"access-control-request-method": "PUT"}, None),
        ("OPTIONS", {"origin": SHOP, "access-control-request-method": ""}, None),
    ],
)
def test_preflight_is_told_from_other_requests(method: str, headers: dict[str, str], found: str | None) -> None:
    """A preflight is an OPTIONS with an origin and the method that is to come."""
    assert preflight_method(method, headers) == found


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"origins": ["*"], "credentials": True}, "every site act as your users"),
        ({"origins": []}, "origins is empty"),
        ({"origins": ["https://shop.example/"]}, "without a path or a slash"),
        ({"origins": ["shop.example"]}, "is no origin"),
        ({"origins": ["https://"]}, "is no origin"),
        ({"origins": ["https://*"]}, "is no origin"),
        ({"origins": ["https://*.example"]}, "is no origin"),
        ({"origins": ["https://a*.shop.example"]}, "is no origin"),
        ({"origins": ["https://*.*.shop.example"]}, "is no origin"),
        ({"origins": ["https://shop.example:x"]}, "is no origin"),
        ({"origins": ["https://user@shop.example"]}, "is no origin"),
        ({"origins": ["https://bücher.example"]}, "is no origin"),
        ({"origins": [7]}, "is no origin"),
        ({"origins": "*", "methods": ["GE T"]}, "methods is no name"),
        ({"origins": "*", "headers": ["a\r\nb"]}, "headers is no name"),
        ({"origins": "*", "expose": ["a,b"]}, "expose is no name"),
        ({"origins": "*", "max_age": -1}, "max_age"),
    ],
    ids=repr,
)
def test_policy_that_cannot_work_is_refused_at_start(options: dict[str, Any], reason: str) -> None:
    """What no browser would match, or what would give users away, is told at start."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        Cors(**options)


def test_origins_are_written_as_browsers_write_them() -> None:
    """Case and a port that goes without saying make no difference in what is declared."""
    assert Cors(origins="HTTPS://Shop.Example:443") == Cors(origins=[SHOP])
    assert Cors(origins="http://localhost:3000").allows("http://localhost:3000")
    assert Cors(origins="http://[::1]:3000").allows("http://[::1]:3000")
    assert Cors(origins="https://shop.example:8443").allows("https://shop.example:8443")


def test_policy_is_data() -> None:
    """A policy is frozen, equal by what it says, hashable and JSON-able."""
    cors = Cors(origins=[SHOP, re.compile("x")], methods="post")
    assert hash(cors) == hash(Cors(origins=[SHOP, re.compile("x")], methods=["POST"]))
    assert msgspec.json.decode(msgspec.json.encode(cors.as_data())) == {
        "origins": [SHOP, "^x"],
        "methods": ["POST"],
        "headers": None,
        "expose": [],
        "credentials": False,
        "max_age": 600,
        "private_network": False,
    }
    with pytest.raises(AttributeError):
        cors.credentials = True  # type: ignore[misc]
