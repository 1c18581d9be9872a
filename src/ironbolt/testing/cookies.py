"""The cookies of a client: read from answers, kept between requests, and sent where they belong."""

from collections.abc import Iterable, Iterator, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Any, NamedTuple

_FLAGS = ("secure", "httponly")


def cookies_in(lines: Iterable[str]) -> SimpleCookie:
    """The cookies of ``Set-Cookie`` headers, a line each; what is no cookie is passed over, as browsers do."""
    found = SimpleCookie()
    for line in lines:
        # Not SimpleCookie.load: for it an attribute that it has not heard of spoils the whole cookie.
        pair, *attributes = line.split(";")
        name, separator, coded = (part.strip() for part in pair.partition("="))
        morsel: Morsel[str] = Morsel()
        try:
            morsel.set(name, found.value_decode(coded)[0], coded)
        except CookieError:
            continue
        for attribute in attributes:
            key, _, value = (part.strip() for part in attribute.partition("="))
            if morsel.isReservedKey(key):
                morsel[key] = True if key.lower() in _FLAGS else value
        if separator:
            found[name] = morsel
    return found


class _Key(NamedTuple):
    """What tells one cookie from another; those without a domain go to every host."""

    domain: str
    path: str
    name: str


class CookieJar(MutableMapping[str, str]):
    """Name → value of what is kept between requests.

    What answers set is sent again where it belongs by its domain, path and ``Secure``. What a test
    sets (``client.cookies["theme"] = "dark"``) goes everywhere.
    """

    def __init__(self, cookies: Iterable[tuple[str, str]] = ()) -> None:
        self._kept: dict[_Key, Morsel[str]] = {}
        self.update(cookies)

    def keep(self, cookies: SimpleCookie, host: str, path: str) -> None:
        """Take what an answer to a request for ``path`` sets; what has expired is dropped."""
        for name, morsel in cookies.items():
            # A dot at the front is how the domains of old were written, and says nothing today.
            domain = morsel["domain"].lower().lstrip(".") or f"={host}"
            key = _Key(domain, morsel["path"] or path.rpartition("/")[0] or "/", name)
            self._kept.pop(key, None)
            if not _has_expired(morsel):
                self._kept[key] = morsel

    def header_for(self, host: str, path: str, *, is_secure: bool, also: Iterable[tuple[str, str]] = ()) -> str:
        """The value of the ``Cookie`` header of a request; ``also`` are cookies of this one, which win."""
        sent: dict[str, str] = {}
        # The more exact path decides between two of one name; servers take the first or the last.
        for key, morsel in sorted(self._kept.items(), key=lambda item: len(item[0].path)):
            if _belongs(key, host, path) and (is_secure or not morsel["secure"]):
                sent[key.name] = morsel.coded_value
        encode = SimpleCookie().value_encode
        sent.update((name, encode(value)[1]) for name, value in also)
        return "; ".join(f"{name}={coded}" for name, coded in sent.items())

    def __getitem__(self, name: str) -> str:
        for key, morsel in reversed(self._kept.items()):
            if key.name == name:
                return morsel.value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self.pop(name, None)
        morsel: Morsel[str] = Morsel()
        morsel.set(name, *SimpleCookie().value_encode(value))
        self._kept[_Key("", "/", name)] = morsel

    def __delitem__(self, name: str) -> None:
        found = [key for key in self._kept if key.name == name]
        if not found:
            raise KeyError(name)
        for key in found:
            del self._kept[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.name for key in self._kept))

    def __len__(self) -> int:
        return len({key.name for key in self._kept})

    def __repr__(self) -> str:
        return f"<CookieJar {dict(self)!r}>"


def _belongs(key: _Key, host: str, path: str) -> bool:
    if key.domain not in ("", f"={host}", host) and not (key.domain and host.endswith(f".{key.domain}")):
        return False
    return path == key.path or path.startswith(key.path.rstrip("/") + "/")


def _has_expired(morsel: "Morsel[Any]") -> bool:
    age = str(morsel["max-age"])
    if age.lstrip("-").isdigit():
        return int(age) <= 0
    try:
        moment = parsedate_to_datetime(morsel["expires"])
    except ValueError:
        return False
    return moment.replace(tzinfo=moment.tzinfo or UTC) <= datetime.now(UTC)
