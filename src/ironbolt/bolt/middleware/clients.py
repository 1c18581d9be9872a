"""Where a request comes from: the address of the client, past our own proxies and no further."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from ironbolt.bolt.request import Request
from ironbolt.core.settings import get_settings

UNKNOWN = "unknown"
"""The address of a client that has none, such as one behind a Unix socket."""

MOST_HOPS = 20
"""Our own proxies are fewer; what stands further left was written by nobody we know."""

_LONGEST_HEADER = 512
"""What is longer is read anew each time, and so can't fill the memory."""

_Address = IPv4Address | IPv6Address


def client_address(request: Request) -> str:
    """The address of the client, as text."""
    return address_of(request.scope, request.headers)


def client_group(request: Request) -> str:
    """The client as limits count it: an IPv4 address, or the /64 that an IPv6 client can move in at will."""
    return group_of(address_of(request.scope, request.headers))


def address_of(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The address of the client of an ASGI scope.

    It is that of the connection, unless one of ``IRONBOLT["TRUSTED_PROXIES"]`` is at its other end: then
    the rightmost one in ``X-Forwarded-For`` that is not itself a proxy of ours. Anything further left
    the client may have made up.
    """
    client = scope.get("client")
    peer = str(client[0]) if client and client[0] else UNKNOWN
    trusted = get_settings().TRUSTED_PROXIES
    if not trusted:
        return peer
    forwarded = headers.get("x-forwarded-for", "")
    if len(forwarded) > _LONGEST_HEADER:
        return _behind_proxies(peer, forwarded, trusted)
    return _remembered(peer, forwarded, trusted)


@lru_cache(maxsize=4096)
def group_of(address: str) -> str:
    """The client that an address belongs to; what is no address stays what it is."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


def _behind_proxies(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    hop = _parse(peer)
    if hop is None or not _is_ours(hop, trusted):
        return peer
    for text in reversed(forwarded.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        before = _parse(text)
        if before is None:
            # What a proxy of ours could not name is where we stop: on its left is anybody's word.
            break
        hop = before
        if not _is_ours(hop, trusted):
            break
    return str(hop)


_remembered = lru_cache(maxsize=4096)(_behind_proxies)


def _is_ours(address: _Address, trusted: tuple[str, ...]) -> bool:
    return any(address in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(network) for network in trusted)


def _parse(text: str) -> _Address | None:
    """An address as proxies write it: perhaps with a port, in brackets, or IPv4 in the dress of IPv6."""
    try:
        address = ip_address(_bare(text.strip()))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _bare(text: str) -> str:
    """An address without brackets, port and the zone of IPv6."""
    if text.startswith("["):
        inside, closed, after = text[1:].partition("]")
        return inside.partition("%")[0] if closed and (not after or _is_port(after)) else ""
    host, _, port = text.partition(":")
    if "." in host and _is_port(f":{port}"):
        return host
    return text.partition("%")[0]


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isdecimal() and len(text) <= 6
