"""Tests of dependencies: how they are found, run, shared, cleaned up after and replaced."""

import asyncio
import inspect
import threading
from typing import Annotated, Any

import msgspec
import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from ironbolt.bolt.binding import binder_of
from ironbolt.bolt.params import Depends, Header, Query
from ironbolt.core.threads import hop_to_test_thread
from tests.bolt.bound import JSON, Sent, call, faults, get

pytestmark = pytest.mark.row("B20")


class Window(msgspec.Struct):
    page: int = 1
    size: int = 20


class Greeter:
    def __init__(self, name: str = "you") -> None:
        self.name = name


class Callable:
    """An instance that can be called."""

    async def __call__(self, page: int = 1) -> int:
        return page


def user(request: dict) -> dict[str, Any]:
    """Who asks, from the request that is called request whatever its annotation says."""
    return {"method": request.method}  # type: ignore[attr-defined]


async def page(page: Annotated[int, Query(ge=1)] = 1) -> int:
    """The number of a page."""
    return page


@pytest.mark.parametrize("asynchronous", [True, False])
def test_every_kind(asynchronous) -> None:
    """Functions, generators, classes, Structs and callable objects may be depended on, from either kind of handler."""

    def generator(page: int = 1):
        yield page + 1

    async def async_generator(page: int = 1):
        yield page + 2

    def others(
        window: Annotated[Window, Depends()], greeter: Annotated[Greeter, Depends()], called: int = Depends(Callable())
    ):
        return window, greeter.name, called

    def handler(
        who: Annotated[dict, Depends(user)],
        number: int = Depends(page),
        more: int = Depends(generator),
        most: int = Depends(async_generator),
        rest: tuple = Depends(others),
    ):
        return who["method"], number, more, most, *rest

    async def on_loop(*arguments: Any, **named: Any) -> Any:
        return handler(*arguments, **named)

    chosen: Any = on_loop if asynchronous else handler
    on_loop.__signature__ = inspect.signature(handler)  # type: ignore[attr-defined]
    on_loop.__annotations__ = handler.__annotations__
    assert get(chosen, "page=5&size=2&name=z") == ("GET", 5, 6, 7, Window(5, 2), "z", 5)


def test_one_result_a_request() -> None:
    """Whoever asks for the same function in one request gets the same result, unless without cache."""
    made: list[int] = []

    def count() -> int:
        made.append(1)
        return len(made)

    def left(n: int = Depends(count)) -> int:
        return n

    async def right(n: int = Depends(count)) -> int:
        return n

    async def handler(
        a: int = Depends(left),
        b: int = Depends(right),
        c: int = Depends(count),
        d: int = Depends(count, use_cache=False),
    ):
        return a, b, c, d

    assert get(handler) == (1, 1, 1, 2)
    assert get(handler) == (3, 3, 3, 4)


@pytest.mark.row("B05")
def test_faults_come_together_and_nothing_runs() -> None:
    """What is wrong for a dependency and for the handler is told in one answer, before anything runs."""
    ran: list[int] = []

    def token(x_token: Annotated[str, Header()], data: Window) -> str:
        ran.append(1)
        return x_token

    async def handler(number: int = Depends(page), size: int = 1, who: str = Depends(token)) -> Any:
        return None

    assert faults(handler, "page=0&size=x", method="POST", headers=JSON, body=b'{"size": "y"}') == {
        "page": ["Ensure this value is greater than or equal to 1."],
        "size": ["A valid integer is required.", "A valid integer is required."],
        "x-token": ["This field is required."],
    }
    assert not ran


def resources(log: list[str]) -> tuple[Any, Any]:
    """Two dependencies that tell when they begin and end, and of what."""

    def outer():
        log.append("open outer")
        try:
            yield "outer"
        except Exception as error:
            log.append(f"outer saw {error}")
            raise
        finally:
            log.append("close outer")

    async def inner(outer: str = Depends(outer)):
        log.append("open inner")
        try:
            yield f"{outer} inner"
        except LookupError as error:
            log.append(f"inner swallows {error}")
        finally:
            log.append("close inner")

    return outer, inner


def test_clean_up_in_reverse_order() -> None:
    """Generators go on after the handler, the last one first."""
    log: list[str] = []
    _, inner = resources(log)

    async def handler(value: str = Depends(inner)):
        log.append("handler")
        return value

    assert get(handler) == "outer inner"
    assert log == ["open outer", "open inner", "handler", "close inner", "close outer"]


def test_errors_are_thrown_into_generators() -> None:
    """An error of the handler passes through all of them, also where one swallows it, and is the answer."""
    log: list[str] = []
    _, inner = resources(log)

    async def handler(value: str = Depends(inner)):
        raise LookupError("it")

    with pytest.raises(LookupError, match="it"):
        get(handler)
    assert log[2:] == ["inner swallows it", "close inner", "outer saw it", "close outer"]


