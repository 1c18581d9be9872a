"""Tests of what a plan refuses when it is built: each time it says why."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from django.db import models
from django.db.models import Count, F, Prefetch, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init
from django.test.utils import isolate_apps

from ironbolt.bolt.structs import source
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.plan import QueryPlan
from ironbolt.plans.querysets import all_rows
from ironbolt.plans.refusal import CannotPlan
from tests.project.models import Bag, Label, OwnedArticle, Person, Relic, Task, Ticket

pytestmark = pytest.mark.django_db


class Named(msgspec.Struct):
    """A name."""

    name: str


class Titled(msgspec.Struct):
    """A title."""

    title: str


def refusal(rows: Any, struct: type[msgspec.Struct]) -> str:
    """Why no plan is made."""
    with pytest.raises(CannotPlan) as refused:
        QueryPlan(rows, plan_of(struct, rows.model), "default")
    return str(refused.value)


class OwnIterable(ModelIterable):
    """Rows that become what their makers like."""


def _with_own_iterable() -> Any:
    rows = Label.objects.all()
    rows._iterable_class = OwnIterable
    return rows


def _own(name: str) -> Any:
    return type("Own", (QuerySet,), {name: lambda *_: None})(Label)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (lambda: Label.objects.all().union(Label.objects.all()), "it is a combination of querysets"),
        (Label.objects.select_for_update, "it locks its rows"),
        (lambda: Label.objects.values("name"), "it has values instead of rows"),
        (_with_own_iterable, "it has values instead of rows"),
        (lambda: Label.objects.extra(select={"x": "1"}), "it has SQL of its own"),
        (lambda: Label.objects.order_by("name").distinct("name"), "it is distinct on some columns"),
        (Label.objects.none, "it is empty"),
        (Label.objects.distinct, "it is distinct, and its key is not read"),
        (
            lambda: Label.objects.prefetch_related(Prefetch("tasks", queryset=Task.objects.filter(title="x"))),
            "it says which related rows are fetched",
        ),
        (lambda: _own("__iter__"), "Own has its own __iter__"),
        (lambda: _own("get"), "Own has its own get"),
        (lambda: _own("__getitem__"), "Own has its own __getitem__"),
        (lambda: _own("count"), "Own has its own count"),
    ],
)
def test_a_queryset_that_is_more_than_rows_is_refused(rows: Any, reason: str) -> None:
    """The ORM answers for it."""
    assert refusal(rows(), Named) == reason


def test_distinct_rows_with_their_key_are_planned() -> None:
    """No two of them look the same, unless an annotation is not read that tells them apart."""

    class Keyed(msgspec.Struct):
        id: int

    QueryPlan(Label.objects.distinct(), plan_of(Keyed, Label), "default")
    doubled = Label.objects.annotate(bag=F("bags")).distinct()
    assert refusal(doubled, Keyed) == "it is distinct, and its key is not read"


def test_a_manager_with_rows_of_its_own_is_refused() -> None:
    """It may give other rows to every request; a queryset that was made of it at start is as it is."""
    with pytest.raises(CannotPlan, match="OpenTickets has its own get_queryset"):
        all_rows(Ticket.objects)
    assert all_rows(Ticket.every).model is Ticket


def test_related_rows_of_such_a_manager_are_refused() -> None:
    """Whether they are shown or only their keys are."""

    class Keys(msgspec.Struct):
        tickets: list[int]

    assert refusal(Person.objects.all(), Keys) == "OpenTickets has its own get_queryset"


def test_a_property_is_refused() -> None:
    """It needs an instance."""

    class Signed(msgspec.Struct):
        sign: str

    assert refusal(Relic.objects.all(), Signed) == "a property or a method of the model needs an instance"


def test_a_struct_that_reads_rows_itself_is_refused() -> None:
    """Its from_model takes an instance."""

    class ByHand(msgspec.Struct):
        name: str

        @classmethod
        def from_model(cls, row: Any) -> "ByHand":
            """Of an instance."""
            return cls(row.name)

    assert refusal(Label.objects.all(), ByHand) == "ByHand.from_model wants an instance"


def test_a_missing_annotation_is_refused() -> None:
    """The ORM says what is missing; an alias is no annotation."""
    counted = msgspec.defstruct("Counted", [("many", Annotated[int, source("many")])])
    assert refusal(Label.objects.all(), counted) == "the queryset has no annotation 'many'"
    assert refusal(Label.objects.alias(many=Count("bags")), counted) == "the queryset has no annotation 'many'"
    QueryPlan(Label.objects.annotate(many=Count("bags")), plan_of(counted, Label), "default")


def test_a_key_that_may_point_to_nothing_is_refused() -> None:
    """Without a constraint the row at its other end may be gone, which only the join of the ORM shows."""
    struct = msgspec.defstruct("Out", [("author", Annotated[int, source("author.id")])])
    assert refusal(OwnedArticle.objects.all(), struct) == "'author' of OwnedArticle may point to nothing"


@pytest.fixture
def listener() -> Iterator[None]:
    """Somebody who wants to see every label."""

    def listen(**_: Any) -> None: ...

    post_init.connect(listen, sender=Label)
    yield
    post_init.disconnect(listen, sender=Label)


@pytest.mark.parametrize("path", ["name", "label.name"])
def test_a_listener_to_instances_is_heard(listener: None, path: str) -> None:
    """It may change them, also those that are only joined."""
    struct = msgspec.defstruct("Out", [("shown", Annotated[str | None, source(path)])])
    rows: Any = Label.objects.all() if path == "name" else Bag.objects.all()
    assert refusal(rows, struct) == "something listens to post_init of Label"


@isolate_apps("tests.project")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("__init__", "Own has its own __init__"),
        ("from_db", "Own has its own from_db"),
        ("__getattribute__", "Own has its own __getattribute__"),
    ],
)
def test_a_model_that_makes_its_instances_itself_is_refused(name: str, reason: str) -> None:
    """They may differ from their rows; also where they are joined."""
    meta = type("Meta", (), {"app_label": "testproject"})
    changed: Any = classmethod(lambda *_: None) if name == "from_db" else lambda *_: None
    if name == "__getattribute__":

        def changed(self: Any, item: str) -> Any:
            return object.__getattribute__(self, item)

    own: Any = type(
        "Own",
        (models.Model,),
        {"title": models.TextField(), "Meta": meta, "__module__": __name__, name: changed},
    )
    assert refusal(QuerySet(own), Titled) == reason
    fields = {"own": models.ForeignKey(own, models.CASCADE), "Meta": meta, "__module__": __name__}
    other: Any = type("Other", (models.Model,), fields)
    struct = msgspec.defstruct("Out", [("shown", Annotated[str, source("own.title")])])
    assert refusal(QuerySet(other), struct) == reason


@isolate_apps("tests.project")
def test_a_column_behind_a_property_is_refused() -> None:
    """An instance shows what the property makes of it, also where only a proxy has it."""

    class Plain(models.Model):
        title = models.TextField()

        class Meta:
            app_label = "testproject"

        def __str__(self) -> str:
            return self.title

    class Louder(Plain):
        class Meta:
            app_label = "testproject"
            proxy = True

    QueryPlan(QuerySet(Louder), plan_of(Titled, Louder), "default")
    shown: Any = Louder
    shown.title = property(lambda self: self.__dict__["title"].upper(), lambda self, to: self.__dict__.update(title=to))
    assert refusal(QuerySet(Louder), Titled) == "testproject.Plain.title has an attribute of its own kind"
    QueryPlan(QuerySet(Plain), plan_of(Titled, Plain), "default")


@isolate_apps("tests.project")
def test_a_relation_with_another_name_in_queries_is_refused() -> None:
    """A query can't follow it by its accessor."""

    class One(models.Model):  # noqa: DJ008 - nobody prints it
        class Meta:
            app_label = "testproject"

    class Two(models.Model):  # noqa: DJ008 - nobody prints it
        one = models.OneToOneField(One, models.CASCADE, related_name="partner", related_query_name="two")

        class Meta:
            app_label = "testproject"

    struct = msgspec.defstruct("Out", [("two", Annotated[int | None, source("partner.id")])])
    assert refusal(QuerySet(One), struct) == "'partner' of One has another name in queries"


