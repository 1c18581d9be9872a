"""Permissions by role, and those that one action asks beside its class."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from rest_framework import views as drf_views
from rest_framework.mixins import UpdateModelMixin
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from ironbolt.drf.names import action_of

if TYPE_CHECKING:
    _View = drf_views.APIView
else:
    _View = object

_F = TypeVar("_F", bound=Callable[..., Any])
Makers = tuple[Callable[[], Any], ...]

_ASKED = "__ironbolt_permissions__"
"""Where an action keeps what is asked for it."""


class IsStaffOrReadOnly(BasePermission):
    """Everybody reads, staff writes."""

    open_to_readers = True
    """Tells the schema of the API that safe methods need no login."""

    def has_permission(self, request: Request, view: drf_views.APIView) -> bool:
        """Whether this request may go on."""
        return request.method in SAFE_METHODS or bool(getattr(request.user, "is_staff", False))


class HasDjangoPermission(BasePermission):
    """Users who have a permission of Django's, such as ``catalog.change_book``.

    Args:
        permission: the label of an app, a dot, the codename.
    """

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def has_permission(self, request: Request, view: drf_views.APIView) -> bool:
        """Whether the user has it now."""
        user: Any = request.user  # None where the project wants no anonymous user
        return bool(user) and bool(user.has_perm(self.permission))


def check_permissions(*permissions: Any) -> Callable[[_F], _F]:
    """Ask permissions for one action, beside those of its class and never instead of them.

    They are asked before the body runs, and about every object that ``self.get_object()`` finds in it. Who is refused
    gets a 401 or 403, as from ``permission_classes``; a bulk action asks what its single action asks. The action may
    also be called by another method: then they are asked at the call.

    Args:
        permissions: classes of permissions, also combined by ``&``, ``|`` and ``~``; instances, which all requests
            share; or permissions of Django's as text. All of them have to agree.

    Raises:
        ImproperlyConfigured: there is none, or something else among them; or what is decorated is no method of a view.
    """
    if not permissions:
        raise ImproperlyConfigured("@check_permissions() wants at least one permission.")
    makers = tuple(_maker_of(permission) for permission in permissions)

    def mark(action: _F) -> _F:
        _refuse_what_is_no_method(action)
        return _asking(action, makers)

    return mark


def _asking(action: _F, makers: Makers) -> _F:
    @wraps(action)
    def call(view: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(view, ActionPermissions):
            raise ImproperlyConfigured(
                f"@check_permissions on {action.__qualname__}: {type(view).__name__} is no view of ironbolt.drf; "
                "put BaseViewMixin or BaseViewSetMixin in front of its bases."
            )
        if view.has_asked(makers):
            return action(view, *args, **kwargs)
        return view.call_asking(makers, lambda: action(view, *args, **kwargs))

    # With those of decorators further in: before the action all of them are asked.
    setattr(call, _ASKED, (*makers, *getattr(action, _ASKED, ())))
    return call  # type: ignore[return-value]  # of the same signature


class ActionPermissions(_View):
    """The part of a view that asks what :func:`check_permissions` wants asked."""

    _asked: Makers = ()
    """What was asked of this request already, before its unit of work began."""

    _entered: Makers = ()
    """What was asked at the call of another action, which is running."""

    def get_action_permissions(self) -> list[Any]:
        """What is asked for the running action beside ``get_permissions()``, whatever that says."""
        return [make() for make in (*_makers_of(self), *self._entered)]

    def check_permissions(self, request: Request) -> None:
        """Those of the class, then those of the action.

        Raises:
            NotAuthenticated, PermissionDenied: one says no.
        """
        super().check_permissions(request)
        if makers := _makers_of(self):
            ask(self, request, [make() for make in makers])
            self._asked = (*self._asked, *makers)

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """The same for one object.

        Raises:
            NotAuthenticated, PermissionDenied: one says no.
        """
        super().check_object_permissions(request, obj)
        if self._entered or _makers_of(self):
            ask_about(self, request, obj, self.get_action_permissions())

    def has_asked(self, makers: Makers) -> bool:
        """Whether these were asked of the request, and will be about objects."""
        asked = (*self._asked, *self._entered)
        concerned = (*_makers_of(self), *self._entered)
        return all(maker in asked and maker in concerned for maker in makers)

    def call_asking(self, makers: Makers, call: Callable[[], Any]) -> Any:
        """Call an action that is not the one of this request, after its permissions.

        Raises:
            NotAuthenticated, PermissionDenied: one says no.
        """
        ask(self, self.request, [make() for make in makers])
        before, self._entered = self._entered, (*self._entered, *makers)
        try:
            return call()
        finally:
            self._entered = before


def ask(view: drf_views.APIView, request: Request, permissions: list[Any]) -> None:
    """Refuse a request that one of the permissions refuses.

    Raises:
        NotAuthenticated, PermissionDenied: one says no; in its words, if it has any.
    """
    for permission in permissions:
        if not permission.has_permission(request, view):
            view.permission_denied(request, *_words_of(permission))


def ask_about(view: drf_views.APIView, request: Request, obj: Any, permissions: list[Any]) -> None:
    """The same for one object.

    Raises:
        NotAuthenticated, PermissionDenied: one says no; in its words, if it has any.
    """
    for permission in permissions:
        if not permission.has_object_permission(request, view, obj):
            view.permission_denied(request, *_words_of(permission))


def _words_of(permission: Any) -> tuple[str | None, str | None]:
    return getattr(permission, "message", None), getattr(permission, "code", None)


def _makers_of(view: Any) -> Makers:
    """What the handler of the running action was decorated with, and what that calls in REST framework."""
    name = action_of(view) or str(view.request.method).lower()
    handler = getattr(view, name, None)
    makers: Makers = getattr(handler, _ASKED, ())
    if name == "partial_update" and _comes_to_update(view, handler):
        more: Makers = getattr(view.update, _ASKED, ())
        return (*makers, *(one for one in more if one not in makers)) if more else makers
    return makers


def _comes_to_update(view: Any, handler: Any) -> bool:
    """Whether ``update`` does it in the end; where many are changed, it might."""
    if getattr(view, "update", None) is None:
        return False
    asked = getattr(view, "action_map", None) or {}
    if asked.get(str(view.request.method).lower()) == "bulk_update":
        return True
    function = getattr(handler, "__func__", None)
    while function is not None and function is not UpdateModelMixin.partial_update:
        function = getattr(function, "__wrapped__", None)
    return function is not None


def _maker_of(permission: Any) -> Callable[[], Any]:
    """What makes a permission for a request: a class itself, or a function that gives the one there is."""
    if isinstance(permission, str):
        label, _, codename = permission.partition(".")
        if not label or not codename:
            raise ImproperlyConfigured(
                f"@check_permissions({permission!r}): a permission of Django's is 'app_label.codename'."
            )
        return _giving(HasDjangoPermission(permission))
    if isinstance(permission, type) and hasattr(permission, "has_permission"):
        return permission
    if isinstance(permission, _COMPOSED):
        return permission  # makes what it is composed of
    if not isinstance(permission, type) and hasattr(permission, "has_permission"):
        return _giving(permission)
    hint = " Name the permissions in parentheses." if inspect.isfunction(permission) else ""
    raise ImproperlyConfigured(
        f"@check_permissions({permission!r}): neither a class nor an instance of a permission, nor the name of one "
        f"of Django's.{hint}"
    )


def _giving(permission: Any) -> Callable[[], Any]:
    return lambda: permission


_COMPOSED = (type(BasePermission & BasePermission), type(~BasePermission))


def _refuse_what_is_no_method(action: Any) -> None:
    if isinstance(action, type):
        raise ImproperlyConfigured(
            f"@check_permissions stands on the actions of a view; for all of {action.__name__} say permission_classes."
        )
    name = getattr(action, "__qualname__", repr(action))
    if not inspect.isfunction(action) or hasattr(action, "cls"):  # which @api_view leaves on its functions
        raise ImproperlyConfigured(f"@check_permissions stands on the methods of a view, and {name} is none.")
    if inspect.iscoroutinefunction(action):
        raise ImproperlyConfigured(f"@check_permissions: {name} is asynchronous; actions of this door are not.")
    if next(iter(inspect.signature(action).parameters), "request") == "request":
        raise ImproperlyConfigured(
            f"@check_permissions stands on the methods of a view, and {name} takes no view; functions have "
            "@permission_classes."
        )
