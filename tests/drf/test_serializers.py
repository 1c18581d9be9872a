"""What a serializer of this door takes and refuses."""

import time
from typing import Any

import pytest
from django.http import QueryDict
from rest_framework import serializers

from ironbolt.core.errors import ValidationFailed
from ironbolt.core.validation import MOST_KEYS
from ironbolt.drf.fields import ReferenceField
from ironbolt.drf.serializers import AppModelSerializer, AppSerializer
from tests.drf.shop import TaskSerializer
from tests.project.models import Label, Task

VALID = {"title": "Write", "code": "W"}


class Everything(AppSerializer):
    """A field of each kind that REST framework reads leniently."""

    text = serializers.CharField(required=False)
    whole = serializers.IntegerField(required=False)
    real = serializers.FloatField(required=False)
    yes = serializers.BooleanField(required=False)
    money = serializers.DecimalField(6, 2, required=False)
    day = serializers.DateField(required=False)
    key = serializers.UUIDField(required=False)
    span = serializers.DurationField(required=False)
    choice = serializers.ChoiceField(["1", "a"], required=False)
    choices = serializers.MultipleChoiceField(choices=["1", "a"], required=False)
    parts = serializers.ListField(child=serializers.IntegerField(), required=False)
    seen = serializers.IntegerField(read_only=True)

    class Meta:
        strict = True


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("text", [1, 1.5, True, []]),
        ("whole", ["1", 1.5, True, [1]]),
        ("real", ["1", True]),
        ("yes", ["true", 1, 0]),
        ("money", [True, "1_0", " 1", "\u0661", "+1", "1.", ".5", "NaN", []]),
        ("day", [20240101, "20240101", "2024-W01-1", "2024-1-1", "2024-02-30"]),
        ("key", [5]),
        ("span", [5]),
        ("choice", [1]),
        ("choices", ["a", {"a": 1}]),
    ],
)
def test_value_of_another_type_is_refused(name, wrong) -> None:
    """A strict serializer takes no value of one JSON type for another, and names the field."""
    for value in wrong:
        serializer = Everything(data={name: value})
        assert not serializer.is_valid(), value
        assert list(serializer.errors) == [name]


@pytest.mark.parametrize(
    "data",
    [
        {"whole": 1.0},
        {"real": 1},
        {"money": "29.99"},
        {"money": 29.99},
        {"money": 3},
        {"day": "2024-02-29"},
        {"choice": "1"},
        {"choices": ["a"]},
        {"parts": [1, 2]},
        {"key": "6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
        {"span": "1 00:00:00"},
        {"yes": False},
    ],
    ids=str,
)
def test_value_of_the_right_type_passes(data) -> None:
    """What is meant is taken; to JSON, 1.0 is an integer and 3 a number."""
    serializer = Everything(data=data)
    assert serializer.is_valid(), serializer.errors


def test_all_faults_are_told_at_once() -> None:
    """Unknown names, wrong types, broken rules and what is missing stand in one answer."""
    serializer = TaskSerializer(data={"title": 5, "state": "lost", "watcher_ids": [1, "2"], "x": 1, "id": 3})
    assert not serializer.is_valid()
    assert set(serializer.errors) == {"title", "code", "state", "watcher_ids", "x", "id"}
    assert serializer.errors["x"] == ["Unknown field."]


def test_item_of_the_wrong_type_is_named_by_its_place() -> None:
    """In a list, the fault lies with the item."""
    serializer = Everything(data={"parts": [1, "2"]})
    assert not serializer.is_valid()
    assert list(serializer.errors["parts"]) == [1]


def test_forms_have_no_types() -> None:
    """A form is read as REST framework reads it, though the serializer is strict."""
    serializer = Everything(data=QueryDict("whole=5&yes=on&csrfmiddlewaretoken=x"))
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data["whole"] == 5


def test_without_strict_all_is_as_ever() -> None:
    """A serializer that is not strict ignores what it does not know and converts what it can."""

    class Loose(AppModelSerializer):
        class Meta:
            model = Label
            fields = ("name",)

    serializer = Loose(data={"name": 5, "x": 1})
    assert serializer.is_valid()
    assert serializer.validated_data == {"name": "5"}


@pytest.mark.django_db
def test_uniqueness_costs_no_query(django_assert_num_queries) -> None:
    """Valid input is found valid without the database, which is asked only when it writes."""
    Task.objects.create(**VALID)
    serializer = TaskSerializer(data={**VALID, "label_id": 1, "watcher_ids": [1]})
    with django_assert_num_queries(0):
        assert serializer.is_valid(), serializer.errors


def test_reference_is_checked_for_range() -> None:
    """A key that no column holds is refused before the database sees it."""
    for key in (2**63, -(2**63) - 1, 10**400):
        serializer = TaskSerializer(data={**VALID, "label_id": key})
        assert not serializer.is_valid()
        assert list(serializer.errors) == ["label_id"]


def test_reference_may_be_empty_where_the_column_may() -> None:
    """None is a reference to nothing where the field allows it."""
    serializer = TaskSerializer(data={**VALID, "label_id": None})
    assert serializer.is_valid()
    assert serializer.validated_data["label_id"] is None


def test_limits_of_a_reference_can_be_narrowed() -> None:
    """Whoever knows more of the keys than the column says so."""
    assert ReferenceField(Label, min_value=1).min_value == 1


def test_references_are_bounded() -> None:
    """A list of keys that would make too large a query is refused."""
    serializer = TaskSerializer(data={**VALID, "watcher_ids": list(range(MOST_KEYS + 1))})
    assert not serializer.is_valid()
    assert list(serializer.errors) == ["watcher_ids"]


@pytest.mark.parametrize(
    "effort", ["1e1000000", "1e-1000000", 1e300, 10**300, "9" * 2000], ids=lambda one: str(one)[:9]
)
def test_enormous_numbers_are_refused(effort: Any) -> None:
    """A number of any size is refused without being computed."""
    serializer = TaskSerializer(data={**VALID, "effort": effort})
    assert not serializer.is_valid()
    assert list(serializer.errors) == ["effort"]


@pytest.mark.django_db
def test_update_keeps_the_key() -> None:
    """An update can't move an object to another key, which would make a second one of it."""

    class Keyed(AppModelSerializer):
        number = serializers.IntegerField(source="id")

        class Meta:
            model = Label
            fields = ("number", "name")

    label = Label.objects.create(name="one")
    same = Keyed(label, data={"number": label.pk, "name": "two"})
    assert same.is_valid()
    assert same.save().name == "two"
    other = Keyed(label, data={"number": label.pk + 1, "name": "three"})
    assert other.is_valid()
    with pytest.raises(ValidationFailed) as caught:
        other.save()
    assert list(caught.value.details) == ["number"]
    assert Label.objects.count() == 1


def test_too_many_references_are_refused_before_each_is_looked_at() -> None:
    """The number of keys is judged first: to look at each of a million takes seconds."""
    begin = time.perf_counter()
    serializer = TaskSerializer(data={**VALID, "watcher_ids": [1] * 1_000_000})
    assert not serializer.is_valid()
    assert serializer.errors == {"watcher_ids": [f"No more than {MOST_KEYS} items are taken at once."]}
    assert time.perf_counter() - begin < 0.5


def test_zero_has_no_sign() -> None:
    """A negative zero is a zero."""
    serializer = TaskSerializer(data={**VALID, "effort": "-0"})
    assert serializer.is_valid(), serializer.errors
    assert str(serializer.validated_data["effort"]) == "0.00"
