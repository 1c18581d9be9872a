"""Lists of items and keys, and the choice of the mode."""

from types import SimpleNamespace
from typing import Any

import pytest

from ironbolt.core.errors import ValidationFailed
from ironbolt.features.bulk import keys_in, listed, mode_of, most_of
from ironbolt.features.bulk.payload import name_of_key
from ironbolt.features.bulk.uniqueness import unique_sets
from tests.project.models import Bag, Chore, Task


def test_items_know_their_place() -> None:
    """An item knows its index, and its path in the body."""
    assert [(item.index, item.path, item.sent) for item in listed(["a", "b"], 5)] == [(0, "0", "a"), (1, "1", "b")]
    assert [item.path for item in keys_in({"ids": [7, 8]}, 5)] == ["ids.0", "ids.1"]


@pytest.mark.parametrize("asked", ["true", "1", "yes", "on", "True"])
def test_mode_that_is_asked_for(asked: str) -> None:
    """A client chooses in the words of any other switch."""
    view = SimpleNamespace(bulk_partial=False)
    assert mode_of(view, asked) is True
    assert mode_of(view, None) is False
    assert mode_of(SimpleNamespace(bulk_partial=True), "off") is False


def test_mode_that_is_none() -> None:
    """Anything else is invalid, under the name of the parameter."""
    with pytest.raises(ValidationFailed) as caught:
        mode_of(SimpleNamespace(bulk_partial=False), "perhaps")
    assert list(caught.value.details) == ["partial"]


def test_cap_is_that_of_the_view_or_of_the_settings(settings: Any) -> None:
    """A thousand, unless somebody says otherwise."""
    settings.IRONBOLT = {}
    assert most_of(SimpleNamespace(max_bulk_size=None)) == 1000
    settings.IRONBOLT = {"MAX_BULK_SIZE": 7}
    assert most_of(SimpleNamespace(max_bulk_size=None)) == 7
    assert most_of(SimpleNamespace(max_bulk_size=3)) == 3


def test_key_is_called_as_clients_know_it() -> None:
    """The public name of a key; for a row of several tables that of its parent's."""
    assert name_of_key(Task._meta.pk, {"id": "number"}) == "number"
    assert name_of_key(Task._meta.pk, {}) == "id"
    assert name_of_key(Task._meta.pk, {"pk": "pk"}) == "pk"
    assert name_of_key(Chore._meta.pk, {"id": "id"}) == "id"
    assert name_of_key(Bag._meta.pk, {}) == "key"


def test_unique_values_of_a_model() -> None:
    """Columns that are unique alone or together; what only the database can judge is not among them."""
    assert {tuple(field.name for field in fields) for fields in unique_sets(Task)} == {
        ("id",),
        ("code",),
        ("title", "owner_id"),
    }
    assert [[field.name for field in fields] for fields in unique_sets(Bag)] == [["key"]]