@isolate_apps("tests.project")
def test_files_of_ones_own_kind_are_refused() -> None:
    """Their address may be another."""

    class Signed(models.fields.files.FieldFile):
        @property
        def url(self) -> str:
            return "signed"

    class SignedField(models.FileField):
        attr_class = Signed

    class Paper(models.Model):  # noqa: DJ008 - nobody prints it
        file = SignedField()

        class Meta:
            app_label = "testproject"

    struct = msgspec.defstruct("Out", [("file", str | None)])
    assert refusal(QuerySet(Paper), struct) == "testproject.Paper.file has files of its own kind"


@isolate_apps("tests.project")
def test_what_cannot_be_compiled_is_refused_when_the_plan_is_built() -> None:
    """A key whose values nobody can make up, or which refuses those that were."""

    class Odd(models.CharField):
        def get_prep_value(self, value: Any) -> Any:
            raise ValueError(value)

    class Parent(models.Model):  # noqa: DJ008 - nobody prints it
        code = Odd(max_length=5, primary_key=True)

        class Meta:
            app_label = "testproject"

    class Child(models.Model):  # noqa: DJ008 - nobody prints it
        parent = models.ForeignKey(Parent, models.CASCADE, related_name="children")

        class Meta:
            app_label = "testproject"

    struct = msgspec.defstruct("Out", [("children", list[int])])
    assert "ValueError" in refusal(QuerySet(Parent), struct)
