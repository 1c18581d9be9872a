"""Tests of selections: where a number may stand as the text that JSON has for it, and where code would see that."""

import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from django.db import connection

from ironbolt.bolt import ReadOnlyModelViewSet
from ironbolt.bolt.pagination import LimitOffsetPagination, PageNumberPagination
from ironbolt.bolt.responses import encode_json
from ironbolt.bolt.structs import ModelStruct, computed, source
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.asking import Ask
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.steps import fetch_by_django, run
from tests.plans.reads import assert_same, fetch_bare, request_of, route_of
from tests.project.models import Bag, Label

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite stores what is not its value yet"),
]

KEY, TOKEN = uuid.UUID(int=1), uuid.UUID(int=2**100)


class Plain(ModelStruct):
    """A struct that keeps what it is given."""

    class Meta:
        model = Bag
        fields = ["key", "amount", "token"]

    again: Annotated[Decimal | None, source("amount")]

    @computed
    @staticmethod
    def doubled(amount: Decimal | None) -> Decimal | None:
        """Of a number, which is none as a text."""
        assert amount is None or isinstance(amount, Decimal)
        return amount and amount * 2


class LabelOut(msgspec.Struct):
    """A label, its bags and their keys."""

    name: str
    bags: list[Plain]
    keys: Annotated[list[uuid.UUID], source("bags")]


class Watchful(msgspec.Struct):
    """A struct that looks at what it is given."""

    amount: Decimal | None

    def __post_init__(self) -> None:
        assert self.amount is None or isinstance(self.amount, Decimal)


class Sparing(msgspec.Struct, omit_defaults=True):
    """A struct that leaves out what is as usual."""

    amount: Decimal | None = Decimal("1.50")
    token: uuid.UUID | None = TOKEN


@pytest.fixture(autouse=True)
def _rows(db: None) -> None:
    label = Label.objects.create(name="a")
    Bag.objects.create(key=KEY, label=label, amount="1.50", token=TOKEN)
    Bag.objects.create(label=label)


def read(struct: type[msgspec.Struct], model: Any, *, shown: bool) -> list[Any]:
    """The rows of a model, of what SQLite stores."""
    plan = QueryPlan(model.objects.order_by("pk"), plan_of(struct, model), "default", shown=shown)
    ask = Ask("all", (), lambda queryset, _: queryset)
    found = run(plan.rows(ask), fetch_bare("default"))
    assert encode_json(found) == encode_json(run(plan.rows(ask), fetch_by_django("default")))
    return found


def test_code_that_looks_at_structs_gets_values() -> None:
    """Of the right types, in what is nested too."""
    (label,) = read(LabelOut, Label, shown=False)
    bag = label.bags[0]
    assert (bag.key, bag.amount, bag.token, bag.again) == (KEY, Decimal("1.50"), TOKEN, Decimal("1.50"))
    assert label.keys[0] == KEY


def test_the_encoder_gets_texts() -> None:
    """The same bytes with less work; a function gets a value in any case."""
    (label,) = read(LabelOut, Label, shown=True)
    bag = label.bags[0]
    assert (bag.key, bag.amount, bag.token, bag.again) == (str(KEY), "1.50", str(TOKEN), "1.50")
    assert bag.doubled == Decimal("3.00")
    assert label.keys[0] == str(KEY)
    assert encode_json(label) == encode_json(read(LabelOut, Label, shown=False)[0])


@pytest.mark.parametrize("struct", [Watchful, Sparing])
def test_a_struct_that_looks_at_its_values_gets_them(struct: type[msgspec.Struct]) -> None:
    """In ``__post_init__``, and to compare them with its defaults."""
    assert [bag.amount for bag in read(struct, Bag, shown=True)] == [Decimal("1.50"), None]
    route = route_of(type("Bags", (ReadOnlyModelViewSet,), {"queryset": Bag.objects.all(), "serializer_class": struct}))
    assert_same(route)


class Summed(LimitOffsetPagination):
    """Pages that add up what stands on them."""

    def page(self, rows: Any, request: Any) -> Any:
        """The sum beside the rows."""
        body = yield from super().page(rows, request)
        return {**body, "sum": sum((bag.amount or Decimal(0) for bag in body["results"]), Decimal(0))}


@pytest.mark.parametrize(
    ("pages", "kind"), [(None, str), (PageNumberPagination, str), (LimitOffsetPagination, str), (Summed, Decimal)]
)
def test_pages_of_ones_own_see_values(pages: Any, kind: type) -> None:
    """Those of Ironbolt only cut."""
    view = {"queryset": Bag.objects.order_by("pk"), "serializer_class": Plain, "pagination_class": pages}
    route = route_of(type("Bags", (ReadOnlyModelViewSet,), view))
    request = request_of()
    assert route.planned is not None
    found = run(route.planned.steps(request, [request], "default"), fetch_bare("default"))
    rows = found if pages is None else found["results"]
    assert type(rows[0].amount) is kind
    assert_same(route)
