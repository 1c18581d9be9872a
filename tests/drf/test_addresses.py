"""Keys in addresses."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import models
from django.http import Http404
from django.test.utils import isolate_apps

from ironbolt.drf.addresses import check_key
from tests.project.models import Bag, Task


def view_of(model: Any, lookup: str, key: Any) -> Any:
    """What is known of a view by its address."""
    rows = SimpleNamespace(model=model)
    return SimpleNamespace(kwargs={lookup: key}, lookup_url_kwarg=None, lookup_field=lookup, queryset=rows)


@pytest.mark.parametrize(
    ("model", "lookup", "key"),
    [
        (Task, "pk", "7"),
        (Task, "pk", "-7"),
        (Task, "pk", 7),
        (Task, "code", "anything"),
        (Task, "label__name", "anything"),
        (Bag, "small", "12"),
        (Bag, "key", "9f0c8f2e-6a3c-4a4e-9d44-1f6f0d7f6c55"),
        (None, "pk", "anything"),
    ],
)
def test_what_may_name_a_row_is_looked_for(model: Any, lookup: str, key: Any) -> None:
    """Whether there is such a one is for the database to say."""
    check_key(view_of(model, lookup, key))


@pytest.mark.parametrize(
    ("model", "lookup", "key"),
    [(Task, "pk", "1_0"), (Task, "pk", "-"), (Task, "code", "\0"), (Bag, "small", "x"), (Bag, "key", "1")],
)
def test_what_names_no_row_is_not_found(model: Any, lookup: str, key: str) -> None:
    """Without a question to the database, which might stumble over it."""
    with pytest.raises(Http404):
        check_key(view_of(model, lookup, key))


@isolate_apps("tests.project")
def test_a_column_of_a_projects_own_class_reads_keys_itself() -> None:
    """Its numbers may be written in letters."""

    class Hashed(models.IntegerField):  # type: ignore[type-arg, unused-ignore]  # as a user writes it
        """A number that addresses show as a hash."""

    class Reference(models.Model):
        """What has such a number."""

        number = Hashed()

        class Meta:
            app_label = "testproject"

        def __str__(self) -> str:
            return str(self.number)

    check_key(view_of(Reference, "number", "x7Yz"))
