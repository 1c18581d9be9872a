"""A serializer that only writes: what it takes is what the usual one takes, and the answer is the read form."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count
from django.http import QueryDict
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory

from ironbolt.core.scope import Scope
from ironbolt.drf.bulk import BulkOperationMixin
from ironbolt.drf.fields import ReferencesField
from ironbolt.drf.serializers import AppModelSerializer, AppReadOnlyModelSerializer, AppWriteOnlyModelSerializer
from ironbolt.drf.shown_relations import shown_relations
from ironbolt.drf.views import BaseViewSet
from tests.drf.shop import body_of, call
from tests.project.models import Bag, Label, Relic, Task

pytestmark = pytest.mark.django_db

COLUMNS = [field.name for field in Bag._meta.fields]


class LabelShown(AppReadOnlyModelSerializer):
    class Meta:
        model = Label
        fields = ("id", "name")


class TaskShown(AppReadOnlyModelSerializer):
    """With what only a query knows: a row nested, and an annotation."""

    label: Any = LabelShown(allow_null=True)
    watching = serializers.IntegerField()

    class Meta:
        model = Task
        fields = ("id", "title", "effort", "label", "watchers", "watching")


class TaskSent(AppWriteOnlyModelSerializer):
    id = serializers.IntegerField(read_only=True)

    class Meta:
        model = Task
        fields = ("id", "title", "code", "effort", "label", "watchers", "owner_id")
        read_only_fields = ("owner_id",)
        read_serializer_class = TaskShown


class Tasks(BaseViewSet):
    """Reads by one, writes by the other."""

    queryset = Task.objects.annotate(watching=Count("watchers"))
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()

    def get_serializer_class(self) -> Any:
        return TaskShown if self.action in {"list", "retrieve"} else TaskSent


def pair(model: Any, fields: Any, **own: Any) -> tuple[Any, Any]:
    """A serializer that only writes, and the usual one with the same fields."""
    meta = type("Meta", (), {"model": model, "fields": fields})
    bases = (AppWriteOnlyModelSerializer, AppModelSerializer)
    made = [type("Sent", (base,), {**{name: make() for name, make in own.items()}, "Meta": meta}) for base in bases]
    return made[0], made[1]


def outcome(serializer: Any) -> Any:
    """What validation makes of data."""
    return serializer.is_valid(), serializer.errors, dict(serializer.validated_data)


# --- the same as ever ------------------------------------------------------------------------------

OWN: dict[str, Any] = {
    "name": lambda: serializers.CharField(max_length=5, default="x"),
    "small": lambda: serializers.ChoiceField([(1, "One"), (2, "Two")]),
    "facts": lambda: serializers.ListField(child=serializers.DictField(child=serializers.IntegerField(max_value=3))),
    "level": lambda: serializers.MultipleChoiceField(choices=["a", "b"]),
    "real": lambda: serializers.FloatField(min_value=0, write_only=True),
    "key": lambda: serializers.HiddenField(default="hidden"),
}

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["1", "a", "2026-01-02", "2026-01-02T03:04:05Z", "10:00", "1 00:00:00", "1.50", "red"]),
    st.lists(st.sampled_from(["a", "b", 1, {"a": 1}, {"a": 9}]), max_size=3),
)


@pytest.mark.row("M03")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.dictionaries(st.sampled_from(COLUMNS), VALUES) | VALUES,
    partial=st.booleans(),
    own=st.sets(st.sampled_from(sorted(OWN))),
)
def test_validation_is_that_of_the_usual_serializer(db: None, data: Any, partial: bool, own: set[str]) -> None:
    """Whatever is sent: the same values, the same faults, and again the second time."""
    Label.objects.get_or_create(name="red")
    fast, usual = pair(Bag, COLUMNS, **{name: OWN[name] for name in own})
    for _ in range(2):
        found, expected = (outcome(kind(data=data, partial=partial)) for kind in (fast, usual))
        assert repr(found) == repr(expected)


def test_forms_and_files_are_read_as_ever() -> None:
    """What HTML leaves out, and lists by the same name."""
    label = Label.objects.create(name="red")
    fast, usual = pair(Relic, ["name", "labels", "picture", "found", "shelf"])
    for query in (f"name=a&labels={label.pk}&labels={label.pk}", "name=&picture=x", "shelf=&found=dug&name=b"):
        assert outcome(fast(data=QueryDict(query))) == outcome(usual(data=QueryDict(query)))


def test_what_is_changed_on_one_serializer_is_changed_on_that_alone() -> None:
    """Fields, messages, validators, choices and what is inside of a list are one's own."""

    class Sent(AppWriteOnlyModelSerializer):
        numbers = serializers.ListField(child=serializers.IntegerField(), write_only=True)
        watcher_ids = ReferencesField(Label, source="watchers", required=False)

        class Meta:
            model = Task
            fields = ("title", "state", "numbers", "label", "watcher_ids", "watchers")

    Sent(data={}).is_valid()
    touched = Sent(data={})
    fields = touched.fields
    del fields["title"]
    fields["state"].error_messages["invalid_choice"] = "No."
    fields["state"].validators.append(print)
    fields["state"].choices = {"x": "X"}
    fields["numbers"].child.error_messages["invalid"] = "No."
    fields["label"].queryset = Label.objects.none()
    fields["watchers"].child_relation.queryset = Label.objects.none()
    label = Label.objects.create(name="red")
    body = {"title": "a", "state": "y", "numbers": ["b"], "label": label.pk, "watchers": [label.pk]}
    again = Sent(data=body)
    assert not again.is_valid()
    assert again.errors == {"state": ['"y" is not a valid choice.'], "numbers": {0: ["A valid integer is required."]}}
    for name, field in again.fields.items():
        assert field.parent is again, name
        assert field.root is again, name
    assert again.fields["numbers"].child.parent is again.fields["numbers"]
    assert Sent(data=body).fields["numbers"].child is not again.fields["numbers"].child


