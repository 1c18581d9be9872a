"""Dependencies: what functions compute for a handler before it runs, and clean up after it."""

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Literal

import msgspec
from django.db import connections

from ironbolt.core.threads import in_database_thread

Kind = Literal["inline", "sync", "async", "generator", "async generator"]
Slots = tuple[tuple[int, int], ...]
"""Which argument comes from which step."""

_Close = Callable[[BaseException | None], Awaitable[None]]


class Step(msgspec.Struct, frozen=True):
    """One function of a plan, which runs after all those it depends on.

    Attributes:
        call: what to call: the function, or what makes a context manager of a generator function.
        kind: how it is called.
        read: reads its arguments from a request, with holes where other steps come in.
        slots: the holes.
        function: the function as the handler names it.
    """

    call: Callable[..., Any]
    kind: Kind
    read: Callable[..., list[Any]]
    slots: Slots
    function: Callable[..., Any]


class Plan(msgspec.Struct, frozen=True):
    """All the dependencies of one handler, each once, in the order in which they run.

    Attributes:
        steps: the functions.
        slots: which arguments of the handler come from which step.
        in_hop: whether none of them needs an event loop, so that all can run where a ``def`` handler runs.
    """

    steps: tuple[Step, ...]
    slots: Slots
    in_hop: bool


def kind_of(function: Callable[..., Any]) -> Kind:
    """How a function is called."""
    if isinstance(function, type) and issubclass(function, msgspec.Struct):
        return "inline"
    plain = function.func if isinstance(function, partial) else function
    seen = plain if inspect.isroutine(plain) or isinstance(plain, type) else type(plain).__call__
    if inspect.isasyncgenfunction(seen):
        return "async generator"
    if inspect.isgeneratorfunction(seen):
        return "generator"
    return "async" if inspect.iscoroutinefunction(seen) else "sync"


def caller_of(function: Callable[..., Any], kind: Kind) -> Callable[..., Any]:
    """What a step calls, see :class:`Step`."""
    if kind == "generator":
        return contextlib.contextmanager(function)
    return contextlib.asynccontextmanager(function) if kind == "async generator" else function


class Resolution:
    """The dependencies of one request: a context manager that gives the handler's arguments.

    ``with`` runs everything where it stands, for plans that are ``in_hop``; ``async with`` runs
    on the loop, and synchronous functions in database threads. An error inside the block is thrown
    into the generators, the last one first. It goes on whether or not they swallow it, because
    there is no answer without it; they may raise another in its place.
    """

    __slots__ = ("_arguments", "_off", "_open", "_plan", "_step_arguments")

    def __init__(self, plan: Plan, arguments: list[Any], step_arguments: Sequence[list[Any]]) -> None:
        self._plan = plan
        self._arguments = arguments
        self._step_arguments = step_arguments
        self._open: list[_Close] = []
        self._off: Callable[..., Awaitable[Any]] = in_database_thread

    def __enter__(self) -> list[Any]:
        self._off = _here
        arguments: list[Any] = _driven(self._enter())
        return arguments

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        _driven(self._leave(error))

    async def __aenter__(self) -> list[Any]:
        return await self._enter()

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        await self._leave(error)

    async def _enter(self) -> list[Any]:
        values: list[Any] = []
        try:
            for step, arguments in zip(self._plan.steps, self._step_arguments, strict=True):
                for position, index in step.slots:
                    arguments[position] = values[index]
                values.append(await self._value_of(step, arguments))
        except BaseException as error:
            await self._leave(error)
            raise
        for position, index in self._plan.slots:
            self._arguments[position] = values[index]
        return self._arguments

    async def _value_of(self, step: Step, arguments: list[Any]) -> Any:
        if step.kind == "inline":
            return step.call(*arguments)
        if step.kind == "sync":
            return await self._off(step.call, *arguments)
        if step.kind == "async":
            return await step.call(*arguments)
        manager = step.call(*arguments)
        if step.kind == "async generator":
            value = await manager.__aenter__()
            self._open.append(partial(_leave_async, manager))
            return value
        if self._off is _here:
            value = manager.__enter__()
        else:
            value = await self._off(_enter_alone, manager)
        self._open.append(partial(_leave_sync, self._off, manager))
        return value

    async def _leave(self, error: BaseException | None) -> None:
        current = error
        while self._open:
            close = self._open.pop()
            try:
                await close(current)
            except BaseException as other:  # noqa: BLE001 - the rest are closed whatever it is
                current = other
        if current is not None and current is not error:
            raise current


async def _leave_async(manager: Any, error: BaseException | None) -> None:
    await manager.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)


async def _leave_sync(off: Callable[..., Awaitable[Any]], manager: Any, error: BaseException | None) -> None:
    await off(manager.__exit__, type(error) if error else None, error, error.__traceback__ if error else None)


async def _here(call: Callable[..., Any], *arguments: Any) -> Any:
    return call(*arguments)


def _enter_alone(manager: Any) -> Any:
    """Enter in a thread that will not be the one of what follows: no transaction may stay open in it."""
    before = _open_transactions()
    value = manager.__enter__()
    if _open_transactions() == before:
        return value
    error = RuntimeError(
        "A dependency yields inside a transaction, but an asynchronous handler or dependency runs outside of it; "
        "make all of them def."
    )
    manager.__exit__(type(error), error, None)
    raise error


def _open_transactions() -> int:
    return sum(len(connection.atomic_blocks) for connection in connections.all(initialized_only=True))


def _driven(core: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits: in a thread there is nothing it could wait for."""
    try:
        core.send(None)
    except StopIteration as end:
        return end.value
    core.close()
    raise RuntimeError("A dependency waits for the event loop where there is none.")
