"""The ``IRONBOLT`` dictionary of a project's settings, as one typed and frozen value."""

from functools import cache
from ipaddress import ip_network
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from ironbolt.core.spelling import did_you_mean

_Positive = Annotated[int, msgspec.Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every setting of Ironbolt with its default; a project overrides them in ``IRONBOLT = {…}``."""

    API_PREFIXES: tuple[str, ...] = ("/api/",)
    """Paths below these always answer errors in the envelope, never in HTML."""

    SAFE_DB_ERRORS: bool = True
    """Keep SQL, table and column names out of every answer. Turn off on a developer's machine only."""

    VALIDATION_STATUS: Literal[400, 422] = 400
    """The status of a validation error."""

    PAGE_SIZE: _Positive = 20
    """How many items a page holds when the client does not say."""

    MAX_PAGE_SIZE: _Positive = 100
    """The most items a client may ask for on one page."""

    MAX_BULK_SIZE: _Positive = 1000
    """The most items that one bulk write takes, where its view does not say otherwise."""

    DATABASE_THREADS: _Positive = 4
    """How many threads of a process talk to the database, each with a connection of its own."""

    MAX_BODY_BYTES: _Positive = 100 * 2**20
    """The largest body that is taken in for a path of Django's; a larger one is answered 413, mostly unread."""

    TRUSTED_PROXIES: tuple[str, ...] = ()
    """Addresses and networks of our own proxies: only what they say in ``X-Forwarded-For`` is believed."""

    REDACTED_NAMES: tuple[str, ...] = ()
    """More names whose values no log shows, beside passwords, tokens, keys and the like, in whatever spelling."""

    N_PLUS_ONE: Literal["raise", "log", "off"] | None = None
    """What is done about a list that asks the database for each of its rows; None: raise under ``DEBUG``, else log."""

    LOG_PERFORMANCE: bool = False
    """Log how long each action takes and how many queries it makes; a view may say otherwise."""

    SLOW_ACTION_MS: _Positive | None = None
    """Warn in the log of every action that takes as many milliseconds; None for no such warning."""

    METRICS: bool = False
    """Count actions, their durations and queries with ``prometheus-client`` (``ironbolt[metrics]``)."""

    def __post_init__(self) -> None:
        for network in self.TRUSTED_PROXIES:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(f"TRUSTED_PROXIES: {error}") from None


@cache
def get_settings() -> Settings:
    """The project's settings, validated.

    Raises:
        ImproperlyConfigured: a name is unknown or a value has the wrong type or range; the message
            names the setting.
    """
    given = getattr(django_settings, "IRONBOLT", {})
    _refuse_unknown_names(given)
    try:
        return msgspec.convert(given, Settings)
    except msgspec.ValidationError as error:
        raise ImproperlyConfigured(_explain(error)) from None


def _refuse_unknown_names(given: Any) -> None:
    known = Settings.__struct_fields__
    for name in given if isinstance(given, dict) else ():
        if name not in known:
            raise ImproperlyConfigured(f"IRONBOLT[{name!r}] is not a setting of Ironbolt.{did_you_mean(name, known)}")


def _explain(error: msgspec.ValidationError) -> str:
    reason, _, path = str(error).partition(" - at `$.")
    name = path.rstrip("`")
    return f"IRONBOLT[{name!r}]: {reason}.{_choice_for(name)}" if name else f"IRONBOLT: {reason}."


def _choice_for(name: str) -> str:
    """What a setting may be, where that is one of a few words or numbers."""
    kind = get_type_hints(Settings).get(name)
    literals = (one for one in (kind, *get_args(kind)) if get_origin(one) is Literal)
    choices = [repr(value) for literal in literals for value in get_args(literal)]
    return f" Choose from {', '.join(choices)}." if choices else ""


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "IRONBOLT":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="ironbolt.core.settings")
