"""Tests of guards: the three kinds, how they combine, and what they say of themselves."""

from itertools import product
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.auth import IsAuthenticated, IsStaff, JWTAuthentication, admission_of
from ironbolt.bolt.exceptions import Forbidden
from ironbolt.bolt.guards import (
    AllOf,
    AllowAny,
    AnyOf,
    DatabaseGuard,
    Guard,
    HasAllPermissions,
    HasAnyPermission,
    HasDjangoPermission,
    HasPermission,
    IsAdminUser,
    Nobody,
    Not,
    ReadOnly,
    RequestGuard,
    guard_of,
    guards_for,
)
from ironbolt.bolt.request import Request
from tests.bolt.calls import a_request, admit, bearer, token

pytestmark = pytest.mark.row("B18")

CALLERS: list[dict[str, Any] | None] = [None, {}, {"is_staff": True}, {"is_admin": True}, {"permissions": ["a"]}]
PARTS: list[Guard] = [AllowAny(), Nobody(), ReadOnly(), IsAuthenticated(), IsStaff(), HasPermission("a")]


def yes(request: Request) -> bool:
    """Let the request pass."""
    return True


async def later(request: Request) -> bool:
    """What must not be a guard."""
    return False


@pytest.mark.parametrize(("one", "two"), list(product(PARTS, PARTS)), ids=repr)
def test_operators_are_those_of_logic(one: Guard, two: Guard) -> None:
    """``&``, ``|`` and ``~`` mean and, or and not, for any caller and method, before and after the method is known."""
    for caller, method in product(CALLERS, ("GET", "POST")):
        request = a_request(method=method)
        request.auth = caller
        first, second = one.judge(request), two.judge(request)
        expected = {
            one & two: first and second,
            one | two: first or second,
            ~one: not first,
            ~(one & ~two): not first or second,
        }
        for guard, verdict in expected.items():
            assert guard.judge(request) is verdict
            assert guard.for_method(method).judge(request) is verdict
            assert all(left.judge(request) for left in guards_for(method, [guard])) is verdict


def test_what_nobody_can_fail_is_not_asked() -> None:
    """Once the method is known, a guard that is open for it costs nothing."""
    assert guards_for("GET", [ReadOnly() | IsStaff(), AllowAny]) == ()
    assert guards_for("POST", [ReadOnly() | IsStaff()]) == (IsStaff(),)
    assert guards_for("GET", [~ReadOnly()]) == (Nobody(),)
    assert guards_for("POST", [~ReadOnly() & IsStaff()]) == (IsStaff(),)
    assert guards_for("POST", [ReadOnly]) == (Nobody(),)


def test_classes_and_functions_are_guards_too() -> None:
    """A guard may be written as its class, as classes joined by ``|``, or as a function of the request."""
    assert guard_of(IsStaff) == IsStaff()
    assert guard_of(IsStaff | IsAdminUser) == AnyOf((IsStaff(), IsAdminUser()))
    assert IsStaff | ReadOnly() == AnyOf((IsStaff(), ReadOnly()))
    assert IsStaff & ReadOnly() == AllOf((IsStaff(), ReadOnly()))
    assert ReadOnly() | IsStaff == AnyOf((ReadOnly(), IsStaff()))
    assert ReadOnly() & yes == AllOf((ReadOnly(), RequestGuard(yes)))
    assert guard_of(yes) == RequestGuard(yes)


@pytest.mark.parametrize("value", ["IsStaff", None, 7, int, HasPermission, later, RequestGuard], ids=repr)
def test_what_is_no_guard_is_refused_at_start(value: Any) -> None:
    """A name, another class, a class that needs to be told more, and a coroutine, which would let everybody in."""
    with pytest.raises(ImproperlyConfigured):
        guards_for("GET", [value])


def test_asynchronous_callable_is_refused_at_start() -> None:
    """An object whose call is a coroutine is no guard either."""

    class Later:
        async def __call__(self, request: Request) -> bool:
            return False

    with pytest.raises(ImproperlyConfigured, match="write it with def"):
        guard_of(Later())


