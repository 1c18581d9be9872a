"""Tests of places of values: found by what changes along with a value, refused where more than that changes."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, Lookup, Q, QuerySet
from django.utils import timezone

from ironbolt.plans.conditions import Bound, bound
from ironbolt.plans.refusal import CannotPlan, UnfitValuesError, refusing
from ironbolt.plans.statement import compiled
from tests.project.models import Bag, Label, Relic, Task, Ticket

pytestmark = pytest.mark.django_db


def bound_to(rows: "QuerySet[Any]", values: list[Any], *lookups: str) -> Bound:
    """The shape of a filter with one value for each lookup."""

    def build(given: Any) -> "QuerySet[Any]":
        return rows.filter(*(Q(pair) for pair in zip(lookups, given, strict=True)))

    return bound(build, values, "default", lambda queryset: compiled(queryset.values_list("pk"), "default"))


def check(found: Bound, rows: "QuerySet[Any]", values: list[Any], *lookups: str) -> None:
    """The parameters are those that the ORM has for these values."""
    queryset = rows.filter(*(Q(pair) for pair in zip(lookups, values, strict=True))).values_list("pk")
    sql, params = queryset.query.get_compiler("default").as_sql()
    assert found.statement.sql == sql
    assert found.params(values) == tuple(params)


@pytest.mark.parametrize(
    ("lookup", "values"),
    [
        ("name", ["ant", "", "%"]),
        ("name__icontains", ["50%", "a_b", "\\"]),
        ("name__in", [["a", "b"], ["ab", "ac"], ["x", "y"]]),
        ("small__range", [[1, 5], [5, 5], [7, 3]]),
        ("small__in", [[1, -1], [2, 3], [0, 32767]]),
        ("amount", [Decimal("9.90"), Decimal(0), Decimal(-1)]),
        ("amount__in", [[Decimal(0), Decimal("0.01")], [Decimal(1), Decimal(-1)]]),
        ("span", [datetime.timedelta(seconds=2), datetime.timedelta()]),
        ("flag__in", [[True, False], [False, True]]),
        ("day", [datetime.date.min, datetime.date.max]),
        ("label__watched__title", ["a", "b"]),
    ],
)
def test_every_first_value_gives_the_same_places(lookup: str, values: list[Any]) -> None:
    """Whichever value a shape is compiled with, the parameters of all the others are the ORM's own."""
    for first in values:
        found = bound_to(Bag.objects.all(), [first], lookup)
        for value in values:
            check(found, Bag.objects.all(), [value], lookup)


def test_a_constant_of_the_queryset_keeps_its_place() -> None:
    """Even if it equals the value that the shape was compiled with."""
    rows = Bag.objects.filter(small=5)
    found = bound_to(rows, [5, 5], "small", "small__gte")
    check(found, rows, [6, 7], "small", "small__gte")


def test_one_value_may_stand_in_several_places() -> None:
    """As a word that is searched for in several columns."""

    def build(values: Any) -> "QuerySet[Any]":
        return Bag.objects.filter(Q(name__icontains=values[0]) | Q(slug__istartswith=values[0]))

    found = bound(build, ["x"], "default", lambda queryset: compiled(queryset.values_list("pk"), "default"))
    assert len(found.slots) == 2
    assert found.params(["10%"]) == tuple(build(["10%"]).values_list("pk").query.sql_with_params()[1])


def test_a_field_that_changes_its_values_changes_all_of_them() -> None:
    """The sample was in small letters already; the next value is not."""
    found = bound_to(Ticket.every.all(), ["abc"], "code")
    check(found, Ticket.every.all(), ["ABC"], "code")
    assert found.params(["ABC"]) == ("abc",)


def test_an_address_is_written_as_django_writes_it() -> None:
    """A sample of version 4 is its own parameter, an address of version 6 is not."""
    found = bound_to(Relic.objects.all(), ["192.0.2.1"], "address")
    assert str(found.params(["2001:0DB8::1"])[0]) == str(
        Relic.objects.filter(address="2001:0DB8::1").values_list("pk").query.sql_with_params()[1][0]
    )


@pytest.mark.parametrize("value", [2**63, -(2**70)])
def test_a_number_beyond_its_column_matches_nothing(value: int) -> None:
    """As the ORM has it, without a query; what fits the column is a parameter."""
    found = bound_to(Bag.objects.all(), [5], "small")
    with pytest.raises(EmptyResultSet):
        found.params([value])
    with pytest.raises(UnfitValuesError, match="everything matches"):
        bound_to(Bag.objects.all(), [5], "small__lt").params([2**70])


