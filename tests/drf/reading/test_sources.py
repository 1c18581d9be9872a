"""What a serializer that only reads refuses, and when."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers

from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.reading.sources import sources_of
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Relic, Task


class Shouting(serializers.CharField):
    """A field with a way of its own."""

    def to_representation(self, value: Any) -> str:
        """In capitals."""
        return str(value).upper()


class Links(serializers.HyperlinkedModelSerializer):
    """Something nested that wants instances."""

    class Meta:
        model = Task
        fields = ("url",)


def a_serializer(model: Any, *fields: str, **more: Any) -> Any:
    """A class of serializers that only read."""
    meta = type("Meta", (), {"model": model, "fields": fields})
    return type("Shown", (AppReadOnlyModelSerializer,), {**more, "Meta": meta})


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (serializers.SerializerMethodField(), "a method of the serializer is given an instance"),
        (serializers.StringRelatedField(source="label"), "the text of an object"),
        (serializers.HyperlinkedIdentityField("task-detail"), "links are looked up"),
        (Shouting(source="title"), "it has its own to_representation"),
        (serializers.CharField(source="*"), "its source is the whole object"),
        (serializers.CharField(source="label.name"), "say allow_null=True"),
        (serializers.CharField(source="label.nothing", allow_null=True), "'nothing' of Label is no column. It has: id"),
        (serializers.CharField(source="watchers.name"), "Task has no relation to one called 'watchers'"),
        (serializers.CharField(source="get_state_display"), "'get_state_display' of Task is no column"),
        (serializers.SlugRelatedField("name", source="watchers", many=True, read_only=True), "only the keys are read"),
        (Links(source="label"), "'label' leads to rows of Label"),
        (serializers.Serializer(source="label"), "has to be a serializer of a model"),
    ],
)
def test_what_needs_an_instance_is_refused_with_the_reason(field: Any, reason: str) -> None:
    """The message names the serializer, the field and what is wrong, and a view with it does not start."""
    shown = a_serializer(Task, "asked", asked=field)
    with pytest.raises(ImproperlyConfigured, match=r"^Shown\.asked \(\w+\) can't be read without instances") as refusal:
        sources_of(shown())
    assert reason in str(refusal.value)
    with pytest.raises(ImproperlyConfigured, match=r"Shown\.asked"):
        BaseViewSet.as_view({"get": "list"}, queryset=Task.objects.all(), serializer_class=shown)


def test_a_representation_of_ones_own_is_refused() -> None:
    """Code that is given instances would never run."""
    shown = a_serializer(Task, "id", to_representation=lambda self, instance: {})
    with pytest.raises(ImproperlyConfigured, match="has its own to_representation"):
        sources_of(shown())


def test_names_of_files_are_refused() -> None:
    """Only their addresses are read."""
    with pytest.raises(ImproperlyConfigured, match="the name of a file is asked of an instance"):
        sources_of(a_serializer(Relic, "picture", picture=serializers.FileField(use_url=False))())


def test_nothing_is_written_through_it() -> None:
    """Whoever gives it data learns by which class to write."""
    with pytest.raises(ImproperlyConfigured, match="write through an AppModelSerializer"):
        a_serializer(Task, "title")(data={"title": "x"})


def test_all_its_fields_are_only_read() -> None:
    """A description of the API asks for none of them."""
    assert {field.read_only for field in a_serializer(Task, "id", "title", "label")().fields.values()} == {True}
