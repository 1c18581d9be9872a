"""Decorators that say what goes on around a handler: ``cors``, ``rate_limit``, ``compress``, ``skip_middleware``.

They only write it down, in one frozen value on the function; so their order makes no difference, and neither
does what stands above or below them. They can stand on a class too, for all of its handlers.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.marking import markable
from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.middleware.limiting import RateLimit
from ironbolt.bolt.responses.compression import Compression

__all__ = [
    "Around",
    "Compression",
    "Cors",
    "RateLimit",
    "Settled",
    "compress",
    "cors",
    "rate_limit",
    "settle",
    "skip_middleware",
]

_T = TypeVar("_T")

ATTRIBUTE = "__ironbolt_options__"
"""Where a function or a class keeps what was said of it."""

_VALUES = ("cors", "rate_limit", "compression")

KNOWN = frozenset(_VALUES)
"""What can be skipped, beside the middleware that an API names itself."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on around a handler.

    Attributes:
        cors: which other sites may read its answers.
        rate_limit: how often one may call it.
        compression: when its answers are compressed.
        skip: what a class or the API says, and does not hold here.
    """

    cors: Cors | None = None
    rate_limit: RateLimit | None = None
    compression: Compression | None = None
    skip: frozenset[str] = frozenset()


def cors(
    origins: Cors | str | re.Pattern[str] | Iterable[str | re.Pattern[str]],
    **options: Any,
) -> Callable[[_T], _T]:
    """Let scripts of other sites read the answers.

    Args:
        origins: the origins, or a whole :class:`Cors`.
        **options: what else :class:`Cors` knows.
    """
    return _saying(cors=origins if isinstance(origins, Cors) else Cors(origins=origins, **options))


def rate_limit(rps: float, burst: int | None = None, *, key: Any = "ip", name: str | None = None) -> Callable[[_T], _T]:
    """Limit how often a client may call; see :class:`RateLimit` for the parameters."""
    return _saying(rate_limit=RateLimit(rps, burst, key, name))


def compress(**options: Any) -> Callable[[_T], _T]:
    """Say when answers are compressed, where the default of :class:`Compression` does not fit.

    Args:
        **options: what :class:`Compression` knows.
    """
    return _saying(compression=Compression(**options))


def skip_middleware(*names: str) -> Callable[[_T], _T]:
    """Leave out here what the class or the API says for all: ``"cors"``, ``"rate_limit"``, ``"compression"``.

    Raises:
        ImproperlyConfigured: there is nothing to skip, or it is no name.
    """
    if not names or not all(isinstance(name, str) for name in names):
        raise ImproperlyConfigured('skip_middleware wants names, such as skip_middleware("rate_limit").')
    return _saying(skip=frozenset(names))


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on around one route, after its handler, its class and its API have had their say.

    Attributes:
        cors: which other sites may read its answers.
        rate_limit: how often one may call it.
        compression: when its answers are compressed; by default where the client takes it and it pays.
        limit_scope: what shares one bucket for each client: the handler, its class, or the whole API.
        skip: what is left out.
    """

    cors: Cors | None = None
    rate_limit: RateLimit | None = None
    compression: Compression | None = None
    limit_scope: str = ""
    skip: frozenset[str] = frozenset()


def settle(
    where: str, handler: Any, view: type | None = None, api: Around | None = None, known: Iterable[str] = ()
) -> Settled:
    """What holds for one route: what its handler says, else its class, else its API, unless that is skipped.

    Args:
        where: the route, such as ``GET /books``, for messages.
        handler: the function that answers.
        view: its class, if it has one.
        api: what the API says for all its routes.
        known: the names of the API's own middleware, which can be skipped too.

    Raises:
        ImproperlyConfigured: a name to skip is unknown, or the same place says and skips one thing.
    """
    # One handler under several methods or paths is one handler; a function's name alone may be another's too.
    own = f"handler {_qualified(handler)} ({id(_inside(handler)):x}) of {_qualified(view)}"
    levels = [(own, _said(handler)), (f"class {_qualified(view)}", _said(view)), ("api", api)]
    chosen: dict[str, Any] = {}
    skipped: frozenset[str] = frozenset()
    for scope, said in levels:
        if said is None:
            continue
        for name in _VALUES:
            value = getattr(said, name)
            if value is not None and name in said.skip:
                raise ImproperlyConfigured(f"{where} says {name} and skips it in one place.")
            if value is not None and name not in skipped and name not in chosen:
                chosen[name] = value
                if name == "rate_limit":
                    chosen["limit_scope"] = scope
        skipped |= said.skip
    if unknown := skipped - KNOWN - set(known):
        names = ", ".join(sorted({*KNOWN, *known}))
        raise ImproperlyConfigured(f"{where}: skip_middleware({min(unknown)!r}) is none of {names}.")
    if "compression" not in skipped:
        chosen.setdefault("compression", Compression())
    return Settled(**chosen, skip=skipped)


def around_of(decorators: Iterable[Callable[[Any], Any]]) -> Around:
    """What decorators say, for a whole API: ``BoltAPI(middleware=[rate_limit(50), cors("*")])``."""

    def everything() -> None: ...

    for decorate in decorators:
        decorate(everything)
    return _said(everything) or Around()


def _saying(**said: Any) -> Callable[[_T], _T]:
    """A decorator that adds to what was said before; nothing that others may share is changed in place."""

    def write_down(target: _T) -> _T:
        target = markable(target)
        place = _inside(target)
        before = getattr(place, ATTRIBUTE, None) or Around()
        own = vars(place).get(ATTRIBUTE) or Around()
        for name in said:
            if getattr(own, name):
                raise ImproperlyConfigured(f"{_qualified(place)} has {_DECORATORS[name]} twice.")
        setattr(place, ATTRIBUTE, msgspec.structs.replace(before, **said))
        return target

    return write_down


_DECORATORS = {
    "cors": "@cors",
    "rate_limit": "@rate_limit",
    "compression": "@compress",
    "skip": "@skip_middleware",
}


def _inside(target: Any) -> Any:
    """The function in what a registration or Python's own decorators made of it; a class is itself."""
    for name in ("__func__", "fn"):
        inner = None if isinstance(target, type) else getattr(target, name, None)
        if callable(inner):
            return _inside(inner)
    return target


def _said(target: Any) -> Around | None:
    said = getattr(_inside(target), ATTRIBUTE, None)
    return said if isinstance(said, Around) else None


def _qualified(target: Any) -> str:
    return f"{getattr(target, '__module__', '')}.{getattr(target, '__qualname__', target)}"
