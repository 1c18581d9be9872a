"""Work that is done once for a text that clients send."""

from typing import Any

import pytest

from ironbolt.core.remembering import LONGEST, Table, remembered


@pytest.fixture
def calls() -> list[Any]:
    """What the function was called with."""
    return []


@pytest.fixture
def length(calls: list[Any]) -> Any:
    """A function that is remembered for four texts."""

    @remembered(4)
    def length_of(text: Any, *more: Any) -> int:
        calls.append((text, *more))
        return len(text or "")

    return length_of


@pytest.mark.parametrize("asked", [("short",), (b"bytes",), (None,), ("short", ("more",))])
def test_short_texts_are_looked_at_once(length: Any, calls: list[Any], asked: Any) -> None:
    """With the same arguments the same comes back."""
    assert length(*asked) == length(*asked) == len(asked[0] or "")
    assert calls == [asked]


def test_long_texts_are_not_kept(length: Any, calls: list[Any]) -> None:
    """A few hundred of the longest headers that servers let in would be many megabytes."""
    for text in ("x" * (LONGEST + 1), "x" * LONGEST):
        assert length(text) == length(text) == len(text)
    assert len(calls) == 3


def test_only_so_many_are_kept(length: Any, calls: list[Any]) -> None:
    """The one that was not asked for the longest goes."""
    for text in "abcdea":
        length(text)
    assert len(calls) == 6
    assert vars(length)["kept"].cache_info().currsize == 4


def test_a_table_looks_at_a_short_text_once(calls: list[Any]) -> None:
    """When it is full it begins anew, and long texts have no place in it."""

    def shout(text: bytes) -> bytes:
        calls.append(text)
        return text.upper()

    table = Table(shout, most=2, longest=3)
    assert [table[text] for text in (b"a", b"b", b"a", b"long", b"long")] == [b"A", b"B", b"A", b"LONG", b"LONG"]
    assert calls == [b"a", b"b", b"long", b"long"]
    assert table[b"c"] == b"C"
    assert dict(table) == {b"c": b"C"}
