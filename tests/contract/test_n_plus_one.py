"""A list that asks the database for each of its rows, through both doors: refused in development, found by tests."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from rest_framework import serializers
from rest_framework.decorators import action as drf_action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from bookstore.catalog.models import Author, Book, Category, Publisher
from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ViewSet, action
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.request import Request
from ironbolt.core import context
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.views import BaseViewSet
from ironbolt.features.nplusone import watching
from ironbolt.testing import TestClient, assert_no_n_plus_one, assert_queries_constant, no_n_plus_one
from tests.project.models import Relic, Shelf

pytestmark = pytest.mark.django_db

Get = Callable[[str], tuple[int, Any]]

TEXT = "This list asks the database again for each of its rows."


class RelicOut(msgspec.Struct):
    """A relic of the Bolt door, filled by code that looks at a relation."""

    name: str
    place: str

    @classmethod
    def from_model(cls, relic: Relic) -> "RelicOut":
        """Ask for the shelf."""
        return cls(relic.name, relic.shelf.name if relic.shelf else "")


class AlikeOut(msgspec.Struct):
    """A relic with a number that is asked for row by row."""

    name: str
    alike: int

    @classmethod
    def from_model(cls, relic: Relic) -> "AlikeOut":
        """Ask for the number."""
        return cls(relic.name, Relic.objects.filter(size=relic.size).count())


class RelicSerializer(serializers.ModelSerializer[Relic]):
    """A relic of the DRF door, one of whose fields lies beyond a relation."""

    place = serializers.CharField(source="shelf.name")

    class Meta:
        model = Relic
        fields = ("name", "place")


class AlikeSerializer(serializers.ModelSerializer[Relic]):
    """The same number."""

    alike = serializers.SerializerMethodField()

    class Meta:
        model = Relic
        fields = ("name", "alike")

    def get_alike(self, relic: Relic) -> int:
        """Ask for the number."""
        return Relic.objects.filter(size=relic.size).count()


def through_bolt(rows: Any, shown: str = "shelf") -> Get:
    """A view set of the Bolt door; ``/relics/named`` and ``/relics/places`` are actions of one's own."""
    struct: Any = {"shelf": RelicOut, "alike": AlikeOut}[shown]

    class Relics(ModelViewSet):
        queryset = rows
        serializer_class = struct
        pagination_class = PageNumberPagination

        @action(methods=["GET"], detail=False)
        def named(self, request: Request) -> Any:
            return self.get_queryset()

        @action(methods=["GET"], detail=False)
        def places(self, request: Request) -> list[str]:
            return [relic.shelf.name for relic in self.get_queryset()]

    api = BoltAPI(info=Info(served=False))
    api.viewset("/relics")(Relics)
    client = TestClient(api)

    def get(path: str) -> tuple[int, Any]:
        answer = client.get(f"/relics{path}")
        return answer.status_code, answer.json()

    return get


def through_drf(rows: Any, shown: str = "shelf") -> Get:
    """The same of the DRF door."""
    serializer = {"shelf": RelicSerializer, "alike": AlikeSerializer}[shown]

    class Relics(BaseViewSet):
        queryset = rows
        serializer_class: Any = serializer
        pagination_class = AppPageNumberPagination
        permission_classes: Any = (AllowAny,)
        authentication_classes = ()

        @drf_action(detail=False)
        def named(self, request: Any) -> Response:
            return Response(self.get_serializer(self.get_queryset(), many=True).data)

        @drf_action(detail=False)
        def places(self, request: Any) -> Response:
            return Response([relic.shelf.name for relic in self.get_queryset()])

    def get(path: str) -> tuple[int, Any]:
        name = path.strip("/")
        view: Any = Relics.as_view({"get": "retrieve" if name.isdigit() else name or "list"})
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            answer = view(APIRequestFactory().get(f"/relics{path}"), **({"pk": name} if name.isdigit() else {}))
        return answer.status_code, msgspec.json.decode(answer.content)

    return get


DOORS = {"drf": through_drf, "bolt": through_bolt}
NAMED = {"drf": r"RelicSerializer\.place", "bolt": r"tests/contract/test_n_plus_one\.py:\d+ in RelicOut\.from_model"}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    """Each door in turn."""
    return str(request.param)


def make_relics(count: int) -> None:
    """So many relics, each on a shelf of its own."""
    for number in range(count):
        Relic.objects.create(name=f"relic {number}", shelf=Shelf.objects.create(name=f"shelf {number}"))


def plain() -> Any:
    """Relics without their shelves."""
    return Relic.objects.order_by("id")


@pytest.mark.row("M10")
@pytest.mark.parametrize("path", ["", "/named"])
def test_development_refuses_a_list_that_grows(door: str, settings, path: str) -> None:
    """The error names the view, the relation, the field that asked and the call to add, in lists of one's own too."""
    settings.DEBUG = True
    make_relics(3)
    get = DOORS[door](plain())
    status, body = get(path)
    assert (status, body["error"]["code"], body["error"]["message"]) == (500, "n_plus_one", TEXT)
    ((text,),) = body["error"]["details"].values()
    assert list(body["error"]["details"]) == ["Relic.shelf"]
    place = path[1:] or "list"
    assert re.match(rf"Relics\.{place}: Relic\.shelf was asked for 3 times, row by row, by {NAMED[door]}", text)
    assert text.endswith('Add select_related("shelf") to the queryset.')


@pytest.mark.row("M10")
def test_development_refuses_a_query_for_each_row(door: str, settings) -> None:
    """A method that asks for a number of its own is named by its line, and told of annotate()."""
    settings.DEBUG = True
    make_relics(3)
    status, body = DOORS[door](plain(), "alike")("")
    assert status == 500
    ((text,),) = body["error"]["details"].values()
    assert ("by AlikeSerializer.alike at " in text) is (door == "drf")
    assert {"drf": "in AlikeSerializer.get_alike.", "bolt": "in AlikeOut.from_model."}[door] in text
    assert "annotate(...)" in text


