"""What a command is to work on: the project's ASGI application, or one Bolt API by its name."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError


def application_name() -> str:
    """The dotted name of the project's ASGI application, once it is known to be there.

    Raises:
        CommandError: the settings name none, or one that is not there.
    """
    name: str | None = getattr(settings, "ASGI_APPLICATION", None)
    if not name:
        raise CommandError(
            'Set ASGI_APPLICATION in your settings, as in "project.asgi.application", or name one API with --api.'
        )
    module, _, attribute = name.rpartition(".")
    find(module, attribute, f"ASGI_APPLICATION = {name!r}")
    return name


def api_named(value: str, option: str) -> Any:
    """The Bolt API called ``module:name``.

    Raises:
        CommandError: there is no such thing, or it is no API; the message begins with the option.
    """
    module, _, attribute = value.partition(":")
    if not (module and attribute):
        raise CommandError(f"{option} {value}: write it as module:name, for instance shop.api:api.")
    found = find(module, attribute, f"{option} {value}")
    if not callable(getattr(found, "asgi", None)):
        raise CommandError(f"{option} {value}: that is {type(found).__name__!r}, not a Bolt API.")
    return found


def find(module: str, attribute: str, source: str) -> Any:
    """Something by its module and name.

    Raises:
        CommandError: it is not there; the message begins with ``source``, which said that it is.
    """
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        # A missing import further down is a fault in that code, and its traceback helps.
        if not error.name or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise CommandError(f"{source}: there is no module {error.name!r}.") from None
    if not hasattr(found, attribute):
        raise CommandError(f"{source}: module {module!r} has no {attribute!r}.")
    return getattr(found, attribute)
