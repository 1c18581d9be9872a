"""Marks on the methods of a view: custom actions, and what a handler decides for itself."""

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.guards import Guard, HasDjangoPermission, guard_of
from ironbolt.bolt.marking import markable
from ironbolt.core.spelling import did_you_mean

_F = TypeVar("_F", bound=Callable[..., Any])
_O = TypeVar("_O", bound=msgspec.Struct)

READ, WRITE = "read", "write"

_OPTIONS = "__ironbolt_access__"
_MORE_GUARDS = "__ironbolt_more_guards__"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration may decide for one route; None leaves it to the class, then to the API.

    Attributes:
        auth: ways to authenticate.
        guards: who may.
        status_code: the status of a success.
        response_model: what the answer must be.
        tags: headings in the API description.
        summary: a line there.
    """

    auth: Sequence[Authentication] | None = None
    guards: Sequence[Guard] | None = None
    status_code: int | None = None
    response_model: Any = None
    tags: Sequence[str] | None = None
    summary: str | None = None


def chosen_of(kind: type[_O], given: dict[str, Any]) -> _O:
    """The options that a registration was given.

    Raises:
        TypeError: one is none of this kind; the message names the nearest.
    """
    known = kind.__struct_fields__
    for name in given:
        if name not in known:
            raise TypeError(f"{name!r} is none of {', '.join(known)}.{did_you_mean(name, known)}")
    return kind(**given)


class ActionHandler:
    """A custom action of a view set, as it stands in the class.

    Attributes:
        fn: the function.
        methods: the HTTP methods, in capitals.
        detail: whether it is about one object.
        path: its last segment in the address.
        options: what it decides for itself.
    """

    def __init__(
        self, fn: Callable[..., Any], methods: Sequence[str], path: str, options: Options, *, detail: bool
    ) -> None:
        self.fn = fn
        self.methods = [method.upper() for method in methods]
        self.detail = detail
        self.path = path
        self.options = options

    @property
    def auth(self) -> Sequence[Authentication] | None:
        """The ways to authenticate of its own, None for those of the class."""
        return self.options.auth

    @property
    def guards(self) -> Sequence[Guard] | None:
        """The guards of its own, None for those of the class."""
        return self.options.guards

    @property
    def response_model(self) -> Any:
        """What its answer must be, None for anything."""
        return self.options.response_model

    @property
    def status_code(self) -> int | None:
        """The status of its success, None for 200."""
        return self.options.status_code

    def __get__(self, view: Any, owner: type) -> Any:
        """On an instance the method itself, so that handlers can call each other."""
        return self if view is None else self.fn.__get__(view, owner)


def action(*, methods: Sequence[str], detail: bool, path: str | None = None, **options: Any) -> Any:
    """Make a method of a view set an action: ``POST /users/{id}/activate``.

    Args:
        methods: the HTTP methods it answers.
        detail: whether it is about one object of the collection.
        path: its last segment; the name of the method by default.
        options: ``auth``, ``guards``, ``response_model``, ``status_code``, ``tags``, ``summary``; each one
            given replaces that of the class, and ``[]`` is given.
    """
    chosen = chosen_of(Options, options)

    def mark(fn: Callable[..., Any]) -> ActionHandler:
        return ActionHandler(fn, methods, fn.__name__ if path is None else path, chosen, detail=detail)

    return mark


def override(**options: Any) -> Callable[[_F], _F]:
    """Let one handler of a class decide for itself what :class:`Options` holds; ``[]`` opens it to everybody.

    One of Ironbolt's own is taken as ``create = override(guards=[…])(CreateMixin.create)``; other classes keep theirs.
    """
    chosen = chosen_of(Options, options)

    def mark(function: _F) -> _F:
        function = markable(function)
        # Above an @action too, whose function is what becomes a route.
        setattr(getattr(function, "fn", function), _OPTIONS, chosen)
        return function

    return mark


def options_of(handler: Any, said: Options | None = None) -> Options:
    """What :func:`override` recorded on a handler; what its registration has ``said`` goes before it."""
    chosen: Options = getattr(handler, _OPTIONS, Options())
    if said is None:
        return chosen
    own = {name: value for name, value in msgspec.structs.asdict(said).items() if value is not None}
    return msgspec.structs.replace(chosen, **own)


def check_permissions(*guards: Any) -> Callable[[_F], _F]:
    """Ask guards for one handler, beside those of its class and never instead of them; for a class say ``guards``.

    They are asked before the handler runs, as all guards; a bulk action asks what its single action asks. One of
    Ironbolt's own actions is taken as ``create = check_permissions(IsStaff())(CreateMixin.create)``.

    Args:
        guards: guards and classes of them, a function as ``RequestGuard(function)``; and permissions of Django's as
            text, such as ``"catalog.change_book"``, which the user must have right now. All of them have to agree.

    Raises:
        ImproperlyConfigured: there is none, or something else among them; or what is decorated is a class.
    """
    if not guards:
        raise ImproperlyConfigured("@check_permissions() wants at least one guard.")
    more = tuple(_named(guard) if isinstance(guard, str) else _plain(guard) for guard in guards)

    def mark(handler: _F) -> _F:
        if isinstance(handler, type) or not callable(getattr(handler, "fn", handler)):
            raise ImproperlyConfigured(
                f"@check_permissions stands on handlers, and {handler!r} is none; a class says guards = […]."
            )
        handler = markable(handler)
        function = getattr(handler, "fn", handler)
        setattr(function, _MORE_GUARDS, (*more, *more_guards_of(function)))
        return handler

    return mark


def _named(permission: str) -> Guard:
    label, _, codename = permission.partition(".")
    if not label or not codename:
        raise ImproperlyConfigured(
            f"@check_permissions({permission!r}): a permission of Django's is 'app_label.codename'."
        )
    return HasDjangoPermission(permission)


def _plain(guard: Any) -> Guard:
    if isinstance(guard, FunctionType):  # it may well be the handler
        raise ImproperlyConfigured(
            f"@check_permissions({guard.__qualname__}): name the guards in parentheses; of a function make a "
            "RequestGuard or a DatabaseGuard."
        )
    return guard_of(guard)


def more_guards_of(handler: Any) -> tuple[Guard, ...]:
    """What :func:`check_permissions` recorded on a handler."""
    guards: tuple[Guard, ...] = getattr(handler, _MORE_GUARDS, ())
    return guards


def default_action(kind: str) -> Callable[[_F], _F]:
    """Mark an action whose behaviour is Ironbolt's own, so that the door knows how to run and describe it."""

    def mark(function: _F) -> _F:
        function.__ironbolt_default__ = kind  # type: ignore[attr-defined]  # a mark on a plain function
        return function

    return mark
