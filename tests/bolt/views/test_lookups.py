"""What an object is named by in a path: any field, any name, typed by the signature."""

import datetime
import enum
import uuid
from typing import Any

import msgspec
import pytest

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.views import ViewSet, action
from ironbolt.testing import TestClient
from tests.project.models import Bag, Label

pytestmark = pytest.mark.row("B04")

ONE = uuid.UUID("12345678123456781234567812345678")


class Colour(enum.Enum):
    RED = "red"


class BagOut(msgspec.Struct):
    """A bag."""

    name: str


def client_of(view: type[ViewSet]) -> TestClient:
    """A client of one view set, below /things."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/things")(view)
    return TestClient(api)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "other", "malformed"),
    [
        ("pk", ONE, uuid.uuid4(), "x"),
        ("key", ONE, uuid.uuid4(), "x"),
        ("slug", "a-bag", "b-bag", None),
        ("name", "A bag", "B", "a%00"),
        ("token", ONE, uuid.uuid4(), "5"),
        ("small", 5, 6, "five"),
        ("day", datetime.date(2024, 2, 29), datetime.date(2024, 3, 1), "2023-02-29"),
        ("label", "red", "blue", None),
    ],
)
def test_rows_are_found_by_any_column(field: str, value: Any, other: Any, malformed: str | None) -> None:
    """The key, a slug, a uuid or any other column; what is nobody's or can't be is a 404, in all four actions."""
    Label.objects.create(name="red")
    column = {"pk": "key", "label": "label_id"}.get(field, field)
    Bag.objects.create(**{"key": ONE, "name": "A bag", column: value})
    view = {"queryset": Bag.objects.all(), "serializer_class": BagOut, "lookup_field": field}
    client = client_of(type("Bags", (ModelViewSet,), view))
    found = client.get(f"/things/{value}")
    assert (found.status_code, found.json()["name"]) == (200, "A bag")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for missing in (other, malformed):
            if missing is not None:
                assert client.request(method, f"/things/{missing}", json={"name": "x"}).status_code == 404
    assert client.patch(f"/things/{value}", json={}).status_code == 200
    assert client.delete(f"/things/{value}").json() == {"deleted": True}


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", ["pk", "id", "slug", "uuid", "order_number"])
@pytest.mark.parametrize(
    ("annotation", "text", "value", "malformed"),
    [
        (int, "5", 5, "x"),
        (str, "a%20b", "a b", None),
        (uuid.UUID, str(ONE), ONE, "5"),
        (datetime.date, "2024-02-29", datetime.date(2024, 2, 29), "2023-02-29"),
        (Colour, "red", Colour.RED, "green"),
    ],
)
def test_any_name_is_typed_by_the_signature(
    name: str, annotation: Any, text: str, value: Any, malformed: str | None, is_async: bool
) -> None:
    """Whatever a handler calls it and says it is, in the actions and in custom ones, is what the handler gets."""
    seen: list[Any] = []

    def handler() -> Any:
        """As ``def retrieve(self, request, NAME: TYPE)`` in a class."""
        head = "async def" if is_async else "def"
        scope: dict[str, Any] = {"seen": seen, "annotation": annotation}
        exec(f"{head} handler(self, request, {name}: annotation): seen.append({name})", scope)
        return scope["handler"]

    more = {"look": action(methods=["GET"], detail=True, path="look")(handler())}
    view = type("Things", (ViewSet,), {"retrieve": handler(), "destroy": handler(), **more})
    client = client_of(view)
    for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/look")):
        assert client.request(method, f"/things/{text}{below}").status_code == 200
        if malformed:
            refused = client.request(method, f"/things/{malformed}{below}")
            assert (refused.status_code, list(refused.json()["error"]["details"])) == (404, [name])
    assert seen == [value] * 3