def test_guard_that_gives_back_a_coroutine_lets_nobody_in() -> None:
    """What hides its coroutine until it is called is an error then, and not a yes."""

    def hidden(request: Request) -> Any:
        return later(request)

    with pytest.raises(TypeError, match="something to await"):
        admit(a_request(), [], [hidden])


def test_empty_list_of_permissions_is_a_mistake() -> None:
    """All of no permissions would be everybody."""
    for guard in (HasAnyPermission, HasAllPermissions):
        with pytest.raises(TypeError, match="at least one"):
            guard()


def test_request_guard_sees_the_request() -> None:
    """A function decides by what it likes of the request, once the caller is known."""

    def own_things(request: Request) -> Any:
        return request.auth and request.headers.get("x-of") == str(request.auth["user_id"])

    request = a_request({"authorization": f"Bearer {token()}", "x-of": "7"})
    assert admit(request, [JWTAuthentication()], [own_things]).auth is not None
    with pytest.raises(Forbidden):
        admit(bearer(token()), [JWTAuthentication()], [own_things])


@pytest.mark.parametrize(
    ("guard", "kind"),
    [
        (IsStaff(), "token"),
        (RequestGuard(yes), "request"),
        (DatabaseGuard(yes), "database"),
        (HasDjangoPermission("a.b"), "database"),
        (IsStaff() | HasPermission("a"), "token"),
        (IsStaff() & RequestGuard(yes), "request"),
        (~(IsStaff() & (RequestGuard(yes) | HasDjangoPermission("a.b"))), "database"),
    ],
    ids=repr,
)
def test_guard_says_what_it_looks_at(guard: Guard, kind: str) -> None:
    """A compound is of the kind of its most demanding member, and runs where that one has to."""
    assert guard.kind == kind
    admission = admission_of("GET", [JWTAuthentication()], [guard], "x")
    assert (guard in admission.database_guards) == (kind == "database")


def test_guard_describes_itself_as_data() -> None:
    """What a route asks can be printed, and judged by something that is not Python."""
    guard = (IsStaff() & ~HasPermission("a")) | RequestGuard(yes)
    assert msgspec.json.decode(msgspec.json.encode(guard.as_data())) == {
        "kind": "request",
        "guard": "AnyOf",
        "guards": [
            {
                "kind": "token",
                "guard": "AllOf",
                "guards": [
                    {"kind": "token", "guard": "IsStaff"},
                    {
                        "kind": "token",
                        "guard": "Not",
                        "guards": [{"kind": "token", "guard": "HasPermission", "permissions": ["a"]}],
                    },
                ],
            },
            {"kind": "request", "guard": "RequestGuard", "check": "yes"},
        ],
    }
    assert HasAnyPermission("a", "b").as_data()["permissions"] == ["a", "b"]
    assert HasDjangoPermission("a.b").as_data() == {
        "kind": "database",
        "guard": "HasDjangoPermission",
        "permissions": ["a.b"],
    }


def test_guards_are_frozen_and_equal_by_what_they_ask() -> None:
    """A guard is data: it can't be changed, and two that ask the same are the same."""
    assert Not(IsStaff()) == ~IsStaff()
    assert len({HasPermission("a"), HasPermission("a"), HasPermission("b")}) == 2
    with pytest.raises(AttributeError):
        HasPermission("a").permission = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    "guard",
    [
        IsAuthenticated(),
        IsStaff() & RequestGuard(yes),
        HasDjangoPermission("a.b"),
        ~AllowAny(),
        IsStaff() | HasPermission("a"),
    ],
    ids=repr,
)
def test_guard_that_nobody_could_pass_is_refused_at_start(guard: Guard) -> None:
    """Without authentication on the route a guard over the caller would shut out everybody."""
    with pytest.raises(ImproperlyConfigured, match=r"nobody could ever pass. Say auth=\[…\] on the route"):
        admission_of("GET", [], [guard], "x")


@pytest.mark.parametrize(
    "guard", [RequestGuard(yes), ~IsAuthenticated(), IsStaff() | RequestGuard(yes), ~RequestGuard(yes)], ids=repr
)
def test_guard_that_strangers_can_pass_needs_no_authentication(guard: Guard) -> None:
    """A guard over the request stands on its own."""
    assert admission_of("GET", [], [guard], "x").guards
