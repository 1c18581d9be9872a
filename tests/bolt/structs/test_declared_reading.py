"""Tests of reading rows into declared Structs: values, relations, and the number of queries."""

from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, F

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet
from ironbolt.bolt.structs import ModelStruct, computed, source
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.plans.sources import Annotation, Attribute, Column, Computed, Keys, Many, One
from ironbolt.testing import TestClient
from tests.project.models import Chore, Insurance, Label, Receipt, Relic, Shelf

pytestmark = pytest.mark.django_db


class InsuranceOut(ModelStruct):
    """What a relic is worth, as seen from the other side."""

    class Meta:
        model = Insurance
        fields = ["amount"]

    sign: Annotated[str, source("relic.sign")]
    shelf: Annotated[str | None, source("relic.shelf.name")]


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["name"]


class HallOut(ModelStruct):
    """Where a shelf stands."""

    class Meta:
        model = Shelf
        fields = ["name", "shelves"]


class PlaceOut(ModelStruct):
    """A shelf and what it stands in."""

    class Meta:
        model = Shelf
        fields = ["name"]

    inside: HallOut | None


class RelicOut(ModelStruct):
    """A relic with everything around it."""

    class Meta:
        model = Relic
        fields = ["name", "picture", "label_ids"]

    shelf: PlaceOut | None
    insurance: InsuranceOut | None
    labels: list[LabelOut]
    label_ids: Annotated[list[int], source("labels")]
    insured: Annotated[int | None, source("insurance")]
    found: Annotated[str, source("get_found_display")]

    @computed
    @staticmethod
    def line(name: str, hall: Annotated[str | None, source("shelf.inside.name")]) -> str:
        return f"{name} in {hall}"


class ShelfOut(ModelStruct):
    """A shelf with its relics, the third level being their labels."""

    class Meta:
        model = Shelf
        fields = ["name", "relics"]

    relics: list[RelicOut]


def fill(count: int) -> None:
    """A hall with one shelf in it, full of relics; every other one is insured and labelled."""
    hall = Shelf.objects.create(name="hall")
    case = Shelf.objects.create(name="case", inside=hall)
    label = Label.objects.create(name="gold")
    for number in range(count):
        relic = Relic.objects.create(name=f"cup {number}", shelf=case, picture="cup.png")
        if number % 2 == 0:
            Insurance.objects.create(relic=relic, amount=5)
            relic.labels.add(label)
    Relic.objects.create(name="lost")


def read(struct: type[msgspec.Struct], rows: Any) -> list[Any]:
    """Rows, as a client gets them."""
    reader = row_reader(struct, rows.model)
    return [msgspec.to_builtins(reader.read(row)) for row in reader.prepare(rows)]


@pytest.mark.row("B28")
@pytest.mark.parametrize("count", [1, 50])
def test_relations_of_every_kind_come_in_a_constant_number_of_queries(count: int, django_assert_num_queries) -> None:
    """One for the rows with what is joined, one for each relation to many, however many rows there are."""
    fill(count)
    with django_assert_num_queries(3):
        rows = read(RelicOut, Relic.objects.order_by("id"))
    label, hall = Label.objects.get(), Shelf.objects.get(name="hall")
    place = {"name": "case", "inside": {"name": "hall", "shelves": [hall.pk + 1]}}
    assert rows[0] == {
        "name": "cup 0",
        "picture": "/media/cup.png",
        "label_ids": [label.pk],
        "shelf": place,
        "insurance": {"amount": "5.00", "sign": "CUP 0", "shelf": "case"},
        "labels": [{"name": "gold"}],
        "insured": Insurance.objects.order_by("id").values_list("pk", flat=True)[0],
        "found": "Dug up",
        "line": "cup 0 in hall",
    }
    assert rows[-1] == {
        "name": "lost",
        "picture": None,
        "label_ids": [],
        "shelf": None,
        "insurance": None,
        "labels": [],
        "insured": None,
        "found": "Dug up",
        "line": "lost in None",
    }


@pytest.mark.parametrize("count", [1, 50])
def test_three_levels_come_in_a_constant_number_of_queries(count: int, django_assert_num_queries) -> None:
    """What lies behind a relation to many is fetched along, level by level."""
    fill(count)
    with django_assert_num_queries(6):
        rows = read(ShelfOut, Shelf.objects.order_by("id"))
    assert rows[0] == {"name": "hall", "relics": []}
    assert len(rows[1]["relics"]) == count
    assert rows[1]["relics"][0]["labels"] == [{"name": "gold"}]
    assert rows[1]["relics"][0]["shelf"]["inside"]["name"] == "hall"


