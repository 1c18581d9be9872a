"""What handlers return and clients get: rows in every place of an answer, and answers that are not as promised."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, action
from ironbolt.testing import Answer, TestClient
from tests.project.models import Label, Task

pytestmark = [pytest.mark.django_db, pytest.mark.row("B07")]


class LabelOut(msgspec.Struct):
    """A label."""

    name: str


class TaskOut(msgspec.Struct):
    """A task with its label, which is in another table."""

    title: str
    label: LabelOut | None


class Found(msgspec.Struct, rename="camel"):
    """Rows in the middle of an answer."""

    how_many: int
    all_tasks: list[TaskOut] = []
    newest: TaskOut | None = None


A, B = ({"title": name, "label": {"name": name}} for name in "ab")


@pytest.fixture(autouse=True)
def tasks() -> None:
    """Two tasks."""
    for name in "ab":
        Task.objects.create(title=name, code=name, label=Label.objects.create(name=name))


def rows() -> "QuerySet[Task]":
    """Both of them."""
    return Task.objects.order_by("id")


def answer_of(annotation: Any, result: Any, *, is_async: bool = False, **options: Any) -> Answer:
    """What a client gets of a handler with this annotation that returns this."""

    def handler() -> Any:
        return result() if callable(result) else result

    async def on_loop() -> Any:
        return await sync_to_async(handler)()

    chosen: Any = on_loop if is_async else handler
    chosen.__annotations__ = {"return": annotation}
    api = BoltAPI(info=Info(served=False))
    api.get("/t", **options)(chosen)
    return TestClient(api).get("/t")


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("annotation", "result", "expected"),
    [
        (TaskOut, lambda: rows()[0], A),
        (TaskOut | None, lambda: rows()[0], A),
        (TaskOut | None, None, None),
        (Annotated[TaskOut, "told elsewhere"], lambda: rows()[0], A),
        (list[TaskOut], rows, [A, B]),
        (list[TaskOut], lambda: rows().none(), []),
        (list[TaskOut] | None, rows, [A, B]),
        (Sequence[TaskOut], rows, [A, B]),
        (tuple[TaskOut, ...], rows, [A, B]),
        (list[Annotated[TaskOut, "told elsewhere"]], rows, [A, B]),
        (Found, lambda: {"howMany": 2, "allTasks": rows()}, {"howMany": 2, "allTasks": [A, B], "newest": None}),
        (Found, lambda: {"howMany": 0, "newest": rows()[1]}, {"howMany": 0, "allTasks": [], "newest": B}),
    ],
)
def test_rows_are_read_by_the_annotation(is_async: bool, annotation: Any, result: Any, expected: Any) -> None:
    """A row or a queryset becomes the Struct of the annotation, relations included, wherever in it the Struct is."""
    for given in ({}, {"response_model": annotation}):
        answer = answer_of(Any if given else annotation, result, is_async=is_async, **given)
        assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    ("annotation", "result", "expected"),
    [
        (TaskOut, lambda: rows().select_related("label")[0], A),
        (list[TaskOut], lambda: list(rows()), [A, B]),
        (tuple[TaskOut, ...], lambda: tuple(rows()), [A, B]),
        (Found, lambda: {"howMany": 2, "allTasks": list(rows())}, {"howMany": 2, "allTasks": [A, B], "newest": None}),
    ],
)
def test_instances_are_read_by_the_annotation(annotation: Any, result: Any, expected: Any) -> None:
    """So do instances that are there already, and what is missing of them is loaded."""
    assert answer_of(annotation, result).json() == expected


def test_instances_of_an_async_handler_may_have_relations_to_load() -> None:
    """Rows that an async handler has awaited are read away from the loop, in whatever they stand."""

    async def one() -> TaskOut | None:
        return await rows().afirst()  # type: ignore[return-value]  # a row, which becomes one

    async def several() -> tuple[TaskOut, ...]:
        return tuple([row async for row in rows()])  # type: ignore[misc]  # as above

    async def inside() -> Found:
        return {"howMany": 1, "newest": await rows().afirst()}  # type: ignore[return-value]  # as above

    api = BoltAPI(info=Info(served=False))
    for handler in (one, several, inside):
        api.get(f"/{handler.__name__}")(handler)
    client = TestClient(api)
    assert client.get("/one").json() == A
    assert client.get("/several").json() == [A, B]
    assert client.get("/inside").json() == {"howMany": 1, "allTasks": [], "newest": A}


def test_rows_by_annotation_take_one_query(django_assert_num_queries: Any) -> None:
    """The relations of a queryset come along, also of one in the middle of an answer."""
    for annotation, result in ((list[TaskOut] | None, rows()), (Found, {"howMany": 2, "allTasks": rows()})):
        with django_assert_num_queries(1):
            assert answer_of(annotation, result).status_code == 200


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("annotation", "result", "expected"),
    [
        (list[str], lambda: rows().values_list("title", flat=True), ["a", "b"]),
        (Any, lambda: rows().values_list("title", "code"), [["a", "a"], ["b", "b"]]),
        (Any, lambda: rows().values("title"), [{"title": "a"}, {"title": "b"}]),
        (list[LabelOut], lambda: Label.objects.order_by("id").values("id", "name"), [{"name": "a"}, {"name": "b"}]),
        (dict[str, Any], lambda: {"titles": rows().values_list("title", flat=True)}, {"titles": ["a", "b"]}),
    ],
)
def test_values_of_rows_are_plain_data(is_async: bool, annotation: Any, result: Any, expected: Any) -> None:
    """values() and values_list() are answered as what they give, held to the annotation where there is one."""
    answer = answer_of(annotation, result, is_async=is_async)
    assert (answer.status_code, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    ("annotation", "result"),
    [
        (LabelOut, lambda: {"name": 1}),
        (LabelOut, dict),
        (LabelOut, lambda: [LabelOut("a")]),
        (LabelOut, lambda: rows().values("title")),
        (list[LabelOut], lambda: LabelOut("a")),
        (list[LabelOut], lambda: [{"name": None}]),
        (list[TaskOut], lambda: rows()[0]),
        (TaskOut, rows),
        (dict[str, int], lambda: {"a": "b"}),
        (list[int], lambda: rows().values_list("title", flat=True)),
        (int, lambda: "secret"),
        (type(None), lambda: "secret"),
        (Found, lambda: {"howMany": "secret"}),
    ],
)
def test_answer_that_breaks_its_promise_is_a_500(annotation: Any, result: Any, caplog: Any) -> None:
    """What is not what was promised never leaves; the log says what it is, the client is told nothing of it."""
    answer = answer_of(annotation, result)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "server_error")
    assert "secret" not in answer.text
    assert "handler answered something else than it promised" in caplog.text
    assert f"{__name__}.answer_of.<locals>.handler answered" in caplog.text


def test_more_than_was_promised_stays_here() -> None:
    """Fields that the annotation does not have are left out, of dicts, Structs and dicts of them."""

    class Whole(msgspec.Struct):
        name: str
        secret: str = "secret"

    for annotation, result in (
        (LabelOut, {"name": "a", "secret": 1}),
        (LabelOut, Whole("a")),
        (list[LabelOut], [Whole("a")]),
        (dict[str, LabelOut], {"x": Whole("a")}),
        (LabelOut | None, {"name": "a", "secret": 1}),
    ):
        assert "secret" not in answer_of(annotation, result).text


def test_annotation_goes_before_the_serializer_of_the_action() -> None:
    """Rows take the Struct of the response_model, else of the annotation, else the one of the view's action."""

    class ByTitle(msgspec.Struct):
        title: str

    class ByCode(msgspec.Struct):
        code: str

    class Tasks(ModelViewSet):
        queryset = Task.objects.order_by("id")
        serializer_class = ByCode

        def list(self, request: Any) -> Any:
            return self.get_queryset()

        def retrieve(self, request: Any, pk: int) -> ByTitle:  # type: ignore[override]  # as users write it
            return self.get_object(pk)  # type: ignore[no-any-return]  # a row

        @action(methods=["GET"], detail=False, response_model=TaskOut, status_code=202)
        def first(self, request: Any) -> ByTitle:
            return self.get_queryset().first()  # type: ignore[no-any-return]  # a row

        @action(methods=["GET"], detail=False)
        def typed(self, request: Any) -> "QuerySet[Task]":
            return self.get_queryset()  # type: ignore[no-any-return]  # of tasks

        @action(methods=["GET"], detail=False)
        async def wrapped(self, request: Any) -> Any:
            return {"rows": self.get_queryset()}

    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(Tasks)
    client = TestClient(api)
    codes = [{"code": "a"}, {"code": "b"}]
    assert client.get("/tasks").json() == codes
    assert client.get("/tasks/typed").json() == codes
    assert client.get("/tasks/wrapped").json() == {"rows": codes}
    assert client.get(f"/tasks/{rows()[0].pk}").json() == {"title": "a"}
    first = client.get("/tasks/first")
    assert (first.status_code, first.json()) == (202, A)


def test_rows_that_nobody_described_are_not_sent() -> None:
    """A function or a view without a Struct that answers rows is a 500, wherever they stand in the answer."""

    class View(APIView):
        def get(self) -> Any:
            return {"rows": rows()}

    api = BoltAPI(info=Info(served=False))
    api.view("/t")(View)
    for answer in (answer_of(Any, rows), answer_of(Any, lambda: {"row": rows()[0]}), TestClient(api).get("/t")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "improperly_configured")
