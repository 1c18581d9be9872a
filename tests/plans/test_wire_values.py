"""Values by a wire, beside those of the ORM: columns of every type, and conditions on them."""

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.postgres import fields as postgres
from django.db import connection, models
from django.db.models import Case, Count, F, Max, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, ExtractYear, Length, TruncMonth, Upper
from django.test.utils import isolate_apps

from tests.plans.wired import answers

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="wires lead to PostgreSQL"),
]

BERLIN = datetime.timezone(datetime.timedelta(hours=2))


class Color(models.TextChoices):
    RED = "red"
    BLUE = "blue"


class Shout(models.CharField):
    """A column with a converter of its own."""

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else f"{value}!"


with isolate_apps("tests.project"):

    class Everything(models.Model):
        small = models.SmallIntegerField(null=True)
        number = models.IntegerField(null=True)
        big = models.BigIntegerField(null=True)
        real = models.FloatField(null=True)
        price = models.DecimalField(max_digits=12, decimal_places=3, null=True)
        switch = models.BooleanField(null=True)
        text = models.TextField(null=True)  # noqa: DJ001 - nothing is a value too
        color = models.CharField(max_length=10, choices=Color.choices, null=True)  # noqa: DJ001 - as above
        shout = Shout(max_length=10, null=True)
        day = models.DateField(null=True)
        hour = models.TimeField(null=True)
        instant = models.DateTimeField(null=True)
        span = models.DurationField(null=True)
        key = models.UUIDField(null=True)
        address = models.GenericIPAddressField(null=True)
        data = models.JSONField(null=True)
        raw = models.BinaryField(null=True)
        numbers = postgres.ArrayField(models.IntegerField(), null=True)
        words = postgres.ArrayField(postgres.ArrayField(models.CharField(max_length=9)), null=True)
        integers = postgres.IntegerRangeField(null=True)
        decimals = postgres.DecimalRangeField(null=True)
        days = postgres.DateRangeField(null=True)
        instants = postgres.DateTimeRangeField(null=True)

        class Meta:
            app_label = "project"
            db_table = "wire_everything"

        def __str__(self) -> str:
            return str(self.pk)


UTC = datetime.UTC
FULL: dict[str, Any] = {
    "small": -32768,
    "number": 2**29,
    "big": -(2**63),
    "real": 0.1,
    "price": Decimal("-123456789.125"),
    "switch": True,
    "text": "ä%s 100% \\ ' \" \n $1 'quoted'",
    "color": Color.BLUE,
    "shout": "hey",
    "day": datetime.date(1, 2, 3),
    "hour": datetime.time(23, 59, 59, 999999),
    "instant": datetime.datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=BERLIN),
    "span": datetime.timedelta(days=-400, hours=3, microseconds=7),
    "key": uuid.UUID(int=2**127 + 5),
    "address": "2001:db8::1",
    "data": {"a": [1, 2.5, None, {"b": "c"}], "n": 12345678901234567890, "ä": True},
    "raw": b"\0\x01\xff'\\",
    "numbers": [1, None, -5],
    "words": [["a", "b,c"], ['"', "NULL"]],
    "integers": (1, 10),
    "decimals": (Decimal("1.5"), None),
    "days": (datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)),
    "instants": (datetime.datetime(2026, 1, 1, tzinfo=UTC), None),
}
ODD = {
    "real": float("inf"),
    "switch": False,
    "text": "",
    "day": datetime.date(9999, 12, 31),
    "instant": datetime.datetime(1900, 1, 1, tzinfo=UTC),
    "span": datetime.timedelta(0),
    "data": [],
    "numbers": [],
    "integers": (5, 5),
    "number": -5,
    "price": Decimal(0),
    "color": Color.RED,
    "address": "192.0.2.7",
}


@pytest.fixture(scope="module", autouse=True)
def rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A full row, an odd one and one of nothing, committed: a wire sees nobody's transaction."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Everything)
        try:
            for values in (FULL, ODD, {}):
                Everything._default_manager.create(**values)
            yield
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(Everything)


def check(queryset: Any) -> None:
    """The ORM and three askings of a wire give the same values, of the same types."""
    queryset = queryset if queryset.query.values_select or queryset.query.annotations else queryset.values_list()
    expected = [tuple(row) for row in queryset]
    kinds = [[type(value) for value in row] for row in expected]
    for found in answers(queryset):
        assert found == expected
        assert [[type(value) for value in row] for row in found] == kinds


@pytest.mark.parametrize("name", FULL)
def test_a_column_has_the_values_of_the_orm(name: str) -> None:
    """Full, odd and missing values are those that the ORM gives, of the same types."""
    check(Everything._default_manager.order_by("pk").values_list("pk", name))


