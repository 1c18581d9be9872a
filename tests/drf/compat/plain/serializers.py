"""Serializers as projects have them: flat, hyperlinked, nested and written, of lists, of no model."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers
from rest_framework.settings import api_settings

from tests.project.models import Article, Bag, Label, Relic, Shelf, Task


class LabelSerializer(serializers.ModelSerializer[Label]):
    class Meta:
        model = Label
        fields = ("id", "name")


class TaskSerializer(serializers.ModelSerializer[Task]):
    loud = serializers.SerializerMethodField()
    asked_by = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = ("id", "title", "code", "owner_id", "label", "watchers", "effort", "state", "loud", "asked_by")

    def get_loud(self, task: Task) -> str:
        return task.title.upper()

    def get_asked_by(self, task: Task) -> str:
        return str(self.context.get("who", ""))

    def validate(self, values: Any) -> Any:
        if values.get("title") == values.get("code") and "title" in values:
            raise serializers.ValidationError("Title and code are the same.")
        return values


class BagSerializer(serializers.ModelSerializer[Bag]):
    class Meta:
        model = Bag
        fields = "__all__"


class LinkedTaskSerializer(serializers.HyperlinkedModelSerializer):
    """By address instead of by key, with a second address of its own."""

    again = serializers.HyperlinkedIdentityField(view_name="linked-detail")

    class Meta:
        model = Task
        fields = (api_settings.URL_FIELD_NAME, "again", "title", "code", "label")
        extra_kwargs = {
            api_settings.URL_FIELD_NAME: {"view_name": "linked-detail"},
            "label": {"view_name": "label-detail"},
        }


class NestedTaskSerializer(serializers.ModelSerializer[Task]):
    """A task that is written together with its label and watchers."""

    label: Any = LabelSerializer(allow_null=True, required=False)
    watchers = LabelSerializer(many=True)

    class Meta:
        model = Task
        fields = ("id", "title", "code", "label", "watchers")

    def create(self, validated_data: Any) -> Task:
        label, watchers = validated_data.pop("label", None), validated_data.pop("watchers")
        if label:
            validated_data["label"] = Label.objects.create(**label)
        task = Task.objects.create(**validated_data)
        task.watchers.set([Label.objects.create(**one) for one in watchers])
        return task


class Several(serializers.ListSerializer[Any]):
    """Many at once, in one statement."""

    def create(self, validated_data: Any) -> Any:
        return Label.objects.bulk_create([Label(**one) for one in validated_data])


class SeveralLabels(serializers.ModelSerializer[Label]):
    class Meta:
        model = Label
        fields = ("id", "name")
        list_serializer_class = Several


class ArticleSerializer(serializers.ModelSerializer[Article]):
    class Meta:
        model = Article
        fields = ("title", "slug", "status", "tags")


class RelicSerializer(serializers.ModelSerializer[Relic]):
    class Meta:
        model = Relic
        fields = ("id", "name", "picture", "doubled")


class ShelfSerializer(serializers.ModelSerializer[Shelf]):
    """A shelf with the shelves in it; who made it is hidden."""

    shelves = serializers.StringRelatedField(many=True, read_only=True)
    made_by = serializers.HiddenField(default="nobody", write_only=True)

    class Meta:
        model = Shelf
        fields = ("id", "name", "inside", "shelves", "made_by")

    def create(self, validated_data: Any) -> Shelf:
        validated_data.pop("made_by")
        return super().create(validated_data)


class SumSerializer(serializers.Serializer[Any]):
    """Of no model."""

    a = serializers.IntegerField(min_value=0, help_text="One of two.")
    b = serializers.DecimalField(max_digits=5, decimal_places=2)
    kind = serializers.ChoiceField(choices=[("plus", "Plus"), ("minus", "Minus")], default="plus")


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username", "email")
