"""Tests of Structs as what a client sends: renamed, keyword-only, with names of the model's."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from ironbolt.bolt.structs.cleaning import clean
from ironbolt.bolt.structs.fields import public_names, sent, source, source_of
from ironbolt.bolt.structs.forms import patch_form, put_form
from ironbolt.core.errors import ValidationFailed
from tests.project.models import Task


class Camel(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """A task in the client's own words."""

    task_title: Annotated[str, source("title")]
    code: str = msgspec.field(name="shortCode")
    owner_id: str = msgspec.field(default="me", name="OWNER")
    label_id: int | None = None
    watcher_ids: Annotated[list[int], source("watchers")] | UnsetType = UNSET


def decode(form: type[msgspec.Struct], text: str) -> dict[str, Any]:
    """What a client sent, by the model's names."""
    return sent(msgspec.json.decode(text, type=form))


def test_put_takes_required_fields_and_what_was_sent() -> None:
    """A default is the model's business: what was left out is left alone."""
    body = '{"taskTitle": "a", "shortCode": "b"}'
    assert decode(put_form(Camel), body) == {"title": "a", "code": "b"}
    with pytest.raises(msgspec.ValidationError, match="shortCode"):
        decode(put_form(Camel), '{"taskTitle": "a"}')


def test_patch_takes_what_was_sent() -> None:
    """Presence decides, and null is a value."""
    assert decode(patch_form(Camel), "{}") == {}
    assert decode(patch_form(Camel), '{"labelId": null, "watcherIds": []}') == {"label_id": None, "watchers": []}


@pytest.mark.parametrize("form", [put_form, patch_form])
def test_names_of_the_client_are_kept(form: Any) -> None:
    """Renaming holds for optional fields too, be it by rule or one by one."""
    names = {field.encode_name for field in msgspec.structs.fields(form(Camel))}
    assert names == {"taskTitle", "shortCode", "OWNER", "labelId", "watcherIds"}
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        decode(form(Camel), '{"taskTitle": "a", "shortCode": "b", "owner_id": "c"}')


def test_faults_are_told_in_the_words_of_the_client() -> None:
    """The model's faults come under the names that the client sent."""
    data = msgspec.json.decode('{"taskTitle": " ", "OWNER": "%s"}' % ("x" * 41), type=patch_form(Camel))
    with pytest.raises(ValidationFailed) as caught:
        clean(data, Task)
    assert set(caught.value.details) == {"taskTitle", "OWNER"}


def test_public_names_cover_relations_and_keys() -> None:
    """A relation is known by the name that its key was sent under."""
    assert public_names(Camel, Task) == {
        "title": "taskTitle",
        "code": "shortCode",
        "owner_id": "OWNER",
        "label_id": "labelId",
        "label": "labelId",
        "watchers": "watcherIds",
    }


def test_source_is_found_in_any_annotation() -> None:
    """Beside other metadata, nested, or in one branch of a union."""

    class Shapes(msgspec.Struct):
        plain: int
        nested: Annotated[Annotated[int, source("a")], msgspec.Meta(ge=1)]
        branch: Annotated[int, source("b")] | None

    assert [source_of(field) for field in msgspec.structs.fields(Shapes)] == ["plain", "a", "b"]
