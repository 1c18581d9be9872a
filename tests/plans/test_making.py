"""Tests of makers: text that becomes Structs, lists by owner, and what happens to values that are not as usual."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from ironbolt.plans.making import Conversion, Found, Makers, Template
from ironbolt.plans.quick_values import BY_CALL, Quick, Spelling
from ironbolt.plans.refusal import TooSlow

DAY = datetime.date(2024, 3, 10)


def conversion(
    by_django: Callable[[Any], Any], careful: Any = None, quick: Any = None, shown: Any = None
) -> Conversion:
    """A column whose value each way makes in its own manner."""
    careful = careful or by_django
    spelt = Spelling(BY_CALL, quick or careful)
    return Conversion(by_django, Quick(careful, spelt, shown and Spelling(BY_CALL, shown)))


def makers(text: str, columns: int, conversions: dict[int, Conversion] | None = None, **more: Any) -> Makers:
    """For such a template."""
    names = more.pop("names", {})
    return Makers(Template(text, names, columns, **more), conversions or {}, is_bare=True)


def test_a_row_is_made_of_its_columns() -> None:
    """Of none, of one, of several, on either connection."""
    for of in ("of_django", "of_sqlite"):
        assert getattr(makers("pair({v1}, {v0})", 2, names={"pair": lambda *two: two}), of)([(1, 2)]).made(()) == [
            (2, 1)
        ]
        assert getattr(makers("{v0}", 1), of)([(1,), (2,)]).made(()) == [1, 2]
        assert getattr(makers("'x'", 0), of)([(1, 2)]).made(()) == ["x"]
        assert getattr(makers("{v0}", 1), of)([]).made(()) == []


def test_each_connection_has_its_own_values() -> None:
    """And a text where one is only shown, if the connection is bare."""
    both = makers("({v0}, {t0}, {t1})", 2, {0: conversion(float, int, int, lambda stored: f"{stored}!")})
    assert repr(both.of_django([("1", 5)]).made(())) == "[(1.0, 1.0, 5)]"
    assert repr(both.of_sqlite([("1", 5)]).made(())) == "[(1, '1!', 5)]"


@pytest.mark.parametrize("owner", [False, True])
def test_a_value_that_stands_in_several_places_is_made_once(owner: bool) -> None:
    """And not at all where it is only shown."""
    made: list[str] = []

    def value(stored: str) -> str:
        made.append(stored)
        return stored.upper()

    template = Template("({v0}, {v0}, {t0})", {}, 1)
    several = Makers(template.owned() if owner else template, {int(owner): conversion(value)}, is_bare=True)
    rows = [(7, "a")] if owner else [("a",)]
    expected = [("A", "A", "A")]
    assert several.of_django(rows).made(()) == ({7: expected} if owner else expected)
    assert made == ["a"]


def test_what_is_related_is_found_by_converted_keys() -> None:
    """On either connection, however the keys are stored."""
    related = makers("({v1}, many0[{v0}])", 2, {0: conversion(int)}, keys=(0,), lists=("many0",))
    for found in (related.of_django([("1", "a")]), related.of_sqlite([("1", "a")])):
        assert found.keys(0) == [1]
        assert found.made([{1: ["x"]}]) == [("a", ["x"])]


def test_rows_of_an_owner_are_gathered() -> None:
    """By the first column, whose value is made too, in the order of the rows."""
    owned = Template("({v0}, many0[{v1}])", {}, 2, (1,), ("many0",)).owned()
    assert (owned.columns, owned.keys) == (3, (2,))
    found = Makers(owned, {0: conversion(int)}, is_bare=True).of_sqlite([("2", "b", 5), ("1", "a", 5), ("2", "c", 6)])
    assert found.keys(0) == [5, 5, 6]
    assert found.made([{5: ["x"], 6: []}]) == {2: [("b", ["x"]), ("c", [])], 1: [("a", ["x"])]}


def test_what_is_stored_otherwise_is_made_carefully() -> None:
    """All of it once more, and nothing twice; then a thread asks Django, which says what is wrong."""

    def careful(stored: str) -> datetime.date:
        return datetime.date(*map(int, stored.split("-")))

    column = {1: conversion(careful, careful, datetime.date.fromisoformat)}
    found = Makers(Template("{v0}", {}, 1).owned(), column, is_bare=True).of_sqlite(
        [(1, "2024-03-10"), (1, "2024-3-10")]
    )
    assert found.made(()) == {1: [DAY, DAY]}
    with pytest.raises(TooSlow):
        makers("{v0}", 1, {0: conversion(careful)}).of_sqlite([("x",)]).made(())
    with pytest.raises(TooSlow):
        makers("{v0}", 1, {0: conversion(careful)}, keys=(0,)).of_sqlite([("x",)]).keys(0)


def test_what_goes_wrong_with_the_rows_of_django_is_said() -> None:
    """It is what the ORM would say."""
    found = makers("{v0}", 1, {0: conversion(int)}, keys=(0,)).of_django([("x",)])
    with pytest.raises(ValueError, match="'x'"):
        found.made(())
    with pytest.raises(ValueError, match="'x'"):
        found.keys(0)


def test_rows_that_only_the_driver_reads_are_for_a_thread() -> None:
    """A bare connection is no use."""
    with pytest.raises(TooSlow):
        Makers(Template("{v0}", {}, 1), {}, is_bare=False).of_sqlite([(1,)])


def test_a_maker_is_made_once() -> None:
    """For all rows of a statement."""
    one = makers("{v0}", 1)
    first, second = one.of_sqlite([(1,)]), one.of_sqlite([(2,)])
    assert isinstance(first, Found)
    assert first.makers is second.makers


def test_what_a_function_makes_is_remembered_for_what_is_stored() -> None:
    """By all statements of a template, with or without an owner, and never for Django's rows."""
    made: list[str] = []

    def show(value: str) -> str:
        made.append(value)
        return f"<{value}>"

    template = Template("({v0}, {r1_show})", {"show": show}, 2)
    several = Makers(template, {1: conversion(str.upper)}, is_bare=True)
    owned = Makers(template.owned(), {2: conversion(str.upper)}, is_bare=True)
    rows = [(1, "a"), (2, "b"), (3, "a")]
    expected = [(1, "<A>"), (2, "<B>"), (3, "<A>")]
    assert several.of_sqlite(rows).made(()) == expected
    assert owned.of_sqlite([(7, *row) for row in rows]).made(()) == {7: expected}
    assert made == ["A", "B"]
    assert several.of_django(rows).made(()) == expected
    assert made == ["A", "B", "A", "B", "A"]