def test_a_plan_says_where_every_field_comes_from() -> None:
    """A query can be made of it, without another look at the Struct or the model."""
    plan = plan_of(RelicOut, Relic)
    sources = {filled.name: filled.source for filled in plan.fields}
    assert sources["name"] == Column(("name",))
    assert sources["picture"] == Column(("picture",), is_file=True)
    assert sources["insured"] == Column(("insurance", "id"))
    assert sources["label_ids"] == Keys("labels")
    assert sources["labels"] == Many("labels", plan_of(LabelOut, Label))
    assert sources["insurance"] == One("insurance", plan_of(InsuranceOut, Insurance), joined=True)
    assert sources["found"] == Attribute(("get_found_display",), is_called=True)
    line = sources["line"]
    assert isinstance(line, Computed)
    assert line.inputs == (Column(("name",)), Column(("shelf", "inside", "name")))
    assert plan.joins == ("shelf", "shelf__inside", "insurance", "insurance__relic", "insurance__relic__shelf")
    assert plan.prefetches == ("labels", "shelf__inside__shelves")


class CountedOut(ModelStruct):
    """A shelf and how many relics it holds."""

    class Meta:
        model = Shelf
        fields = ["name"]

    held: Annotated[int, source("relic_count")]


def client(**attributes: Any) -> TestClient:
    """A client of a view set over shelves with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/shelves")(type("Shelves", (ModelViewSet,), {"auth": [], "guards": [], **attributes}))
    return TestClient(api)


def test_an_annotation_of_the_queryset_is_read_in_lists_details_and_after_a_write() -> None:
    """What the queryset adds to its rows is a field like others, also of a row that the queryset leaves out."""
    shelves = client(
        queryset=Shelf.objects.filter(name="case").annotate(relic_count=Count("relics")), serializer_class=CountedOut
    )
    fill(3)
    case = Shelf.objects.get(name="case")
    assert shelves.get("/shelves").json() == [{"name": "case", "held": 3}]
    assert shelves.get(f"/shelves/{case.pk}").json() == {"name": "case", "held": 3}
    assert shelves.patch(f"/shelves/{case.pk}", json={"name": "box"}).json() == {"name": "box", "held": 3}
    assert shelves.post("/shelves", json={"name": "new"}).json() == {"name": "new", "held": 0}


def test_a_written_row_is_shown_even_if_the_queryset_joins_it_away() -> None:
    """A shelf without relics can be made through a view set over those that have some, or over the first few."""
    rows = Shelf.objects.filter(relics__size__gt=0).annotate(relic_count=Count("relics"))
    for queryset in (rows, rows.order_by("id")[:1]):
        shelves = client(queryset=queryset, serializer_class=CountedOut)
        answer = shelves.post("/shelves", json={"name": "new"})
        assert (answer.status_code, answer.json()) == (201, {"name": "new", "held": 0})


def test_an_annotation_that_is_missing_is_told_at_the_start() -> None:
    """Where the queryset is known, a slip in a name does not wait for a request."""
    expected = (
        r"CountedOut reads 'relic_count', which neither the model nor the queryset of Shelves has. It annotates: n"
    )
    with pytest.raises(ImproperlyConfigured, match=expected):
        client(queryset=Shelf.objects.annotate(n=F("id")), serializer_class=CountedOut)
    with pytest.raises(ImproperlyConfigured, match="It annotates nothing"):
        client(model=Shelf, serializer_class=CountedOut)


def test_an_annotation_that_is_missing_is_told_on_first_use() -> None:
    """Where only a request knows the queryset, the first row says what is missing."""
    Shelf.objects.create(name="hall")
    with pytest.raises(ImproperlyConfigured, match="held: neither Shelf nor its queryset has 'relic_count'"):
        read(CountedOut, Shelf.objects.all())


def test_an_annotation_is_no_part_of_a_nested_struct() -> None:
    """Nothing annotates the rows of a relation, so the Struct around it is refused."""

    class Out(ModelStruct):
        class Meta:
            model = Relic

        shelf: Annotated[int | None, msgspec.Meta(description="Its key.")]

    class Plain(ModelStruct):
        class Meta:
            model = Shelf

        name: str

    metaclass: Any = type(Plain)

    assert plan_of(Out, Relic).fields[0].source == Column(("shelf_id",))
    assert isinstance(plan_of(CountedOut, Shelf).fields[1].source, Annotation)
    with pytest.raises(
        ImproperlyConfigured, match=r"CountedOut.held: Shelf has no 'relic_count', and nothing annotates"
    ):
        metaclass("Nesting", (Plain,), {"__module__": __name__, "__annotations__": {"inside": CountedOut | None}})


def test_an_annotation_with_a_default_may_be_missing() -> None:
    """A field that has a default is filled by it where the rows have nothing."""

    class Out(msgspec.Struct):
        name: str
        rank: int = 7
        seen: list[int] = []

    Shelf.objects.create(name="hall")
    assert read(Out, Shelf.objects.all()) == [{"name": "hall", "rank": 7, "seen": []}]
    assert read(Out, Shelf.objects.annotate(rank=F("id") * 0)) == [{"name": "hall", "rank": 0, "seen": []}]


class HandWritten(ModelStruct):
    """A chore that reads itself, and says what it needs for it."""

    class Meta:
        model = Chore
        select_related = ["label", "receipt"]
        prefetch_related = ["watchers"]

    summary: str

    @classmethod
    def from_model(cls, row: Chore) -> "HandWritten":
        watchers = ", ".join(label.name for label in row.watchers.all())
        return cls(summary=f"{row.title}: {row.label and row.label.name}, {row.receipt.title}, {watchers}")


class HandWrittenNested(msgspec.Struct):
    """A receipt with a chore that reads itself."""

    title: str
    chore: HandWritten


@pytest.mark.row("B28")
@pytest.mark.parametrize("count", [1, 10])
def test_a_struct_that_reads_rows_itself_says_what_to_load(count: int, django_assert_num_queries) -> None:
    """``from_model`` is called for every row, on its own and nested, and its hints keep the queries constant."""
    label = Label.objects.create(name="home")
    for number in range(count):
        chore = Chore.objects.create(title=f"{number}", code=f"{number}", room=f"{number}", label=label)
        Receipt.objects.create(chore=chore, title=f"paid {number}")
        chore.watchers.add(label)
    with django_assert_num_queries(2):
        rows = read(HandWritten, Chore.objects.order_by("id"))
    assert rows[0] == {"summary": "0: home, paid 0, home"}
    with django_assert_num_queries(2):
        nested = read(HandWrittenNested, Receipt.objects.order_by("id"))
    assert nested[0] == {"title": "paid 0", "chore": rows[0]}


def test_a_struct_reads_rows_synchronously() -> None:
    """An async ``from_model`` would answer promises instead of rows."""

    class Out(msgspec.Struct):
        name: str

        @classmethod
        async def from_model(cls, row: Shelf) -> "Out":
            return cls(row.name)

    with pytest.raises(ImproperlyConfigured, match=r"Out.from_model: .* async"):
        row_reader(Out, Shelf)


def test_a_slip_in_from_models_struct_is_no_error() -> None:
    """What ``from_model`` fills may have any name."""
    shelf = Shelf.objects.create(name="hall")

    class Out(msgspec.Struct):
        anything: str
        inside: int

        @classmethod
        def from_model(cls, row: Shelf) -> "Out":
            return cls(row.name, row.pk)

    assert read(Out, Shelf.objects.all()) == [{"anything": "hall", "inside": shelf.pk}]


class LabelledOut(ModelStruct):
    """What the read-only view set shows."""

    class Meta:
        model = Relic
        fields = ["name", "labels"]


def test_a_view_set_reads_a_declared_struct() -> None:
    """No ``from_model`` is written for it."""
    fill(1)
    api = BoltAPI(info=Info(served=False))
    attributes = {"queryset": Relic.objects.order_by("id"), "serializer_class": LabelledOut, "auth": [], "guards": []}
    api.viewset("/relics")(type("Relics", (ReadOnlyModelViewSet,), attributes))
    expected = [{"name": "cup 0", "labels": [Label.objects.get().pk]}, {"name": "lost", "labels": []}]
    assert TestClient(api).get("/relics").json() == expected
