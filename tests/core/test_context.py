"""Tests of who asks, and under which trace."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core import context
from ironbolt.core.context import Context, TraceFilter, trace_id_from


def test_there_is_a_context_outside_of_requests() -> None:
    """Code that runs in no request finds a context without a trace and without a user."""
    assert context.current() == Context(trace_id="-")


def test_block_restores_what_was_current() -> None:
    """After a block, however it ends, the context from before is back; blocks nest."""
    with context.using(Context(trace_id="outer")):
        with pytest.raises(RuntimeError), context.using(Context(trace_id="inner")):
            context.identify("7")
            assert context.current() == Context(trace_id="inner", user_id="7")
            raise RuntimeError
        assert context.current() == Context(trace_id="outer")
    assert context.current().trace_id == "-"


def test_tasks_do_not_share_a_context() -> None:
    """Who one task turns out to be is nothing to another that runs meanwhile."""

    async def request(name: str) -> tuple[str, str | None]:
        context.enter(Context(trace_id=name))
        await asyncio.sleep(0)
        context.identify(name)
        await asyncio.sleep(0)
        return context.current().trace_id, context.current().user_id

    async def run() -> list[tuple[str, str | None]]:
        return await asyncio.gather(*(request(str(number)) for number in range(10)))

    assert asyncio.run(run()) == [(str(number), str(number)) for number in range(10)]


@pytest.mark.parametrize("header", ["order-4711", "a" * 128, "0.A_z-9876"])
def test_well_formed_trace_id_is_kept(header: str) -> None:
    """A caller's own id goes through all logs."""
    assert trace_id_from(header) == header


@given(st.none() | st.text() | st.from_regex(r"[A-Za-z0-9._-]{1,7}|[A-Za-z0-9]{129}|order-4711[\s,;]", fullmatch=True))
def test_any_other_trace_id_is_replaced(header: str | None) -> None:
    """Whatever else comes in, what is used can forge neither a log line nor a header."""
    made = trace_id_from(header)
    assert made == header or len(made) == 32
    assert 8 <= len(made) <= 128
    assert made.isascii()
    assert made.replace(".", "").replace("-", "").replace("_", "").isalnum() or set(made) <= set("._-")


def test_log_record_carries_the_trace() -> None:
    """Every record knows its request's trace, and none is held back."""
    record = logging.makeLogRecord({})
    with context.using(Context(trace_id="order-4711")):
        assert TraceFilter().filter(record)
    assert record.trace_id == "order-4711"  # type: ignore[attr-defined]  # the filter puts it there
