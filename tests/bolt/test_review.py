"""Tests of guards that were dropped, rows that could be reached, cursors that could not be read."""

import asyncio
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.db.models import Avg
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from msgspec import UNSET, Struct, UnsetType

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet, ViewSet, action, override
from ironbolt.bolt.auth import SessionAuthentication
from ironbolt.bolt.guards import IsStaff
from ironbolt.bolt.pagination import CursorPagination, PageNumberPagination
from ironbolt.bolt.structs import ModelInput, ModelStruct
from ironbolt.testing import TestClient
from tests.project.models import Article, Label, Task


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["id", "name"]


class ArticleOut(ModelStruct):
    """An article."""

    class Meta:
        model = Article
        fields = ["id", "title"]


def _api() -> BoltAPI:
    return BoltAPI(info=Info(served=False), auth=[SessionAuthentication()])


def test_override_holds_on_actions_and_functions() -> None:
    """Guards named by @override count wherever it stands; what a registration says itself goes before them."""
    api = _api()

    @api.viewset("/a")
    class A(ViewSet):
        @action(methods=["POST"], detail=False)
        @override(guards=[IsStaff()])
        def below(self, request: Any) -> int:
            return 1

        @override(guards=[IsStaff()])
        @action(methods=["POST"], detail=False)
        def above(self, request: Any) -> int:
            return 1

        @action(methods=["POST"], detail=False, guards=[])
        @override(guards=[IsStaff()])
        def said(self, request: Any) -> int:
            return 1

    @api.post("/f")
    @override(guards=[IsStaff()])
    def function(request: Any) -> int:
        return 1

    client = TestClient(api)
    statuses = [client.post(path).status_code for path in ("/a/below", "/a/above", "/f", "/a/said")]
    assert statuses == [401, 401, 401, 200]


def test_handle_exception_is_asked_once() -> None:
    """What it raises in the place of another error is answered, and it is not asked about that one."""
    api = _api()
    asked: list[str] = []

    @api.view("/x")
    class X(APIView):
        def get(self, request: Any) -> None:
            raise KeyError

        def handle_exception(self, error: Exception) -> Any:
            asked.append(type(error).__name__)
            raise ImproperlyConfigured from error

    assert TestClient(api).get("/x").status_code == 500
    assert asked == ["KeyError"]


def test_awaiting_what_was_cancelled_is_answered() -> None:
    """A handler that meets a CancelledError of its own is answered with a 500."""
    api = _api()

    @api.get("/x")
    async def handler() -> None:
        task = asyncio.ensure_future(asyncio.sleep(9))
        task.cancel()
        await task

    assert TestClient(api).get("/x").status_code == 500


def test_a_nested_input_beside_its_key_is_refused() -> None:
    """Or a client could name any row by its key and have the nested input change it."""

    class LabelIn(ModelInput):
        class Meta:
            model = Label
            fields = ["name"]

    class TaskIn(Struct):
        title: str
        code: str
        label_id: int | UnsetType = UNSET
        label: LabelIn | UnsetType = UNSET

    api = _api()

    @api.viewset("/tasks")
    class Tasks(ModelViewSet):
        model = Task
        create_serializer_class = TaskIn

    with pytest.raises(ImproperlyConfigured, match="beside its key"):
        api.routes()


def test_no_cursor_is_made_that_can_not_be_read() -> None:
    """A column whose texts may not fit into a cursor is refused at start."""

    class Pages(CursorPagination):
        ordering = "content"

    api = _api()

    @api.viewset("/articles")
    class Articles(ReadOnlyModelViewSet):
        model = Article
        pagination_class = Pages

    with pytest.raises(ImproperlyConfigured, match="too long for a cursor"):
        api.routes()


def test_an_average_can_be_filtered() -> None:
    """A decimal that an expression gives has no number of digits."""
    api = _api()

    @api.viewset("/labels")
    class Labels(ReadOnlyModelViewSet):
        queryset = Label.objects.annotate(mean=Avg("tasks__effort"))
        serializer_class = LabelOut
        filterset_fields = {"mean": ["gte"]}

    assert api.routes()


@override_settings(IRONBOLT={"MAX_BODY_BYTES": 1000})
def test_a_form_is_no_larger_than_any_body() -> None:
    """A multipart form over ``MAX_BODY_BYTES`` is answered 413, whether or not it says its length."""
    api = _api()

    @api.post("/x")
    def take(file: UploadedFile) -> int:
        return 1

    client = TestClient(api)
    assert client.post("/x", files={"file": b"x" * 2000}).status_code == 413
    assert client.post("/x", files={"file": b"x" * 100}).status_code == 200


@pytest.mark.django_db
def test_rows_that_are_equal_stand_on_one_page_each() -> None:
    """An order of the queryset's own gets the key behind it, as one of the view set does."""
    api = _api()

    @api.viewset("/articles")
    class Articles(ReadOnlyModelViewSet):
        queryset = Article.objects.order_by("-status")
        serializer_class = ArticleOut
        pagination_class = PageNumberPagination

    Article.objects.create(title="a")
    with CaptureQueriesContext(connection) as queries:
        TestClient(api).get("/articles")
    assert queries.captured_queries[-1]["sql"].count(" DESC") == 2


@pytest.mark.django_db
def test_a_key_under_its_short_name_is_checked() -> None:
    """What no key can be is a fault of its field, under ``pk`` too."""
    api = _api()

    class Named(Struct):
        pk: int
        name: str

    @api.viewset("/labels")
    class Labels(ModelViewSet):
        model = Label
        serializer_class = LabelOut
        create_serializer_class = Named

    answer = TestClient(api).post("/labels", json={"pk": 2**70, "name": "a"})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["pk"])


def test_one_request_has_one_answer() -> None:
    """What goes wrong while the body is sent is logged, and no second answer begun."""
    api = _api()

    @api.get("/x")
    async def handler() -> int:
        return 1

    sent: list[str] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            raise RuntimeError

    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [(b"host", b"testserver")]}
    asyncio.run(api.asgi()(scope, receive, send))
    assert sent == ["http.response.start", "http.response.body"]


def test_an_inherited_route_has_one_door() -> None:
    """Of two classes that inherit a route and let in different callers the first one does not decide."""
    api = _api()

    class Base(APIView):
        @api.post("/danger")
        def danger(self, request: Any) -> int:
            return 1

    @api.view("/open")
    class Open(Base):
        guards = []

        def get(self, request: Any) -> int:
            return 1

    @api.view("/closed")
    class Closed(Base):
        guards = [IsStaff()]

        def get(self, request: Any) -> int:
            return 1

    with pytest.raises(ImproperlyConfigured, match="different callers"):
        api.routes()
