"""Tests of the client's address: believed of our own proxies, and of nobody else."""

from ipaddress import ip_address
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.middleware import clients
from ironbolt.bolt.middleware.clients import client_address, client_group, group_of
from ironbolt.bolt.request import Request
from ironbolt.core.settings import get_settings
from tests.bolt.calls import a_request

pytestmark = pytest.mark.row("B19")


def behind(forwarded: str, peer: Any = ("10.0.0.1", 1)) -> str:
    """The address found for a header under a connection."""
    return client_address(a_request({"x-forwarded-for": forwarded}, client=peer))


def test_header_is_not_believed_by_default() -> None:
    """Without a proxy of our own, the connection is all that counts."""
    assert behind("203.0.113.9") == "10.0.0.1"
    assert client_address(a_request(client=None)) == "unknown"
    assert client_address(a_request(client=("", 0))) == "unknown"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("6.6.6.6,203.0.113.9 ,  10.0.0.7", "203.0.113.9"),
        ("10.0.0.8, 10.0.0.7", "10.0.0.8"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, unknown", "10.0.0.1"),
        ("6.6.6.6, unknown, 10.0.0.7", "10.0.0.7"),
        ("6.6.6.6, ", "10.0.0.1"),
        ("6.6.6.6, [::1", "10.0.0.1"),
        ("6.6.6.6, [2001:db8::7]x", "10.0.0.1"),
        ("6.6.6.6, 203.0.113.9:x", "10.0.0.1"),
        ("6.6.6.6, 203.0.113.009", "10.0.0.1"),
        ("6.6.6.6, 203.0.113.9:1234567", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_rightmost_address_that_is_not_ours_is_the_client(settings, forwarded: str, expected: str) -> None:
    """What a client writes itself stands further left, and is never looked at; garbage ends the search."""
    settings.IRONBOLT = {"TRUSTED_PROXIES": ["10.0.0.0/8", "2001:db8:1::/48"]}
    assert behind(forwarded) == expected


def test_header_of_a_stranger_is_not_believed(settings) -> None:
    """Who comes past our proxies speaks for nobody but itself."""
    settings.IRONBOLT = {"TRUSTED_PROXIES": ["10.0.0.0/8"]}
    assert behind("203.0.113.9", ("192.0.2.1", 1)) == "192.0.2.1"
    assert behind("203.0.113.9", None) == "unknown"
    assert behind("203.0.113.9", ("::ffff:10.0.0.1", 1)) == "203.0.113.9"


def test_repeated_header_is_one_list(settings) -> None:
    """Several headers of the name are read as one, in order."""
    settings.IRONBOLT = {"TRUSTED_PROXIES": ["10.0.0.0/8"]}
    scope = a_request({"x-forwarded-for": "6.6.6.6"}, client=("10.0.0.1", 1)).scope
    scope["headers"].append((b"x-forwarded-for", b"203.0.113.9"))
    assert client_address(Request(scope)) == "203.0.113.9"


def test_long_header_costs_little_and_is_not_remembered(settings) -> None:
    """Only the hops next to us are read, however many a client made up."""
    settings.IRONBOLT = {"TRUSTED_PROXIES": ["10.0.0.0/8"]}
    before = clients._remembered.cache_info().currsize
    assert behind(", ".join(["6.6.6.6"] * 5000 + ["203.0.113.9"])) == "203.0.113.9"
    assert behind(", ".join(["10.0.0.2"] * 5000)) == "10.0.0.2"
    assert clients._remembered.cache_info().currsize == before


@given(
    st.text(st.characters(max_codepoint=255), max_size=80)
    | st.lists(st.from_regex(r"[0-9a-f.:\[\]% ]{0,20}"), max_size=4).map(",".join)
)
def test_any_header_gives_an_address(forwarded: str) -> None:
    """Whatever stands in the header, what comes out is an address of somebody's."""
    found = clients._behind_proxies("10.0.0.1", forwarded, ("10.0.0.0/8",))
    assert str(ip_address(found)) == found


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_ipv6_counts_by_its_network(address: str, group: str) -> None:
    """A client of IPv6 has more addresses than any limit could count, and one network."""
    assert group_of(address) == group
    assert client_group(a_request(client=(address, 1))) == group


@pytest.mark.parametrize("bad", ["10.0.0.1/8", "10.0.0.0/33", "proxy.example", "", "::/129"])
def test_bad_network_is_refused_at_start(settings, bad: str) -> None:
    """A network that is none is told by the name of its setting."""
    settings.IRONBOLT = {"TRUSTED_PROXIES": [bad]}
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        get_settings()
