"""Who may and how often, in OpenAPI's words and in people's."""

from collections.abc import Iterable, Sequence
from typing import Any

from ironbolt.bolt.guards import Guard
from ironbolt.bolt.middleware.limiting import RateLimit
from ironbolt.bolt.openapi.naming import distinct
from ironbolt.bolt.routing import Route

Schema = dict[str, Any]

_CLIENTS = {"ip": "each address", "user": "each user"}


class Security:
    """The ways to authenticate of all routes, each described once.

    Two ways that are described alike are one scheme; two that share a name and differ get two names.

    Attributes:
        schemes: name → description.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        found = dict.fromkeys(_key(way.security_scheme) for route in routes for way in route.auth)
        self._names = distinct({key: (key[0],) for key in found})
        described = (way.security_scheme for route in routes for way in route.auth)
        self.schemes: dict[str, Schema] = {self._names[_key(scheme)]: scheme[1] for scheme in described}

    def requirement(self, route: Route) -> list[Schema]:
        """What a caller needs on a route, any one of it; the empty one where nothing is needed."""
        ways = dict.fromkeys(self._names[_key(way.security_scheme)] for way in route.auth)
        optional: list[Schema] = [{}] if all(guard.admits_anonymous() for guard in route.guards) else []
        return [*({name: []} for name in ways), *optional]


def _key(scheme: tuple[str, Schema]) -> tuple[str, str]:
    name, description = scheme
    return name, repr(sorted(description.items(), key=lambda item: item[0]))


def access_of(route: Route) -> str:
    """Who may and how often, as sentences; empty where everybody may as often as they like."""
    sentences = []
    if route.guards:
        sentences.append(f"Requires: {words_of(route.guards)}.")
    if route.limiter is not None:
        sentences.append(f"Limit: {limit_words(route.limiter.limit)}.")
    return "\n\n".join(sentences)


def words_of(guards: Sequence[Guard]) -> str:
    """Guards as people say them, such as ``IsStaff and has permission catalog.add_book``."""
    return " and ".join(_words(guard.as_data()) for guard in guards)


def _words(data: Schema, *, inside: bool = False) -> str:
    kind, members = data.get("guard", ""), [_words(member, inside=True) for member in data.get("guards", ())]
    permissions = data.get("permissions", ())
    if kind == "Not":
        return f"not {members[0]}"
    if kind in ("AllOf", "AnyOf"):
        joined = (" and " if kind == "AllOf" else " or ").join(members)
        return f"({joined})" if inside or kind == "AnyOf" else joined
    if kind == "HasAnyPermission":
        return f"has any of the permissions {', '.join(permissions)}"
    if permissions:
        return f"has {'permission' if len(permissions) == 1 else 'all of the permissions'} {', '.join(permissions)}"
    return f"passes {data['check']}" if "check" in data else str(kind)


def limit_words(limit: RateLimit) -> str:
    """A limit as people say it."""
    data = limit.as_data()
    client = _CLIENTS.get(data["key"], f"each {data['key']}")
    shared = f", shared by all under the name {limit.name}" if limit.name else ""
    return f"{limit.burst} requests at once and {limit.rps:g} a second in the long run, for {client}{shared}"