def test_a_loop_in_an_action_of_ones_own(door: str, settings) -> None:
    """No serializer is needed for it."""
    settings.DEBUG = True
    make_relics(2)
    status, body = DOORS[door](plain())("/places")
    assert (status, body["error"]["code"]) == (500, "n_plus_one")
    assert "Relics.places" in body["error"]["details"]["Relic.shelf"][0]


def test_rows_that_are_read_after_an_async_handler(settings) -> None:
    """What it gave back is read in a database thread, and watched there."""
    settings.DEBUG = True
    make_relics(2)

    class Relics(ViewSet):
        serializer_class = RelicOut

        @action(methods=["GET"], detail=False)
        async def later(self, request: Request) -> Any:
            return plain()

    api = BoltAPI(info=Info(served=False))
    api.viewset("/relics")(Relics)
    assert TestClient(api).get("/relics/later").json()["error"]["code"] == "n_plus_one"


@pytest.mark.row("M10")
def test_what_is_planned_passes(door: str, settings) -> None:
    """With the call that the error asks for the list is answered, in a constant number of queries."""
    settings.DEBUG = True
    make_relics(3)
    get = DOORS[door](plain().select_related("shelf"))
    for path in ("", "/named", "/places"):
        assert get(path)[0] == 200
        assert_queries_constant(make_relics, partial(get, path))


def test_one_row_and_one_object_pass(door: str, settings) -> None:
    """A list of one row asks once, and an object of its own may ask as it must."""
    settings.DEBUG = True
    make_relics(1)
    get = DOORS[door](plain())
    assert get("")[0] == 200
    make_relics(2)
    assert get(f"/{Relic.objects.order_by('id')[0].pk}")[0] == 200


@pytest.mark.row("M10")
def test_production_only_logs_and_tells_no_client(door: str, settings, caplog, monkeypatch) -> None:
    """Each relation of a view once; the answer is the answer."""
    monkeypatch.setattr(watching, "_logged", set())
    make_relics(3)
    get = DOORS[door](plain())
    with caplog.at_level(logging.WARNING, logger="ironbolt.n_plus_one"):
        for _ in range(3):
            assert get("")[0] == 200
    (record,) = (record for record in caplog.records if record.name == "ironbolt.n_plus_one")
    assert "Relic.shelf was asked for 3 times" in record.getMessage()
    assert 'select_related("shelf")' in record.getMessage()
    settings.IRONBOLT = {"N_PLUS_ONE": "raise"}
    status, body = get("")
    assert (status, body["error"]["code"], body["error"]["details"]) == (500, "server_error", {})


@pytest.mark.row("M10")
def test_a_test_can_assert_it(door: str) -> None:
    """By a block or a call; the message is the one of development, whatever the settings say."""
    make_relics(3)
    get, planned = DOORS[door](plain()), DOORS[door](plain().select_related("shelf"))
    with pytest.raises(AssertionError) as caught, no_n_plus_one():
        get("")
    assert str(caught.value).startswith(f"{TEXT}\n- Relics.list: Relic.shelf was asked for 3 times, row by row, by ")
    assert 'Add select_related("shelf") to the queryset.' in str(caught.value)
    with pytest.raises(AssertionError, match=r"Relic\.shelf was asked for"):
        assert_no_n_plus_one(lambda: get("/named"))
    assert assert_no_n_plus_one(lambda: planned(""))[0] == 200


def test_one_request_after_the_other_is_no_loop(door: str) -> None:
    """Objects that are asked for one by one, or lists of one row, repeat nothing."""
    make_relics(3)
    get = DOORS[door](plain())
    with no_n_plus_one():
        for relic in plain():
            assert get(f"/{relic.pk}")[0] == 200


@pytest.mark.row("M10")
@pytest.mark.parametrize("path", ["/api/v1/books/", "/api/v2/books"])
def test_the_lists_of_the_shop_take_the_same_queries_for_any_number_of_books(path: str) -> None:
    """With authors, publishers and categories; each book has its own."""
    from bookstore.project.asgi import application

    client = TestClient(application)

    def make_books(count: int) -> None:
        for number in range(Book.objects.count(), Book.objects.count() + count):
            author = Author.objects.create(last_name=f"Author {number}")
            publisher = Publisher.objects.create(name=f"Publisher {number}")
            facts = {"title": f"Book {number}", "isbn": f"978{number:010}", "price": 1}
            book = Book.objects.create(author=author, publisher=publisher, **facts)
            book.categories.add(Category.objects.create(name=f"Category {number}", slug=f"c{number}"))

    def get() -> None:
        assert client.get(path).status_code == 200

    assert_queries_constant(make_books, get, rows=(2, 8))
    assert_no_n_plus_one(get)


@pytest.mark.row("M10")
def test_a_test_can_compare_the_queries(door: str) -> None:
    """The message says how many there were, which ones were added, and the mend."""
    get, planned = DOORS[door](plain()), DOORS[door](plain().select_related("shelf"))
    assert_queries_constant(make_relics, lambda: planned(""))
    with pytest.raises(AssertionError) as caught:
        assert_queries_constant(make_relics, lambda: get(""), rows=(1, 4))
    first, added, summary, *_ = str(caught.value).splitlines()
    assert first.startswith("With 1 rows there were ")
    assert added.startswith("  +")
    assert 'FROM "testproject_shelf"' in added
    assert summary == TEXT
    assert 'Add select_related("shelf")' in str(caught.value)