CONDITIONS: dict[str, Q] = {
    **{f"{name}=": Q(**{name: value}) for name, value in FULL.items() if name not in ("data", "shout")},
    "number in": Q(number__in=[1, 2**29, -5]),
    "number out of range": Q(number__lt=2**40),
    "numeric out of all ranges": Q(big__gt=-(2**63), real__lt=1e300),
    "small, compared": Q(small__lt=40000),
    "real in": Q(real__in=[0.1, 2.0]),
    "price, compared": Q(price__lte=Decimal("1e3")),
    "text contains": Q(text__contains="100%"),
    "text icontains": Q(text__icontains="Ä%S"),
    "text startswith": Q(text__startswith="ä%"),
    "text iexact": Q(text__iexact="Ä%S 100% \\ ' \" \n $1 'QUOTED'"),
    "text regex": Q(text__regex=r"\$1"),
    "text in": Q(text__in=["", "a"]),
    "number contains": Q(number__contains="3687"),
    "day contains": Q(day__icontains="9999"),
    "key contains": Q(key__icontains="8000"),
    "color in": Q(color__in=[Color.RED, "blue"]),
    "day range": Q(day__range=(datetime.date(1, 1, 1), datetime.date(2000, 1, 1))),
    "day year": Q(day__year=9999),
    "instant date": Q(instant__date=datetime.date(2026, 3, 29)),
    "instant hour": Q(instant__hour=0),
    "instant compared": Q(instant__gte=datetime.datetime(2000, 1, 1, tzinfo=BERLIN)),
    "hour compared": Q(hour__gt=datetime.time(1)),
    "span compared": Q(span__lt=datetime.timedelta(0)),
    "data key": Q(data__n__gt=5),
    "data path": Q(data__a__3__b="c"),
    "data contains": Q(data__contains={"ä": True}),
    "data has": Q(data__has_any_keys=["a", "z"]),
    "data exact": Q(data=[]),
    "address in": Q(address__in=["192.0.2.7", "2001:db8::1"]),
    "address startswith": Q(address__startswith="192."),
    "numbers contain": Q(numbers__contains=[1]),
    "numbers length": Q(numbers__len=0),
    "words contain": Q(words__contains=[["a", "b,c"]]),
    "integers contain": Q(integers__contains=7),
    "days overlap": Q(days__overlap=(datetime.date(2026, 1, 31), None)),
    "instants contain": Q(instants__contains=datetime.datetime(2027, 1, 1, tzinfo=UTC)),
    "isnull": Q(number__isnull=True),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_finds_the_rows_of_the_orm(name: str) -> None:
    """As a literal, with parameters and prepared, the same rows match."""
    check(Everything._default_manager.filter(CONDITIONS[name]).order_by("pk").values_list("pk"))


EXPRESSIONS: dict[str, Any] = {
    "arithmetic": F("number") * 2 - 7,
    "division": F("number") / 2,
    "small arithmetic": F("small") + 1,
    "division of reals": F("real") / 3.0,
    "decimal": F("price") * Decimal("1.10"),
    "concat": Concat(F("text"), Value("%s"), F("color"), output_field=models.TextField()),
    "case": Case(When(number__gt=0, then=Value("more")), default=Value("less")),
    "case of numbers": Case(When(number__gt=0, then=Value(1)), default=Value(2.5), output_field=models.FloatField()),
    "coalesce": Coalesce("text", Value("nothing"), output_field=models.TextField()),
    "value": Value(5),
    "text": Value("x"),
    "no value": Value(None, output_field=models.IntegerField()),
    "cast": Cast("number", models.CharField(max_length=30)),
    "cast of a value": Cast(Value("2026-01-01"), models.DateField()),
    "length": Length("text"),
    "year": ExtractYear("instant"),
    "month": TruncMonth("instant"),
    "path": KT("data__a__0"),
    "upper": Upper("color"),
    "later": F("instant") + datetime.timedelta(days=1),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_has_the_values_of_the_orm(name: str) -> None:
    """What is computed with values of the query has the values and types of literals."""
    check(
        Everything._default_manager.filter(number__isnull=False)
        .annotate(x=EXPRESSIONS[name])
        .order_by("pk")
        .values_list("x")
    )


def test_groups_by_a_value_fall_back_to_literals() -> None:
    """Two parameters are not the same expression to PostgreSQL, where two literals are."""
    groups = (
        Everything._default_manager.annotate(x=F("number") % 7 + 1).values("x").annotate(n=Count("pk"), m=Max("big"))
    )
    check(groups.order_by("x").values_list("x", "n", "m"))
    check(
        Everything._default_manager.annotate(x=Concat("color", Value("-")))
        .values("x")
        .annotate(n=Count("pk"))
        .order_by("x")
        .values_list("x", "n")
    )


def test_pages_and_many_values() -> None:
    """A limit is a parameter as all else, and a hundred values are as good as one."""
    check(Everything._default_manager.filter(pk__in=range(200)).order_by("-pk").values_list("pk"))
    check(Everything._default_manager.order_by("pk").values_list("pk")[1:3])
