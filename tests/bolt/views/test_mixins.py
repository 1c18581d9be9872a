"""The five mixins over plain data: in both spellings, each alone, sync and async."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.views import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin, ViewSet
from ironbolt.testing import TestClient

pytestmark = pytest.mark.row("B08")

Item = dict[str, Any]
MIXINS: dict[type, list[tuple[str, str]]] = {
    ListMixin: [("GET", "")],
    RetrieveMixin: [("GET", "/1")],
    CreateMixin: [("POST", "")],
    UpdateMixin: [("PUT", "/1"), ("PATCH", "/1")],
    DestroyMixin: [("DELETE", "/1")],
}
STATUS = {"POST": 201}


class Store:
    """Plain data behind plain methods."""

    kept: dict[int, Item]
    lookup_field = "id"

    def get_queryset(self) -> Any:
        """All of it."""
        return list(self.kept.values())

    def get_object(self, id: int) -> Item:  # noqa: A002 - so it is called in the path
        """One of it."""
        if id not in self.kept:
            raise NotFound
        return self.kept[id]

    def create_object(self, data: Any) -> Item:
        """One more."""
        item = {"id": len(self.kept) + 1, **data}
        self.kept[item["id"]] = item
        return item

    def update_object(self, instance: Item, data: Any) -> Item:
        """Another."""
        instance |= data
        return instance

    def delete_object(self, instance: Item) -> None:
        """One less."""
        del self.kept[instance["id"]]


class AwaitedStore(Store):
    """The same, each method a coroutine function."""

    async def get_queryset(self) -> Any:
        return super().get_queryset()

    async def get_object(self, **kwargs: Any) -> Item:  # type: ignore[override]  # as the guide writes it
        return super().get_object(int(kwargs["id"]))

    async def create_object(self, data: Any) -> Item:  # type: ignore[override]  # a coroutine
        return super().create_object(data)

    async def update_object(self, instance: Item, data: Any) -> Item:  # type: ignore[override]  # a coroutine
        return super().update_object(instance, data)

    async def delete_object(self, instance: Item) -> None:  # type: ignore[override]  # a coroutine
        super().delete_object(instance)


def by_method(view: Any) -> BoltAPI:
    """get, post and so on: registered under the path of the collection and under that of its objects."""
    api = BoltAPI(info=Info(served=False))
    collection = any(issubclass(view, mixin) for mixin in (ListMixin, CreateMixin))
    detail = any(issubclass(view, mixin) for mixin in (RetrieveMixin, UpdateMixin, DestroyMixin))
    if collection:
        api.view("/items")(view)
    if detail:
        api.view("/items/{id}")(view)
    return api


def by_action(view: Any) -> BoltAPI:
    """list, create and so on: registered once."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/items")(view)
    return api


both_spellings = pytest.mark.parametrize("build", [by_method, by_action])
both_stores = pytest.mark.parametrize("store", [Store, AwaitedStore])


def view_of(store: type[Store], *mixins: type, mixins_last: bool = False) -> Any:
    """A view set over a store of its own; its mixins stand in front of ViewSet, or behind it as in the guide."""
    bases = (store, ViewSet, *mixins) if mixins_last else (store, *mixins, ViewSet)
    return type("Items", bases, {"kept": {1: {"id": 1, "name": "one"}}})


@both_spellings
@both_stores
@pytest.mark.parametrize("mixins_last", [False, True])
def test_five_over_plain_data(build: Callable[[Any], BoltAPI], store: type[Store], mixins_last: bool) -> None:
    """Each of the five does its part by the overridden methods, whether these are awaited or not."""
    client = TestClient(build(view_of(store, *MIXINS, mixins_last=mixins_last)))
    assert client.get("/items").json() == [{"id": 1, "name": "one"}]
    created = client.post("/items", json={"name": "two"})
    assert (created.status_code, created.json()) == (201, {"id": 2, "name": "two"})
    assert client.get("/items/2").json() == {"id": 2, "name": "two"}
    assert client.put("/items/2", json={"name": "three"}).json() == {"id": 2, "name": "three"}
    assert client.patch("/items/2", json={"more": 1}).json() == {"id": 2, "name": "three", "more": 1}
    deleted = client.delete("/items/2")
    assert (deleted.status_code, deleted.json()) == (200, {"deleted": True})
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/items/2", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert client.get("/items").json() == [{"id": 1, "name": "one"}]


