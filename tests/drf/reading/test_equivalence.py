"""A serializer that only reads and REST framework's own show the same values, whatever is stored and declared."""

import contextvars
import datetime
import json
from collections.abc import Iterator
from decimal import ROUND_DOWN
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, F, QuerySet
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework import renderers, serializers

from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.reading.showing import shown_to
from ironbolt.drf.renderers import encode
from tests.plans.reads import EXAMPLES
from tests.plans.test_equivalence import _made, bags, undone
from tests.project.models import (
    DRAWER,
    Bag,
    Insurance,
    Label,
    Person,
    Photo,
    Receipt,
    Relic,
    Shelf,
    Specimen,
    Task,
    Ticket,
)

pytestmark = pytest.mark.django_db

proof = settings(
    max_examples=max(EXAMPLES // 4, 1),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

DECLARED: dict[str, list[Any]] = {
    "key": [lambda: serializers.UUIDField(format="hex"), lambda: serializers.UUIDField(format="urn")],
    "name": [serializers.CharField, lambda: serializers.ChoiceField(choices=["ant", "bee"])],
    "slug": [serializers.CharField],
    "positive": [serializers.IntegerField],
    "small": [
        serializers.CharField,
        serializers.FloatField,
        serializers.DecimalField,
        lambda: serializers.DecimalField(max_digits=9, decimal_places=1),
    ],
    "big": [serializers.BigIntegerField, lambda: serializers.BigIntegerField(coerce_to_string=True)],
    "real": [serializers.CharField, lambda: serializers.IntegerField(source="positive")],
    "amount": [
        lambda: serializers.DecimalField(max_digits=None, decimal_places=None),
        lambda: serializers.DecimalField(max_digits=9, decimal_places=1, rounding=ROUND_DOWN),
        lambda: serializers.DecimalField(max_digits=9, decimal_places=2, coerce_to_string=False),
        lambda: serializers.DecimalField(max_digits=9, decimal_places=2, normalize_output=True),
        lambda: serializers.DecimalField(max_digits=9, decimal_places=2, localize=True),
        serializers.FloatField,
    ],
    "flag": [lambda: serializers.BooleanField(allow_null=True), serializers.CharField, serializers.IntegerField],
    "day": [lambda: serializers.DateField(format="%d.%m.%Y"), lambda: serializers.DateField(format=None)],
    "instant": [
        lambda: serializers.DateTimeField(format="%H:%M %Z"),
        lambda: serializers.DateTimeField(format=None),
        lambda: serializers.DateTimeField(default_timezone=ZoneInfo("Asia/Tokyo")),
        lambda: serializers.TimeField(source="clock"),
    ],
    "clock": [lambda: serializers.TimeField(format="%H")],
    "span": [lambda: serializers.DurationField(format="iso-8601"), lambda: serializers.DurationField(format="django")],
    "token": [lambda: serializers.UUIDField(format="int"), serializers.CharField],
    "facts": [lambda: serializers.JSONField(binary=True), serializers.ReadOnlyField],
    "level": [lambda: serializers.ChoiceField(choices=[(1, "Low")]), lambda: serializers.IntegerField(default=3)],
    "label": [
        lambda: serializers.SlugRelatedField(slug_field="id", read_only=True, allow_null=True),
        lambda: serializers.PrimaryKeyRelatedField(read_only=True, pk_field=serializers.CharField()),
        lambda: serializers.CharField(source="label.name", allow_null=True),
        lambda: serializers.IntegerField(source="label.id", allow_null=True),
        lambda: serializers.ReadOnlyField(source="label_id"),
    ],
}
"""Column → other fields than REST framework's own choice for it; beside ``read_only`` all they say is tried."""


def both(title: str, model: Any, fields: Any, /, **declared: Any) -> tuple[Any, Any]:
    """A serializer that only reads, and the same by REST framework; what is nested is given as such a pair."""
    meta = type("Meta", (), {"model": model, "fields": fields})
    made = []
    for which, base in enumerate((AppReadOnlyModelSerializer, serializers.ModelSerializer)):
        own = {key: (value[which] if isinstance(value, tuple) else value) for key, value in declared.items()}
        attributes = {key: value() for key, value in own.items()}
        made.append(type(title, (base,), {**attributes, "Meta": meta}))
    return made[0], made[1]


def settled(data: Any) -> Any:
    """The same rows, with what a relation leads to in the order of its keys.

    PostgreSQL gives rows that nobody has ordered as it likes, and twice the same ones in two orders.
    """
    if isinstance(data, list):
        return [settled(item) for item in data]
    return {name: _by_key(settled(value)) for name, value in data.items()} if isinstance(data, dict) else data


def _by_key(value: Any) -> Any:
    if isinstance(value, list) and all(type(item) is int for item in value):
        return sorted(value)
    if isinstance(value, list) and all(isinstance(item, dict) and "number" in item for item in value):
        return sorted(value, key=lambda row: (row["number"], repr(row)))
    return value


def assert_same(pair: tuple[Any, Any], rows: "QuerySet[Any]", **context: Any) -> None:
    """The plan has read them, and the values, in Python and in JSON, are those of REST framework."""
    fast, slow = pair
    try:
        expected = slow(rows.all(), many=True, context=context).data
    except ArithmeticError as error:  # a number with more digits than the field has room for
        with pytest.raises(type(error)):
            _ = fast(rows.all(), many=True, context=context).data
        return
    with shown_to(context.get("request")):
        reader = reader_of(fast)
        assert reader is not None
        assert reader.rows(rows.all()) is not None
    found = fast(rows.all(), many=True, context=context).data
    assert settled(found) == settled(expected)
    shown, wanted = json.loads(encode(found, "number")), json.loads(renderers.JSONRenderer().render(expected))
    assert settled(shown) == settled(wanted)
    for one, row in zip(found, rows.all(), strict=True):
        assert settled(fast(row, context=context).data) == settled(one)


@st.composite
def declarations(draw: Any, declared: dict[str, list[Any]]) -> tuple[list[str], dict[str, Any]]:
    """Some columns, and for some of those a field that is not the usual one."""
    names = draw(st.lists(st.sampled_from(sorted(declared)), min_size=1, unique=True))
    chosen = {name: draw(st.sampled_from([None, *declared[name]])) for name in names}
    return names, {name: field for name, field in chosen.items() if field is not None}


def read_only(make: Any) -> Any:
    """A field that is only read, with what it has beside that."""

    def field() -> Any:
        try:
            made = make()
        except (AssertionError, TypeError):
            made = serializers.DecimalField(max_digits=6, decimal_places=2)
        made.read_only = True
        return made

    return field


@proof
@given(rows=bags(), declared=declarations(DECLARED), zone=st.sampled_from(("UTC", "Europe/Berlin", "Pacific/Niue")))
def test_columns_of_every_type(
    db: None, rows: list[dict[str, Any]], declared: tuple[list[str], dict[str, Any]], zone: str
) -> None:
    """Whatever a field is told of formats, places, zones and choices, and whatever the current time zone is."""
    names, fields = declared
    pair = both("Shown", Bag, names, **{name: read_only(make) for name, make in fields.items()})
    with undone(), timezone.override(ZoneInfo(zone)):
        _made(rows)
        for query in (Bag.objects.order_by("key"), Bag.objects.filter(small__gt=0).order_by("-name", "key")):
            assert_same(pair, query)


NAMES = ("red", "blue", "Blau, gr\u00fcn")
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
SPECIMEN = st.fixed_dictionaries(
    {},
    optional={
        "huge": st.none() | st.integers(0, 2**63 - 1),
        "tiny": st.integers(0, 32767),
        "notes": TEXTS,
        "email": st.sampled_from(["", "a@example.org"]),
        "site": st.sampled_from(["", "https://example.org/?a=b&c"]),
        "address": st.none() | st.ip_addresses().map(str),
        "address_4": st.none() | st.ip_addresses(v=4).map(str),
        "picture": st.sampled_from(["", "a.png", "b c/\u00e4.png"]),
        "paper": st.sampled_from([None, "", "a?b.pdf"]),
        "script": st.sampled_from(["", f"{DRAWER}/models.py", "/gone.py"]),
        "loud": st.none() | TEXTS,
        "grade": st.sampled_from(["", "a", "c", "z"]),
        "codes": st.sampled_from(["", "1,2,3"]),
        "facts": FACTS.filter(lambda value: value is not None),
        "weight": st.none() | st.decimals(-(10**19), 10**19, places=10),
        "seal": st.none() | st.binary(max_size=4),
        "label_id": st.none() | st.sampled_from(NAMES),
    },
)
"""A row with values of every kind that its columns take."""

SPECIMEN_DECLARED: dict[str, list[Any]] = {
    "number": [serializers.CharField, lambda: serializers.IntegerField(source="pk")],
    "huge": [
        serializers.IntegerField,
        lambda: serializers.BigIntegerField(coerce_to_string=True),
        serializers.FloatField,
    ],
    "tiny": [serializers.BooleanField, lambda: serializers.ChoiceField([(1, "One")])],
    "notes": [serializers.ReadOnlyField, lambda: serializers.CharField(source="email")],
    "email": [serializers.EmailField, serializers.ReadOnlyField],
    "site": [serializers.URLField],
    "address": [lambda: serializers.IPAddressField(protocol="ipv6"), serializers.CharField],
    "address_4": [lambda: serializers.IPAddressField(protocol="ipv4")],
    "picture": [serializers.FileField, serializers.ImageField],
    "paper": [serializers.FileField],
    "script": [serializers.CharField, lambda: serializers.FilePathField(path=DRAWER)],
    "loud": [serializers.CharField, serializers.SlugField, serializers.ReadOnlyField],
    "grade": [
        lambda: serializers.ChoiceField([("Good", [("a", "Best")]), ("b", "Fine")]),
        lambda: serializers.ChoiceField(["a"], allow_blank=True),
        lambda: serializers.RegexField(r"^a$"),
    ],
    "codes": [serializers.CharField],
    "facts": [serializers.ReadOnlyField, lambda: serializers.JSONField(encoder=None)],
    "weight": [
        lambda: serializers.DecimalField(max_digits=30, decimal_places=2),
        lambda: serializers.DecimalField(max_digits=30, decimal_places=None, coerce_to_string=False),
        serializers.ReadOnlyField,
    ],
    "kin": [
        lambda: serializers.PrimaryKeyRelatedField(read_only=True),
        lambda: serializers.PrimaryKeyRelatedField(source="kin.kin", read_only=True, allow_null=True),
        lambda: serializers.SlugRelatedField("notes", read_only=True, allow_null=True),
        lambda: serializers.CharField(source="kin.loud", allow_null=True),
        lambda: serializers.ImageField(source="kin.picture", allow_null=True),
        lambda: serializers.JSONField(source="kin.facts", allow_null=True),
    ],
    "label": [
        lambda: serializers.SlugRelatedField("name", read_only=True, allow_null=True),
        lambda: serializers.IntegerField(source="label.pk", allow_null=True),
    ],
    "bag": [
        lambda: serializers.PrimaryKeyRelatedField(read_only=True, pk_field=serializers.UUIDField(format="hex")),
        lambda: serializers.DateTimeField(source="bag.instant", allow_null=True),
        lambda: serializers.DecimalField(source="bag.amount", max_digits=9, decimal_places=1, allow_null=True),
    ],
    "relic": [
        lambda: serializers.IPAddressField(source="relic.address", allow_null=True),
        lambda: serializers.CharField(source="relic.shelf.name", allow_null=True),
    ],
    "found_with": [],
    "labels": [],
    "kindred": [lambda: serializers.PrimaryKeyRelatedField(many=True, read_only=True)],
}
"""As above, for a specimen."""


def _put_down(rows: list[dict[str, Any]], chained: bool) -> None:
    """Specimens that are related to one another and to the rest."""
    labels = Label.objects.bulk_create(Label(name=name) for name in NAMES)
    shelf = Shelf.objects.create(name="top")
    bag = Bag.objects.create(amount="1.25", instant=datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC))
    made: list[Specimen] = []
    for at, row in enumerate(rows):
        relic = Relic.objects.create(name=str(at), shelf=shelf if at % 2 else None, address="::1" if at else None)
        kin = made[-1] if chained and made else None
        one = Specimen.objects.create(kin=kin, bag=bag if at % 2 else None, relic=relic if at % 3 else None, **row)
        one.labels.set(labels[at % 3 :])
        one.found_with.set(made[:2])
        made.append(one)


@proof
@given(
    rows=st.lists(SPECIMEN, max_size=4),
    chained=st.booleans(),
    declared=declarations(SPECIMEN_DECLARED),
    zone=st.sampled_from(("UTC", "Asia/Kathmandu")),
    addressed=st.booleans(),
)
def test_columns_of_all_other_types(
    db: None, rows: list[dict[str, Any]], chained: bool, declared: Any, zone: str, addressed: bool
) -> None:
    """Files, pictures, addresses, texts, packed facts, columns of one's own, and keys by every road."""
    names, fields = declared
    pair = both("Shown", Specimen, names, **{name: read_only(make) for name, make in fields.items()})
    context = {"request": RequestFactory().get("/", headers={"host": "testserver"})} if addressed else {}
    with undone(), timezone.override(ZoneInfo(zone)):
        _put_down(rows, chained)
        for query in (Specimen.objects.order_by("number"), Specimen.objects.filter(tiny__gt=0).order_by("-number")):
            assert_same(pair, query, **context)


@settings(proof, max_examples=max(EXAMPLES // 20, 1))
@given(rows=st.lists(SPECIMEN, max_size=4), chained=st.booleans(), depth=st.integers(0, 2))
def test_all_that_is_nested_by_depth(db: None, rows: list[dict[str, Any]], chained: bool, depth: int) -> None:
    """Nested serializers of this kind, in each other and in lists, over every kind of relation."""
    columns = [field.name for field in Specimen._meta.concrete_fields if not field.is_relation and field.name != "seal"]
    pair = both("KinShown", Specimen, columns)
    for _ in range(depth):
        inner = pair
        pair = both(
            "SpecimenShown",
            Specimen,
            [*columns, "kin", "kindred", "found_with", "label", "labels"],
            kin=(lambda inner=inner: inner[0](allow_null=True), lambda inner=inner: inner[1](read_only=True)),
            kindred=tuple(lambda one=one: one(many=True, read_only=True) for one in inner),
            found_with=tuple(lambda one=one: one(many=True, read_only=True) for one in inner),
        )
    with undone():
        _put_down(rows, chained)
        assert_same(pair, Specimen.objects.order_by("number"))


EVERY_TYPE = {
    kind
    for kind in serializers.ModelSerializer.serializer_field_mapping
    if kind not in {models.Field, models.BinaryField} and kind.__module__.startswith("django.db.models")
}


def test_every_type_of_column_is_among_those_that_are_compared() -> None:
    """Whatever REST framework knows a field for, in the versions that are installed; or a type derived from it."""
    compared = {
        type(Model._meta.get_field(name.split(".")[0]))
        for Model, declared in ((Bag, DECLARED), (Specimen, SPECIMEN_DECLARED))
        for name in declared
        if name != "kindred"
    }
    named = {kind for one in compared for kind in one.__mro__}
    keys_of_tables = {models.AutoField, models.BigAutoField}  # of tasks and relics, below
    old = {models.CommaSeparatedIntegerField, models.NullBooleanField}  # in migrations alone
    assert EVERY_TYPE - named <= keys_of_tables | old


def test_what_is_no_value_of_json_is_refused() -> None:
    """Bytes are shown by a field that asks the instance, whose text nobody has agreed upon."""
    with pytest.raises(ImproperlyConfigured, match=r"Shown.seal \(ModelField\) can't be read without instances"):
        reader_of(both("Shown", Specimen, ["seal"])[0])


def test_pictures_that_know_their_size(db: None) -> None:
    """Django looks into the file of an instance whose size is not stored: instances are made, and show the same."""
    ann = User.objects.create(username="ann")
    Photo.objects.bulk_create([Photo(owner=ann, image="a.png", width=3, height=4), Photo(owner=ann, title="b")])
    fast, slow = both("PhotoShown", Photo, ["id", "image", "width", "height", "title", "owner"])
    assert fast(Photo.objects.all(), many=True).data == slow(Photo.objects.all(), many=True).data


@pytest.fixture
def shop(db: None) -> Iterator[None]:
    """A few rows of everything that is related."""
    with undone():
        labels = Label.objects.bulk_create(Label(name=name) for name in ("red", "blue", "100%"))
        for at, task in enumerate(
            [Task.objects.create(title=f"t{at}", code=str(at), label=labels[at % 2]) for at in range(4)]
        ):
            task.watchers.set(labels[: at % 3])
        person = Person.objects.create(name="Ada")
        Ticket.objects.create(holder=person)
        Ticket.objects.create(holder=None)
        top = Shelf.objects.create(name="top")
        inner = Shelf.objects.create(name="inner", inside=top)
        for at, shelf in enumerate((top, inner, None)):
            relic = Relic.objects.create(
                name=f"r{at}", shelf=shelf, picture=f"a{at}.png" if at else "", address="10.0.0.1"
            )
            relic.labels.set(labels[at:])
            if at:
                Insurance.objects.create(relic=relic, amount=at)
        yield


def test_relations_of_every_kind(shop: None) -> None:
    """Keys, slugs, nested objects and lists of them, by forward and reverse relations, null where there is none."""
    label = both("LabelShown", Label, ["id", "name", "watched"])
    shelf = both("ShelfShown", Shelf, ["id", "name", "inside"])
    relic = both(
        "RelicShown",
        Relic,
        ["id", "name", "labels", "shelf", "address", "insurance", "shelf_name"],
        labels=(lambda: label[0](many=True), lambda: label[1](many=True, read_only=True)),
        shelf=(lambda: shelf[0](allow_null=True), lambda: shelf[1](read_only=True, allow_null=True)),
        insurance=lambda: serializers.PrimaryKeyRelatedField(read_only=True, allow_null=True),
        shelf_name=lambda: serializers.CharField(source="shelf.name", read_only=True, allow_null=True),
    )
    assert_same(relic, Relic.objects.order_by("id"))
    assert_same(both("TaskShown", Task, "__all__"), Task.objects.all())
    assert_same(both("TaskShown", Task, ["id", "label", "watchers"]), Task.objects.filter(label__name="red"))


def test_addresses_of_files_begin_as_the_request_does(shop: None) -> None:
    """With a request they are absolute, without one they are paths, and nothing for no file."""
    relic = both("RelicShown", Relic, ["id", "picture"])
    assert_same(relic, Relic.objects.order_by("id"))
    request = RequestFactory().get("/", headers={"host": "testserver"})
    assert_same(relic, Relic.objects.order_by("id"), request=request)


def test_annotations_of_the_queryset(shop: None) -> None:
    """What the queryset adds is shown as any column, formatted where its field says so."""
    pair = both(
        "LabelShown",
        Label,
        ["name", "tasks_count", "shown"],
        tasks_count=lambda: serializers.IntegerField(read_only=True),
        shown=lambda: serializers.CharField(read_only=True),
    )
    assert_same(pair, Label.objects.annotate(tasks_count=Count("tasks"), shown=F("id")).order_by("id"))


def test_rows_that_are_fetched_already_are_shown_as_they_are(shop: None) -> None:
    """Instances in hand are not read again: what was set on them shows."""
    fast, slow = both("LabelShown", Label, ["name"])
    rows = list(Label.objects.order_by("id"))
    rows[0].name = "changed"
    assert fast(rows, many=True).data == slow(rows, many=True).data
    fetched = Label.objects.order_by("id")
    len(fetched)
    assert fast(fetched, many=True).data == slow(fetched, many=True).data


def test_receipts_through_a_parent_table(db: None) -> None:
    """Inherited columns are read through the join."""
    assert_same(both("ReceiptShown", Receipt, ["id", "title", "chore"]), Receipt.objects.all())


def test_one_compiled_reader_speaks_every_language_in_every_zone(db: None) -> None:
    """What is compiled for the first request is not what the next one is told: each thread has its own."""
    pair = both(
        "BagShown",
        Bag,
        ["amount", "instant", "plain", "level"],
        amount=lambda: serializers.DecimalField(max_digits=9, decimal_places=2, localize=True, read_only=True),
        instant=lambda: serializers.DateTimeField(format="%H:%M %Z", read_only=True),
        plain=lambda: serializers.DateTimeField(source="instant", read_only=True),
        level=lambda: serializers.ChoiceField(choices=[(1, gettext_lazy("January"))], read_only=True),
    )
    Bag.objects.create(amount="1234.50", level=1, instant=datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC))
    seen: list[Any] = []

    def read(language: str, zone: str) -> None:
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            assert_same(pair, Bag.objects.all())
            seen.append(pair[0](Bag.objects.all(), many=True).data[0])

    for language, zone in (("en", "UTC"), ("de", "Asia/Tokyo"), ("fr", "Europe/Berlin"), ("en", "UTC")):
        contextvars.Context().run(read, language, zone)
    assert [one["amount"] for one in seen] == ["1234.50", "1234,50", "1234,50", "1234.50"]
    assert [one["instant"] for one in seen] == ["03:00 UTC", "12:00 JST", "04:00 CET", "03:00 UTC"]
    assert {one["level"] for one in seen} == {1}