def test_a_list_of_another_length_does_not_fit() -> None:
    """It is another shape."""
    found = bound_to(Bag.objects.all(), [[1, 2]], "small__in")
    with pytest.raises(UnfitValuesError, match="changes the shape"):
        found.params([[1, 2, 3]])
    with pytest.raises(EmptyResultSet):
        found.params([[]])


def test_a_value_that_changes_the_sql_is_refused() -> None:
    """Here by a queryset that does so."""

    def build(values: Any) -> "QuerySet[Any]":
        return Bag.objects.order_by("name") if values[0] == "a" else Bag.objects.order_by("slug")

    with pytest.raises(CannotPlan, match="a value changes the SQL"):
        bound(build, ["a"], "default", lambda queryset: compiled(queryset.values_list("pk"), "default"))


def test_a_value_that_is_no_parameter_is_refused() -> None:
    """Nothing would change with it."""
    with pytest.raises(CannotPlan, match="a value is not among the parameters"):
        bound(lambda _: Bag.objects.all(), ["a"], "default", lambda rows: compiled(rows.values_list("pk"), "default"))


def test_a_year_is_asked_by_its_days() -> None:
    """One value, two parameters; of an instant they depend on the time zone."""
    for column in ("day", "instant"):
        for lookup in ("year", "year__gte", "year__lt"):
            found = bound_to(Bag.objects.all(), [2024], f"{column}__{lookup}")
            for year in (1, 1999, 2024, 9999):
                check(found, Bag.objects.all(), [year], f"{column}__{lookup}")
            with pytest.raises(UnfitValuesError, match="no calendar"):
                found.params([10_000])
    assert bound_to(Bag.objects.all(), [2024], "instant__year").zone == "UTC"


def test_a_value_that_is_changed_on_its_way_is_refused() -> None:
    """A lookup that writes something else than it says."""

    class Twice(Lookup):
        lookup_name = "twice"

        def process_rhs(self, compiler: Any, connection: Any) -> Any:
            return "%s", [self.rhs]

        def as_sql(self, compiler: Any, connection: Any) -> Any:
            left, left_params = self.process_lhs(compiler, connection)
            return f"{left} = %s", [*left_params, self.rhs * 2]

    CharField.register_lookup(Twice)
    try:
        with pytest.raises(CannotPlan, match="on its way"):
            bound_to(Task.objects.all(), ["a"], "title__twice")
    finally:
        CharField._unregister_lookup(Twice)


def test_a_value_outside_of_the_conditions_is_refused() -> None:
    """There is no lookup that makes it."""

    def build(values: Any) -> "QuerySet[Any]":
        return Label.objects.extra(where=["name = %s"], params=[values[0]])

    with pytest.raises(CannotPlan, match="a value stands where no lookup is"):
        bound(build, ["a"], "default", lambda queryset: compiled(queryset.values_list("pk"), "default"))


def test_sql_that_depends_on_the_time_zone_is_for_that_zone() -> None:
    """Of which day an instant is differs from place to place."""
    day = datetime.date(2024, 3, 10)
    found = bound_to(Bag.objects.all(), [day], "instant__date")
    check(found, Bag.objects.all(), [day], "instant__date")
    assert bound_to(Bag.objects.all(), [day], "day").zone is None
    with timezone.override("Asia/Tokyo"), pytest.raises(UnfitValuesError, match="another time zone"):
        found.params([day])


def test_a_lookup_of_ones_own_is_asked_for_every_value() -> None:
    """Even if it calls itself exact, and left the samples as they were."""

    class Short(Lookup):
        lookup_name = "exact"
        prepare_rhs = False

        def process_rhs(self, compiler: Any, connection: Any) -> Any:
            return "%s", [self.rhs[:3]]

        def as_sql(self, compiler: Any, connection: Any) -> Any:
            left, left_params = self.process_lhs(compiler, connection)
            right, params = self.process_rhs(compiler, connection)
            return f"{left} = {right}", [*left_params, *params]

    class ShortLookup(Short):
        lookup_name = "short"

    CharField.register_lookup(ShortLookup)
    try:
        found = bound_to(Task.objects.all(), ["abc"], "title__short")
        assert found.params(["abcdef"]) == ("abc",)
    finally:
        CharField._unregister_lookup(ShortLookup)


def test_an_error_of_a_value_is_for_this_value() -> None:
    """Any other error is for good."""
    for error, kind in ((ValueError, UnfitValuesError), (OverflowError, UnfitValuesError), (KeyError, CannotPlan)):
        with pytest.raises(CannotPlan) as refused, refusing():
            raise error
        assert type(refused.value) is kind