@both_spellings
@pytest.mark.parametrize("mixin", MIXINS)
def test_each_alone(build: Callable[[Any], BoltAPI], mixin: type) -> None:
    """One mixin routes its own methods and no other."""
    api = build(view_of(Store, mixin))
    mine = MIXINS[mixin]
    assert sorted(route.method for route in api.routes()) == sorted(method for method, _ in mine)
    client = TestClient(api)
    for method, below in mine:
        assert client.request(method, f"/items{below}", json={"name": "x"}).status_code == STATUS.get(method, 200)
    others = {(method, below) for pairs in MIXINS.values() for method, below in pairs} - set(mine)
    for method, below in others:
        assert client.request(method, f"/items{below}", json={}).status_code in (404, 405)


@both_spellings
def test_a_struct_holds_for_plain_data_too(build: Callable[[Any], BoltAPI]) -> None:
    """With a Struct for writes the body is validated by it, and reaches the methods as it."""

    class ItemIn(msgspec.Struct):
        name: str

    view = view_of(Store, *MIXINS)
    view.create_serializer_class = ItemIn
    view.create_object = lambda self, data: {"made": type(data).__name__, "name": data.name}
    client = TestClient(build(view))
    assert client.post("/items", json={"name": "two"}).json() == {"made": "ItemIn", "name": "two"}
    for body in ({"name": 1}, {}):
        answer = client.post("/items", json=body)
        assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["name"])


@pytest.mark.parametrize("is_async", [False, True])
def test_a_method_of_ones_own_goes_before_the_mixin(is_async: bool) -> None:
    """Where a class has a get of its own the mixin leaves GET to it, which may still ask the mixin's action."""
    view = view_of(Store, ListMixin, CreateMixin)

    def get(self: Any, request: Any) -> Any:
        return {"items": self.list(request)}

    async def get_later(self: Any, request: Any) -> Any:
        return {"items": await self.list(request)}

    view.get = get_later if is_async else get
    client = TestClient(by_method(view))
    assert client.get("/items").json() == {"items": [{"id": 1, "name": "one"}]}
    assert client.post("/items", json={"name": "two"}).status_code == 201


@both_spellings
@pytest.mark.parametrize(
    ("mixin", "missing"),
    [
        (ListMixin, "get_queryset"),
        (RetrieveMixin, "get_object"),
        (CreateMixin, "create_object"),
        (UpdateMixin, "update_object"),
        (DestroyMixin, "delete_object"),
    ],
)
def test_what_nobody_has_written_is_refused_at_start(
    build: Callable[[Any], BoltAPI], mixin: type, missing: str
) -> None:
    """Over no model a mixin needs the method that it goes by."""
    own = {} if mixin in (ListMixin, RetrieveMixin) else {"get_object": Store.get_object}
    view = type("Items", (mixin, ViewSet), {"lookup_field": "id", **own})
    with pytest.raises(ImproperlyConfigured, match=rf"Items has .*{missing}\(\)"):
        build(view).routes()


@both_stores
def test_get_object_says_what_the_path_holds(store: type[Store]) -> None:
    """Its annotation is the type of the lookup, its parameter the name where nobody else says one."""

    class Named(store):  # type: ignore[valid-type,misc]  # one of two
        lookup_field = "pk"

        def get_object(self, number: int) -> Item:
            return {"got": number}

    api = by_action(view_of(Named, RetrieveMixin))
    assert [route.path for route in api.routes()] == ["/items/{number}"]
    client = TestClient(api)
    assert client.get("/items/5").json() == {"got": 5}
    wrong = client.get("/items/x")
    assert (wrong.status_code, wrong.json()["error"]["details"]) == (404, {"number": ["A valid integer is required."]})
