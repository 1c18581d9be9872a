"""Tests of columns of every type: the value REST framework shows, and what was read can be sent back."""

import datetime
import ipaddress
import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.db.models import Model
from django.utils.dateparse import parse_datetime, parse_duration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.serializers import ModelSerializer

from ironbolt.bolt.responses.encoding import encode_json
from ironbolt.bolt.structs import ModelInput, ModelStruct
from ironbolt.bolt.structs.columns import type_of
from ironbolt.bolt.structs.deriving import read_struct
from ironbolt.bolt.structs.forms import put_form
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.bolt.structs.writing import save
from tests.project.models import Bag, Label, Relic, Shelf

pytestmark = pytest.mark.django_db

BAG = [field.name for field in Bag._meta.concrete_fields]
RELIC = [*(field.name for field in Relic._meta.concrete_fields if field.name != "inventory_key"), "labels"]


class BagOut(ModelStruct):
    """A bag with all that is in it."""

    class Meta:
        model = Bag
        fields = BAG


class BagIn(ModelInput):
    """A bag as it is written: all of it."""

    class Meta:
        model = Bag
        fields = BAG


class RelicOut(ModelStruct):
    """A relic with all that is known of it."""

    class Meta:
        model = Relic
        fields = RELIC


class RelicIn(ModelInput):
    """A relic as it is written: all that can be."""

    class Meta:
        model = Relic
        fields = "__all__"


class BagSerializer(ModelSerializer):
    """The same bag, as REST framework shows it."""

    class Meta:
        model = Bag
        fields = BAG


class RelicSerializer(ModelSerializer):
    """The same relic, as REST framework shows it."""

    class Meta:
        model = Relic
        fields = RELIC


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=20)
first, last = datetime.datetime(1, 2, 1), datetime.datetime(9999, 11, 1)  # noqa: DTZ001 - hypothesis adds the zone
instants = st.datetimes(first, last, timezones=st.just(datetime.UTC))
bags = st.fixed_dictionaries(
    {
        "name": words,
        "slug": st.from_regex(r"[a-z0-9_-]{0,20}", fullmatch=True),
    },
    optional={
        "small": st.integers(-32768, 32767),
        "big": st.integers(-(2**63), 2**63 - 1),
        "positive": st.integers(0, 2**31 - 1),
        "real": st.floats(allow_nan=False, allow_infinity=False),
        "amount": st.decimals(-9999, 9999, places=2),
        "flag": st.booleans(),
        "day": st.dates(),
        "instant": instants,
        "clock": st.times(),
        "span": st.timedeltas(datetime.timedelta(days=-10_000), datetime.timedelta(days=10_000)),
        "token": st.uuids(),
        "facts": st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
            max_leaves=4,
        ).filter(lambda facts: facts != ""),  # which a column that is not blank refuses
        "level": st.sampled_from([1, 2]),
        "label_id": st.just("home"),
    },
)
relics = st.fixed_dictionaries(
    {"name": words.filter(len), "size": st.integers(0, 10_000), "found": st.sampled_from(["dug", "bought"])},
    optional={
        "seal": st.binary(max_size=20),
        "picture": st.just("cup.png"),
        "email": st.just("a@example.org"),
        "site": st.just("https://example.org/x?y=1"),
        "address": st.ip_addresses().map(str),
        "cleaned": instants,
    },
)


def shown(struct: type[msgspec.Struct], row: Any) -> dict[str, Any]:
    """A row as a client gets it."""
    model: type[Model] = type(row)
    encoded: dict[str, Any] = msgspec.json.decode(encode_json(row_reader(struct, model).read(row)))
    return encoded


def comparable(value: Any) -> Any:
    """A value without what the two doors may write differently: instants, durations, zeros, files' hosts."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"-?P.*|-?(\d+ )?\d\d:\d\d:\d\d(\.\d+)?", value):
        return parse_duration(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return parse_datetime(value)
    if isinstance(value, str) and ":" in value and value.count(".") in (0, 3):
        try:
            return ipaddress.ip_address(value)
        except ValueError:
            return value
    return value


def assert_alike(struct: type[msgspec.Struct], serializer: Any, row: Any) -> None:
    """Both doors show the same row."""
    theirs = msgspec.json.decode(encode_json(serializer(row).data))
    ours = shown(struct, row)
    assert list(ours) == list(theirs)
    assert {name: comparable(value) for name, value in ours.items()} == {
        name: comparable(value) for name, value in theirs.items()
    }


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(values=bags)
def test_a_bag_reads_as_rest_framework_shows_it_and_can_be_sent_back(values: dict[str, Any]) -> None:
    """Every type of column, by its declared Struct alone, both ways."""
    with transaction.atomic():
        Label.objects.get_or_create(name="home")
        row = Bag.objects.get(pk=Bag.objects.create(**values).pk)
        assert_alike(BagOut, BagSerializer, row)
        before = shown(BagOut, row)
        save(row, msgspec.json.decode(msgspec.json.encode(before), type=put_form(BagIn)))
        assert shown(BagOut, Bag.objects.get(pk=row.pk)) == before
        row.delete()
        save(Bag(), msgspec.json.decode(msgspec.json.encode(before), type=BagIn))
        assert shown(BagOut, Bag.objects.get(pk=before["key"])) == before
        transaction.set_rollback(True)


@quick
@given(values=relics, labelled=st.booleans(), shelved=st.booleans())
def test_a_relic_reads_as_rest_framework_shows_it_and_can_be_sent_back(
    values: dict[str, Any], labelled: bool, shelved: bool
) -> None:
    """What keeps itself, is generated or uploaded is shown, and stays as it is when it comes back."""
    with transaction.atomic():
        shelf = Shelf.objects.create(name="hall") if shelved else None
        row = Relic.objects.create(**values, shelf=shelf)
        row.labels.set([Label.objects.create(name="gold")] if labelled else [])
        row = Relic.objects.get(pk=row.pk)
        assert_alike(RelicOut, RelicSerializer, row)
        before = shown(RelicOut, row)
        sent = msgspec.json.encode({**before, "shelf_id": before["shelf"]})
        save(row, msgspec.json.decode(sent, type=put_form(RelicIn)))
        after = shown(RelicOut, Relic.objects.get(pk=row.pk))
        assert {**after, "changed_at": None} == {**before, "changed_at": None}
        transaction.set_rollback(True)


def test_arrays_have_the_type_of_their_items() -> None:
    """PostgreSQL's arrays are lists, wherever its driver is installed."""
    postgres = pytest.importorskip("django.contrib.postgres.fields", exc_type=ImportError)
    from django.db import models

    assert type_of(postgres.ArrayField(models.DateField(null=True))) == list[datetime.date | None]
    assert type_of(postgres.ArrayField(models.IntegerField(), null=True)) == list[int] | None


def test_a_model_alone_shows_columns_of_every_type() -> None:
    """The Struct that nobody has written reads the same values, with foreign keys under their own names."""
    row = Relic.objects.create(name="Cup", picture="cup.png", seal=b"\x00wax")
    found = shown(read_struct(Relic), Relic.objects.get(pk=row.pk))
    assert (found["picture"], found["seal"], found["doubled"], found["shelf_id"]) == (
        "/media/cup.png",
        "AHdheA==",
        2,
        None,
    )
    assert "inventory_key" not in found
