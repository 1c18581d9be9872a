"""Tests of Structs that are declared by a model: which fields they get, and what is refused."""

from __future__ import annotations

import datetime
import typing
from typing import Annotated, Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from msgspec import UNSET, UnsetType

from ironbolt.bolt.structs import ModelInput, ModelStruct, computed, source
from ironbolt.bolt.structs.forms import patch_form, put_form
from ironbolt.bolt.structs.reading import row_reader
from tests.project.models import Bag, Label, Person, Relic, Shelf, Task


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["id", "name"]


class RelicOut(ModelStruct, rename="camel"):
    """A relic, with a word in its body that is only known as text there."""

    class Meta:
        model = Relic
        fields = ["id", "name", "shelf", "insurance", "labels", "sign", "line"]

    labels: list[LabelOut]
    shelf_name: Annotated[str | None, source("shelf.name")]
    seen: Annotated[datetime.date, source("seen_on")]

    @computed
    @staticmethod
    def line(name: str, size: int, place: Annotated[str | None, source("shelf.name")]) -> str:
        return f"{name} ({size}) on {place}"


class RelicIn(ModelInput):
    """A relic as it is written."""

    class Meta:
        model = Relic
        exclude = ["email"]


def types(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Field → type, without what only the description says."""
    hints = typing.get_type_hints(struct)
    return {name: hints[name] for name in struct.__struct_fields__}


def test_fields_stand_in_the_order_of_the_declaration() -> None:
    """Those of ``Meta.fields`` first, what the body has among them in their place, then the rest of the body."""
    names = ("id", "name", "shelf", "insurance", "labels", "sign", "line", "shelf_name", "seen")
    assert RelicOut.__struct_fields__ == names
    assert RelicOut.__struct_encode_fields__ == (*names[:7], "shelfName", "seen")


def test_types_come_from_the_model() -> None:
    """Columns give theirs, relations that of the key, a property the one it is annotated with."""
    found = types(RelicOut)
    assert found["id"] is int
    assert found["shelf"] == int | None
    assert found["insurance"] == int | None
    assert found["labels"] == list[LabelOut]
    assert found["sign"] is str
    assert found["line"] is str


def test_all_fields_leave_out_secrets_and_what_the_body_nests() -> None:
    """All is every column and many-to-many relation, but a secret only shows when it is named."""

    class All(ModelStruct):
        class Meta:
            model = Relic
            fields = "__all__"

        shelf: Annotated[int | None, msgspec.Meta(description="Where it lies.")]

    class Bare(ModelStruct):
        class Meta:
            model = Person
            exclude = ["id"]

    class Named(ModelStruct):
        class Meta:
            model = Person
            fields = ["password"]

    assert "inventory_key" not in All.__struct_fields__
    assert "shelf_id" not in All.__struct_fields__
    assert {"shelf", "labels", "doubled"} <= set(All.__struct_fields__)
    assert All.__struct_fields__[-2:] == ("shelf", "labels")
    assert Bare.__struct_fields__ == ("name",)
    assert Named.__struct_fields__ == ("password",)


def test_the_description_knows_choices_and_that_computed_fields_are_read_only() -> None:
    """The schema of a declared Struct tells what its types can't."""

    class Described(ModelStruct):
        class Meta:
            model = Bag
            fields = ["level"]

        @computed
        @staticmethod
        def shown(level: int | None) -> str | None:
            return str(level)

    properties = msgspec.json.schema(Described)["$defs"]["Described"]["properties"]
    assert properties["level"]["anyOf"][0] == {"type": "integer", "enum": [1, 2]}
    assert properties["shown"]["readOnly"] is True


def test_a_declared_struct_is_a_struct() -> None:
    """It is built, compared and encoded as any other, by its base and by what is derived from it."""

    class Longer(LabelOut):
        note: str = ""

    made: Any = Longer  # what is derived, a type checker does not know
    label = made(1, "home", "x")
    assert isinstance(label, LabelOut)
    assert isinstance(label, msgspec.Struct)
    assert msgspec.json.encode(label) == b'{"id":1,"name":"home","note":"x"}'
    assert label == made(id=1, name="home", note="x")


def test_meta_is_inherited_and_extended() -> None:
    """A Struct below another has its fields, its model, and those that its own ``Meta`` adds."""

    class Longer(RelicOut):
        class Meta(RelicOut.Meta):
            fields = ["name", "size"]

    class Shorter(LabelOut):
        class Meta:
            fields = ["tasks"]

    assert Longer.__struct_fields__ == (*RelicOut.__struct_fields__, "size")
    assert types(Shorter)["tasks"] == list[int]


def test_an_input_has_what_a_client_may_send() -> None:
    """Defaults and blanks make a field optional; what keeps itself, is computed or is a file is none."""
    assert types(RelicIn) == {
        "name": str,
        "size": int | UnsetType,
        "found": str | UnsetType,
        "seal": bytes | UnsetType | None,
        "site": str | UnsetType,
        "address": str | UnsetType | None,
        "shelf_id": int | UnsetType | None,
        "labels": list[int] | UnsetType,
    }
    assert RelicIn(name="Cup").labels is UNSET
    with pytest.raises(TypeError, match="name"):
        RelicIn()


def test_forms_of_an_input_are_still_that_input() -> None:
    """A hook may ask for the class it knows, whatever the method."""
    assert isinstance(msgspec.json.decode(b"{}", type=patch_form(RelicIn)), RelicIn)
    assert isinstance(msgspec.json.decode(b'{"name": "Cup"}', type=put_form(RelicIn)), RelicIn)


def declare(base: Any = ModelStruct, body: dict[str, Any] | None = None, **meta: Any) -> Any:
    """Declare a Struct named ``Out``."""
    namespace = {"__module__": __name__, "Meta": type("Meta", (), meta)}
    functions = {name: value for name, value in (body or {}).items() if callable(getattr(value, "function", None))}
    annotations = {name: value for name, value in (body or {}).items() if name not in functions}
    return type(base)("Out", (base,), {**namespace, **functions, "__annotations__": annotations})


def _colour(colour: str) -> str:
    return colour


def _default(title: str = "x") -> str:
    return title


def _untyped(title):
    return title


@pytest.mark.parametrize(
    ("meta", "body", "reason"),
    [
        ({"fields": ["titel"]}, {}, r"Out.Meta.fields: Task has no 'titel'. It has: id, title, code"),
        ({"exclude": ["titel"]}, {}, r"Out.Meta.exclude: Task has no 'titel'. It has: id"),
        ({"fields": "title"}, {}, r"Out.Meta.fields must be a list of names"),
        ({"fields": ["id"], "exclude": ["id"]}, {}, "one of them says it all"),
        ({"fields": ["id"], "order": 1}, {}, r"Out.Meta has order. It takes: model, fields"),
        ({}, {}, r"Out.Meta.fields is missing"),
        ({}, {"titel": str}, r"Out.titel: Task has no 'titel'. It has: id, .*source\('titel'\)"),
        ({}, {"label": str}, r"Out.label: the model may have nothing there; add None"),
        ({}, {"label": LabelOut}, r"Out.label: the model may have nothing there"),
        ({}, {"label": LabelOut | None, "watchers": LabelOut}, r"Out.watchers: 'watchers' of Task leads to many"),
        ({}, {"label": list[LabelOut]}, r"Out.label: 'label' of Task leads to one at most"),
        ({}, {"label": RelicOut | None}, r"RelicOut is about Relic, and was given rows of Label"),
        ({}, {"a": Annotated[str, source("label.colour")]}, r"Out.a: Label has no 'colour'. It has: id, name"),
        ({}, {"a": Annotated[str, source("owner.name")]}, r"Out.a: Task has no relation 'owner'"),
        ({}, {"a": Annotated[list[str], source("watchers.name")]}, r"'watchers' of Task leads to many; nest a Struct"),
        ({}, {"a": Annotated[str | None, source("label.name")], "b": Annotated[str, source("delete")]}, "changes data"),
        ({}, {"a": Annotated[str, source("label.name")]}, r"Out.a: the model may have nothing there"),
        ({}, {"a": computed(_colour)}, r"Out.a: it is computed of 'colour', which is no column. Task has: id"),
    ],
)
def test_what_the_model_lacks_is_refused_at_once(meta: Any, body: Any, reason: str) -> None:
    """A slip is told where the class stands, by its name and with what there is."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        declare(model=Task, body=body, **meta)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["id"], "'id': the database gives every row its key"),
        (["doubled"], "'doubled': the database computes it"),
        (["changed_at"], "'changed_at': it keeps itself"),
        (["cleaned"], "'cleaned': the model says editable=False"),
        (["picture"], "'picture': a file comes as a form"),
        (["insurance"], "'insurance': Relic holds no key of it"),
        (["colour"], "Relic has no 'colour'. What can be written: name, size"),
    ],
)
def test_what_nobody_can_send_is_refused_in_an_input(names: list[str], reason: str) -> None:
    """An input says why a field can't be one."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        declare(ModelInput, model=Relic, fields=names)


def test_what_nobody_can_send_is_refused_in_the_body_of_an_input() -> None:
    """A field beyond a relation and a computed one are for reading only."""
    with pytest.raises(ImproperlyConfigured, match=r"Out.a: no client can send it: it lies beyond a relation"):
        declare(ModelInput, {"a": Annotated[str, source("shelf.name")]}, model=Relic, fields=["name"])
    with pytest.raises(ImproperlyConfigured, match=r"Out.a: it is computed"):
        declare(ModelInput, {"a": computed(len_of)}, model=Relic, fields=["name"])


def len_of(name: str) -> int:
    """How long a name is."""
    return len(name)


@pytest.mark.parametrize(
    ("function", "reason"), [(_default, "no plain parameter"), (_untyped, "needs a type"), (lambda: 1, "needs a type")]
)
def test_a_computed_field_says_what_it_needs_and_gives(function: Any, reason: str) -> None:
    """Parameters are columns, the answer has a type."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        computed(function)


def test_meta_needs_a_model() -> None:
    """Without one there is nothing to derive from."""
    with pytest.raises(ImproperlyConfigured, match=r"Out.Meta.model must be a model"):
        declare(fields=["id"])


class ShelfOut(ModelStruct):
    """A shelf, those in it, and the one it is in."""

    class Meta:
        model = Shelf
        fields = ["name"]
        depth = 1

    shelves: list[ShelfOut] | UnsetType = UNSET
    inside: ShelfOut | UnsetType | None = UNSET


class EndlessOut(ModelStruct):
    """A shelf that never says when to stop."""

    class Meta:
        model = Shelf
        fields = ["name"]

    inside: EndlessOut | None


class CertainOut(ModelStruct):
    """A shelf whose shelves must be there, even below the last level."""

    class Meta:
        model = Shelf
        depth = 1

    shelves: list[CertainOut]


@pytest.mark.django_db
def test_a_struct_may_contain_itself_to_a_depth(django_assert_num_queries) -> None:
    """Below the last level the field is left out, and no query is spent on it."""
    top = Shelf.objects.create(name="hall")
    middle = Shelf.objects.create(name="case", inside=top)
    Shelf.objects.create(name="tray", inside=middle)
    reader = row_reader(ShelfOut, Shelf)
    with django_assert_num_queries(2):
        found = [reader.read(row) for row in reader.prepare(Shelf.objects.order_by("id"))]
    assert msgspec.to_builtins(found)[1] == {
        "name": "case",
        "shelves": [{"name": "tray"}],
        "inside": {"name": "hall"},
    }


def test_a_struct_that_contains_itself_without_end_is_refused() -> None:
    """It must say how deep it goes, and be able to end there."""
    with pytest.raises(ImproperlyConfigured, match=r"EndlessOut.inside: .* say how many levels of it in Meta: depth"):
        row_reader(EndlessOut, Shelf)
    with pytest.raises(
        ImproperlyConfigured, match=r"CertainOut.shelves: below 1 levels of CertainOut this is left out"
    ):
        row_reader(CertainOut, Shelf)


class LostOut(ModelStruct):
    """A shelf with a type that is nowhere."""

    class Meta:
        model = Shelf

    shelves: list[Nowhere]  # type: ignore[name-defined]  # noqa: F821 - what the test is about


def test_a_type_that_is_nowhere_is_told_at_the_start() -> None:
    """Quotes may name what is defined below, but it has to be there when the Struct is used."""
    with pytest.raises(ImproperlyConfigured, match=r"LostOut: .*Nowhere.* looked up in the module"):
        row_reader(LostOut, Shelf)


def test_fields_are_known_to_a_type_checker() -> None:
    """What the body says has its type, what is derived is anything."""

    def year(relic: RelicOut) -> int:
        return relic.seen.year + len(relic.line.upper()) + int(relic.id)

    made: Any = RelicOut
    assert year(made(1, "cup", None, None, [], "CUP", "cup", None, datetime.date(2024, 1, 1))) == 2028
