"""What a path leads to."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count

from ironbolt.core.filtering import column_of
from tests.project.models import Bag, Chore, Label, Receipt, Task


@pytest.mark.parametrize(
    ("model", "path", "facts"),
    [
        (Task, "title", {"path": "title", "lookup": "exact", "nullable": False, "many": False}),
        (Task, "title__icontains", {"path": "title", "lookup": "icontains"}),
        (Task, "pk__in", {"path": "pk", "lookup": "in", "relation": False}),
        (Task, "label", {"path": "label", "relation": True, "nullable": True, "many": False}),
        (Task, "label_id__in", {"path": "label_id", "lookup": "in", "relation": True}),
        (Task, "label__name", {"path": "label__name", "relation": False, "nullable": True}),
        (Task, "watchers__in", {"relation": True, "many": True}),
        (Label, "tasks__title__exact", {"path": "tasks__title", "many": True, "nullable": True}),
        (Label, "bags__label__tasks", {"relation": True, "many": True}),
        (Receipt, "chore__task_ptr__title", {"many": False, "nullable": False}),
        (Chore, "receipt__title", {"many": False, "nullable": True}),
        (Bag, "day__year__gte", {"path": "day__year", "lookup": "gte", "transformed": True}),
        (Bag, "instant__date", {"path": "instant__date", "lookup": "exact", "transformed": True}),
        (Bag, "facts__size__icontains", {"path": "facts__size", "lookup": "icontains"}),
        (Bag, "facts__contains", {"path": "facts", "lookup": "contains", "transformed": False}),
    ],
)
def test_where_a_path_leads(model: Any, path: str, facts: dict[str, Any]) -> None:
    """Relations, transforms and the lookup are told apart, and what is met on the way is known."""
    found = column_of(model, path, "here")
    assert {name: getattr(found, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("model", "path", "field"),
    [
        (Task, "label", "BigAutoField"),
        (Bag, "label", "CharField"),
        (Task, "watchers", "BigAutoField"),
        (Receipt, "chore", "BigAutoField"),
        (Label, "bags", "UUIDField"),
        (Bag, "instant__date", "DateField"),
        (Bag, "instant__hour", "IntegerField"),
    ],
)
def test_values_of_a_path(model: Any, path: str, field: str) -> None:
    """A relation is compared with the key that it points to, a transform with what it gives."""
    assert column_of(model, path, "here").field.get_internal_type() == field


def test_annotations_are_columns() -> None:
    """What rows are annotated with has the type of its expression, and is listed where a name is unknown."""
    annotated = Task.objects.annotate(watching=Count("watchers")).query.annotations
    assert column_of(Task, "watching__gte", "here", annotated).field.get_internal_type() == "IntegerField"
    with pytest.raises(ImproperlyConfigured, match=r"here: Task has no field 'wat'; it has .*watching"):
        column_of(Task, "wat", "here", annotated)