def test_an_error_while_opening_closes_what_is_open() -> None:
    """If a later dependency fails, the earlier ones are cleaned up after, and the handler does not run."""
    log: list[str] = []
    outer, _ = resources(log)

    def fails(value: str = Depends(outer)):
        raise ValueError("no")

    def handler(value: str = Depends(fails)):
        log.append("handler")

    with pytest.raises(ValueError, match="no"):
        get(handler)
    assert log == ["open outer", "outer saw no", "close outer"]


def test_an_error_of_the_clean_up_is_the_answer() -> None:
    """What a generator raises in its clean-up takes the place of the answer; the others are cleaned up all the same."""
    log: list[str] = []
    outer, _ = resources(log)

    def breaks(value: str = Depends(outer)):
        yield 1
        raise ValueError("late")

    def handler(value: int = Depends(breaks)):
        return value

    with pytest.raises(ValueError, match="late"):
        get(handler)
    assert log == ["open outer", "outer saw late", "close outer"]


def test_all_in_one_hop() -> None:
    """A def handler and its def dependencies share one thread, clean-up included, and it isn't that of the loop."""
    threads: list[int] = []

    def resource():
        threads.append(threading.get_ident())
        yield 1
        threads.append(threading.get_ident())

    def handler(value: int = Depends(resource)):
        threads.append(threading.get_ident())

    get(handler)
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_def_dependencies_never_block_the_loop() -> None:
    """Of an async handler, def dependencies run in another thread and async ones on the loop."""

    def sync() -> int:
        return threading.get_ident()

    async def on_loop() -> int:
        asyncio.get_running_loop()
        return threading.get_ident()

    async def handler(a: int = Depends(sync), b: int = Depends(on_loop)):
        return a, b, threading.get_ident()

    a, b, here = get(handler)
    assert a != here == b


def in_own_thread(handler: Any, query: str = "") -> Any:
    """Call a handler with every hop in the thread of the test, and so in its transaction."""
    with hop_to_test_thread():
        return get(handler, query)


def in_transaction():
    """A dependency that puts a transaction around whoever uses it."""
    with transaction.atomic():
        yield


@pytest.mark.django_db
def test_a_transaction_around_a_handler() -> None:
    """A dependency can hold a transaction around a def handler; an error rolls it back."""

    def handler(_: None = Depends(in_transaction), *, fail: bool = False):
        Group.objects.create(name="g")
        if fail:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_own_thread(handler, "fail=true")
    assert not Group.objects.exists()
    in_own_thread(handler)
    assert Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_around_an_async_handler_is_refused() -> None:
    """It would be left open in a thread that nobody comes back to, so it is rolled back and refused at once."""

    async def handler(_: Annotated[Any, Depends(in_transaction)]):
        return None

    with pytest.raises(RuntimeError, match="yields inside a transaction"):
        in_own_thread(handler)


def test_overrides() -> None:
    """In tests another function takes the place of a dependency, with parameters of its own."""

    def fake(name: str, number: int = Depends(page)) -> dict[str, Any]:
        return {"method": name, "page": number}

    async def handler(who: Annotated[dict, Depends(user)]):
        return who

    assert call(handler, Sent(query="name=x&page=3"), overrides={user: fake}) == {"method": "x", "page": 3}
    assert call(handler, overrides={page: fake}) == {"method": "GET"}


def test_circles_are_refused_at_start() -> None:
    """Dependencies that depend on each other are a mistake, told at start."""

    def first(value: Any) -> Any:
        return value

    def second(value: Annotated[Any, Depends(first)]) -> Any:
        return value

    first.__defaults__ = (Depends(second),)

    async def handler(value: Annotated[Any, Depends(first)]) -> Any:
        return value

    with pytest.raises(ImproperlyConfigured, match="in a circle"):
        binder_of(handler, "/t", method="GET")


def test_what_cannot_be_called_is_refused_at_start() -> None:
    """Depends() without a function or type is a mistake, told at start."""

    async def handler(value: Annotated[Any, Depends()]) -> Any:
        return value

    with pytest.raises(ImproperlyConfigured, match="depends on nothing"):
        binder_of(handler, "/t", method="GET")


def test_a_dependency_may_take_the_path() -> None:
    """A parameter of the path may be taken by a dependency instead of the handler."""

    def load(n: int) -> int:
        return n * 2

    async def handler(value: int = Depends(load)):
        return value

    assert call(handler, Sent(path="/t/{n}", path_values=("4",))) == 8
    assert [item.place for item in binder_of(handler, "/t/{n}", method="GET").documented] == ["path"]


def test_no_plan_without_dependencies() -> None:
    """A handler without dependencies has no plan, so nobody pays for one."""

    async def handler(n: int = 1):
        return n

    assert binder_of(handler, "/t", method="GET").plan is None
