"""Lists of keys that clients send."""

import uuid
from typing import Any

import pytest

from ironbolt.core.errors import ValidationFailed
from ironbolt.core.keys import key_schema, keys_schema, possible_keys, read_keys
from tests.newsroom.models import Interview, Page
from tests.project.models import Task


def faults(body: Any, model: Any = Task, limit: int = 3) -> dict[str, list[str]]:
    """What is wrong with a body."""
    with pytest.raises(ValidationFailed) as caught:
        read_keys(body, model, limit)
    return caught.value.details


def test_keys_are_read_once_each_in_their_order() -> None:
    """As numbers where the key is one, from texts too, as forms send them."""
    assert read_keys({"ids": [3, "1", 3]}, Task, 3) == [3, 1]
    key = uuid.uuid4()
    assert read_keys({"ids": [str(key)]}, Page, 3) == [key]


def test_the_key_of_a_child_is_that_of_its_parent() -> None:
    """A row with a parent's row has a number for its key."""
    assert read_keys({"ids": [3]}, Interview, 3) == [3]
    assert faults({"ids": ["x"]}, Interview) == {"ids.0": ["A valid integer is required."]}


@pytest.mark.parametrize("body", [None, [], "ids", 3])
def test_a_body_that_is_no_object(body: Any) -> None:
    """It has no keys."""
    assert faults(body) == {"non_field_errors": ["Expected an object."]}


def test_faults_are_told_by_their_place() -> None:
    """Each of a list, and the list itself."""
    assert faults({}) == {"ids": ["This field is required."]}
    assert faults({"ids": None}) == {"ids": ["This field may not be null."]}
    assert faults({"ids": "1"}) == {"ids": ["Expected a list of items."]}
    assert faults({"ids": []}) == {"ids": ["Send at least one item."]}
    assert faults({"ids": [1, 2, 3, 4]}) == {"ids": ["No more than 3 items are taken at once."]}
    assert faults({"ids": [1, True, "²"]}) == {f"ids.{at}": ["A valid integer is required."] for at in (1, 2)}
    assert faults({"ids": ["x", 1, "nul\0"]}, Page) == {f"ids.{at}": ["Must be a valid UUID."] for at in range(3)}


def test_keys_that_no_column_holds_are_none_of_a_row() -> None:
    """They would make a database stumble."""
    assert possible_keys(Task, [1, 2**63 - 1, 2**63, 10**30]) == [1, 2**63 - 1]


def test_keys_are_described() -> None:
    """In the words of JSON Schema."""
    assert key_schema(Interview) == {"type": "integer"}
    items = {"type": "string", "format": "uuid"}
    ids = {"type": "array", "items": items, "minItems": 1, "maxItems": 5}
    assert keys_schema(Page, 5) == {"type": "object", "required": ["ids"], "properties": {"ids": ids}}
