"""What a command is to work on: the project's ASGI application, or one Bolt API by its name."""

import sys
from importlib import import_module
from importlib.util import find_spec
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


def api_named(value: str, option: str) -> tuple[str, Any]:
    """The Bolt API called ``module:name`` or ``module.name``, or the only one of a module; its dotted name comes first.

    Raises:
        CommandError: there is no such thing, or it is no API; the message begins with the option.
    """
    source = f"{option} {value}"
    module, colon, attribute = value.partition(":")
    if not module or (colon and not attribute):
        raise CommandError(f"{source}: write it as module:name, for instance shop.api:api.")
    if not colon:
        module, attribute = _parted(value, source)
    found = find(module, attribute, source)
    if not _is_api(found):
        raise CommandError(f"{source}: that is {type(found).__name__!r}, not a Bolt API.")
    return f"{module}.{attribute}", found


def _parted(value: str, source: str) -> tuple[str, str]:
    """Module and name of an API; a dotted name may be that of the module which has just one."""
    parent, _, name = value.rpartition(".")
    if parent and _is_api(getattr(_imported(parent, source), name, None)):
        return parent, name
    if parent and not _is_module(value):
        return parent, name
    names = {id(item): name for name, item in reversed(vars(_imported(value, source)).items()) if _is_api(item)}
    if not names:
        raise CommandError(f"{source}: module {value!r} has no Bolt API.")
    first, *others = reversed(names.values())
    if others:
        several = f"{', '.join([first, *others[:-1]])} and {others[-1]}"
        raise CommandError(
            f"{source}: that module has {several}; write it as module:name, for instance {value}:{first}."
        )
    return value, first


def _is_api(found: Any) -> bool:
    return not isinstance(found, type) and callable(getattr(found, "asgi", None))


def _is_module(name: str) -> bool:
    try:
        return name in sys.modules or find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def find(module: str, attribute: str, source: str) -> Any:
    """Something by its module and name.

    Raises:
        CommandError: it is not there; the message begins with ``source``, which said that it is.
    """
    found = _imported(module, source)
    if not hasattr(found, attribute):
        raise CommandError(f"{source}: module {module!r} has no {attribute!r}.")
    return getattr(found, attribute)


def _imported(module: str, source: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # A missing import further down is a fault in that code, and its traceback helps.
        if not error.name or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise CommandError(f"{source}: there is no module {error.name!r}.") from None