def test_what_a_default_holds_is_ones_own() -> None:
    """What one request writes into it at whatever depth no other finds."""

    class Bare(AppWriteOnlyModelSerializer):
        facts = serializers.JSONField(default={"seen": []}, write_only=True)
        notes = serializers.JSONField(initial={"seen": []}, write_only=True)

        class Meta:
            model = Task
            fields = ("title", "facts", "notes")

    def facts() -> Any:
        serializer = Bare(data={"title": "a", "notes": 1})
        assert serializer.is_valid(), serializer.errors
        return serializer.validated_data["facts"]["seen"], Bare().data["notes"]["seen"]

    for seen in facts():
        seen.append("another's")
    assert facts() == ([], [])


@isolate_apps("tests.project")
def test_fields_that_ask_anew_are_made_anew() -> None:
    """Choices and limits that are functions, and fields made by code of one's own, are asked for each request."""
    allowed = ["red"]

    class Asked(models.Model):
        label = models.ForeignKey(
            Label, models.CASCADE, limit_choices_to=lambda: {"name__in": allowed}, related_name="+"
        )
        kind = models.CharField(max_length=5, choices=lambda: [(one, one) for one in allowed])

        class Meta:
            app_label = "nowhere"

        def __str__(self) -> str:
            return self.kind

    blue = Label.objects.create(name="blue")
    (sent, _), (kinds, _) = pair(Asked, ["label", "kind"]), pair(Asked, ["kind"])
    body = {"label": blue.pk, "kind": "blue"}
    assert not kinds(data=body).is_valid()
    first = sent(data=body)
    assert not first.is_valid()
    assert set(first.errors) == {"label", "kind"}
    allowed[:] = ["blue"]
    assert sent(data=body).is_valid()
    assert kinds(data=body).is_valid()


def test_fields_that_code_of_ones_own_makes_are_made_anew() -> None:
    """Whatever it looks at."""

    class Mine(AppWriteOnlyModelSerializer):
        class Meta:
            model = Task
            fields = ("title", "code")

        def get_fields(self) -> Any:
            fields = super().get_fields()
            return fields if self.context.get("all") else {"title": fields["title"]}

    assert list(Mine(context={"all": True}).fields) == ["title", "code"]
    assert list(Mine().fields) == ["title"]


def test_fields_of_somebody_are_copied_as_they_say() -> None:
    """A field with code of its own, and a nested serializer, are made as REST framework makes them."""

    class Counting(serializers.CharField):
        made = 0

        def __init__(self, **kwargs: Any) -> None:
            type(self).made += 1
            super().__init__(**kwargs)

    class Inner(serializers.Serializer[Any]):
        name = serializers.CharField()

    class Sent(AppWriteOnlyModelSerializer):
        title = Counting()
        label: Any = Inner()

        class Meta:
            model = Task
            fields = ("title", "label")

    for _ in range(3):
        serializer = Sent(data={"title": "a", "label": {"name": "b"}})
        assert serializer.is_valid(), serializer.errors
        assert serializer.fields["label"].parent is serializer
    assert Counting.made >= 4


@isolate_apps("tests.project")
def test_days_on_which_a_value_is_unique_are_still_asked_for() -> None:
    """No constraint of the database would do it."""

    class Dated(models.Model):
        day = models.DateField()
        name = models.CharField(max_length=5, unique_for_date="day")

        class Meta:
            app_label = "nowhere"

        def __str__(self) -> str:
            return self.name

    sent, usual = pair(Dated, ["day", "name"])
    assert [type(one) for one in sent().validators] == [type(one) for one in usual().validators] != []


# --- no queries ------------------------------------------------------------------------------------


@pytest.mark.row("M03")
def test_no_query_is_made_to_validate(django_assert_num_queries: Any) -> None:
    """Uniqueness is the database's: neither single columns nor several together are asked for."""
    sent, _ = pair(Task, ["title", "code", "owner_id"])
    Task.objects.create(title="a", code="1", owner_id="x")
    with django_assert_num_queries(0):
        assert sent(data={"title": "a", "code": "1", "owner_id": "x"}).is_valid()


@pytest.mark.row("M03")
def test_options_evaluate_no_relation(django_assert_num_queries: Any) -> None:
    """What may be sent is described without a look at the tables behind it."""
    Label.objects.create(name="red")
    request = APIRequestFactory().options("/tasks/")
    with django_assert_num_queries(0):
        response = Tasks.as_view({"get": "list", "post": "create"})(request)
    described = body_of(response)["actions"]["POST"]
    assert set(described) == {"title", "code", "effort", "label", "watchers"}
    assert "choices" not in described["label"]


@pytest.mark.row("M03")
def test_fields_that_are_only_read_are_no_part_of_it() -> None:
    """They are the read serializer's; one with a default takes part in validation, and stays."""

    class Sent(TaskSent):
        state = serializers.CharField(read_only=True, default="open")

        class Meta(TaskSent.Meta):
            fields = (*TaskSent.Meta.fields, "state")  # type: ignore[assignment]  # one more

    assert list(Sent().fields) == ["title", "code", "effort", "label", "watchers", "state"]


@pytest.mark.row("M03")
def test_fields_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the class, and not for each request: that is the saving."""
    sent, _ = pair(Task, ["title", "code"])
    made: list[Any] = []
    build = AppModelSerializer.build_standard_field

    def noting(self: Any, name: str, column: Any) -> Any:
        made.append(name)
        return build(self, name, column)

    monkeypatch.setattr(AppModelSerializer, "build_standard_field", noting)
    for _ in range(5):
        assert sent(data={"title": "a", "code": "1"}).is_valid()
    assert made == ["title", "code"]


# --- what is answered ------------------------------------------------------------------------------


@pytest.mark.row("M03")
def test_the_answer_to_a_write_is_what_a_get_answers() -> None:
    """Nested rows, formatted values and annotations of the view's own rows among it."""
    label = Label.objects.create(name="red")
    sent = {"title": "a", "code": "1", "effort": 3, "label": label.pk, "watchers": [label.pk]}
    made = call(Tasks, "POST", sent)
    assert made.status_code == 201, made.content
    shown = body_of(made)
    assert shown == {
        "id": shown["id"],
        "title": "a",
        "effort": "3.00",
        "label": {"id": label.pk, "name": "red"},
        "watchers": [label.pk],
        "watching": 1,
    }
    assert body_of(call(Tasks, "GET", pk=shown["id"])) == shown
    changed = call(Tasks, "PATCH", {"watchers": []}, pk=shown["id"])
    assert body_of(changed) == shown | {"watchers": [], "watching": 0}
    assert body_of(call(Tasks, "GET", pk=shown["id"])) == body_of(changed)


def test_rows_that_a_write_takes_out_of_the_view_are_answered_all_the_same() -> None:
    """With all that is said of the view's rows."""

    class Narrow(Tasks):
        scope = Scope(("state",), lambda caller: ("done",))

    made = call(Narrow, "POST", {"title": "a", "code": "1"})
    assert made.status_code == 201, made.content
    assert body_of(made)["watching"] == 0
    assert call(Narrow, "GET", pk=body_of(made)["id"]).status_code == 404


def test_rows_that_no_plan_reads_are_answered_by_instances() -> None:
    """Also with a read serializer of another kind; the annotations are there."""

    class Shown(serializers.ModelSerializer[Task]):
        watching = serializers.IntegerField(read_only=True)
        loud = serializers.SerializerMethodField()

        class Meta:
            model = Task
            fields = ("title", "watching", "loud")

        def get_loud(self, task: Task) -> str:
            return task.title.upper()

    class View(Tasks):
        def get_serializer_class(self) -> Any:
            return type("Sent", (TaskSent,), {"read_serializer_class": Shown})

    assert body_of(call(View, "POST", {"title": "a", "code": "1"})) == {"title": "a", "watching": 0, "loud": "A"}


def test_without_a_read_serializer_the_answer_has_its_own_fields() -> None:
    """Those that are not only written, keys among them."""
    sent, _ = pair(Task, ["id", "title", "code"], code=lambda: serializers.CharField(write_only=True))

    class View(Tasks):
        def get_serializer_class(self) -> Any:
            return sent

    made = body_of(call(View, "POST", {"title": "a", "code": "1"}))
    assert made == {"id": Task.objects.get().pk, "title": "a"}


def test_bulk_writes_answer_by_it_in_a_constant_number_of_queries(django_assert_max_num_queries: Any) -> None:
    """One read for all rows, with the annotations."""

    class View(BulkOperationMixin, Tasks):
        """Tasks in bulk."""

    sent = [{"title": str(at), "code": str(at)} for at in range(20)]
    with django_assert_max_num_queries(12):
        made = call(View, "POST", sent)
    assert [one["watching"] for one in body_of(made)] == [0] * 20


def test_outside_of_a_view_the_object_is_shown() -> None:
    """As the read serializer shows an instance."""

    class Sent(AppWriteOnlyModelSerializer):
        read_serializer_class = LabelShown

        class Meta:
            model = Label
            fields = ("name",)

    serializer = Sent(data={"name": "red"})
    assert serializer.is_valid()
    assert serializer.data == {"name": "red"}
    serializer = Sent(data={"name": "red"})
    serializer.is_valid()
    assert serializer.save().pk == serializer.data["id"]


# --- refused at start ------------------------------------------------------------------------------


@pytest.mark.row("M03")
def test_rows_are_not_listed_by_it() -> None:
    """It says what to use; data and nested lists are taken as ever."""
    with pytest.raises(ImproperlyConfigured, match="TaskSent only writes; show rows by"):
        TaskSent(Task.objects.all(), many=True)
    assert TaskSent(data=[], many=True).is_valid()
    nested: Any = TaskSent(many=True)
    assert isinstance(nested.child, TaskSent)


@pytest.mark.parametrize(
    ("reads", "reason"),
    [
        (TaskSent, "answers by TaskSent, which only writes"),
        (LabelShown, "writes rows of Task and answers by LabelShown, which shows rows of Label"),
        ("LabelShown", "is no serializer"),
    ],
)
def test_what_cannot_show_its_rows_is_refused_where_it_is_named(reads: Any, reason: str) -> None:
    """At the class, before any view."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        type("Sent", (TaskSent,), {"read_serializer_class": reads})


# --- relations that are shown ----------------------------------------------------------------------


def test_relations_that_a_serializer_follows_are_found() -> None:
    """Nested rows, slugs, lists of keys and dotted sources; what is a column or a key of its own is none."""

    class Shown(serializers.ModelSerializer[Relic]):
        shelf_name = serializers.CharField(source="shelf.inside.name", read_only=True)
        sign = serializers.CharField(read_only=True)
        label_ids = ReferencesField(Label, source="labels")
        insurance = serializers.SlugRelatedField("amount", read_only=True)

        class Meta:
            model = Relic
            fields = ("name", "shelf", "shelf_name", "sign", "label_ids", "insurance")

    assert shown_relations(Shown()) == ("shelf__inside", "labels", "insurance")
    assert shown_relations(TaskSent()) == ("label", "watchers")
    assert shown_relations(serializers.Serializer()) == ()
