"""Tests of both kinds of ORM code as a server runs them: real threads, real connections, real transactions."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.db.models import QuerySet

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ViewSet, action
from ironbolt.bolt.exceptions import Conflict
from ironbolt.bolt.params import Depends
from ironbolt.bolt.responses import StreamingResponse
from ironbolt.core.threads import close_database_threads
from ironbolt.core.unit import current_unit
from tests.bolt.engine import test_http
from tests.bolt.engine.test_http import LabelIn, LabelOut, exchange, in_a_thread_of_its_own
from tests.project.models import Label

real_database = test_http.real_database

pytestmark = [pytest.mark.row("B24"), pytest.mark.usefixtures("real_database")]


class Labels(ModelViewSet):
    """Labels by default actions."""

    queryset = Label.objects.order_by("id")
    serializer_class = LabelOut
    create_serializer_class = LabelIn


def inner_work(name: str) -> None:
    """A transaction of its own, that may be undone alone."""
    try:
        with transaction.atomic():
            Label.objects.create(name=f"{name} inside")
            if "undo inside" in name:
                raise LookupError
    except LookupError:
        Label.objects.create(name=f"{name} instead")


def made(name: str) -> Label:
    """A row, with a nested transaction after it."""
    assert connection.in_atomic_block
    assert current_unit()
    label = Label.objects.create(name=name)
    inner_work(name)
    if "fail" in name:
        raise Conflict
    return label


def renamed(pk: int, name: str) -> Label:
    """A row that nobody else can change meanwhile, changed."""
    label = Label.objects.select_for_update().get(pk=pk)
    label.name = name
    label.save()
    return label


class Plain(Labels):
    """Everything synchronous."""

    def list(self, request: Any) -> Any:
        """A queryset, after a look at the database."""
        assert Label.objects.exists()
        return self.get_queryset()

    def retrieve(self, request: Any, pk: int) -> Any:  # type: ignore[override]  # as users write it
        """A row."""
        return self.get_object(pk)

    def create(self, request: Any, data: LabelIn) -> Label:
        """A row with a nested transaction."""
        return made(data.name)

    def update(self, request: Any, pk: int, data: LabelIn) -> Label:  # type: ignore[override]  # as users write it
        """A row under a lock, taken back if the name says so."""
        label = renamed(pk, data.name)
        if data.name == "fail":
            raise Conflict
        return label

    @action(methods=["GET"], detail=False)
    def names(self, request: Any) -> "list[str]":  # type: ignore[valid-type]  # the built-in type
        """What plain code makes of rows."""
        return [label.name for label in self.get_queryset()]


class Awaited(Labels):
    """Everything asynchronous."""

    async def get_queryset(self) -> Any:
        """Rows, after a look at the database."""
        assert await Label.objects.aexists()
        return super().get_queryset()

    async def list(self, request: Any) -> Any:
        """A queryset."""
        return await self.get_queryset()

    async def retrieve(self, request: Any, pk: int) -> Any:  # type: ignore[override]  # as users write it
        """A row."""
        return await self.get_object(pk)

    async def create(self, request: Any, data: LabelIn) -> Label:
        """A row with a nested transaction, inside the unit all the same."""
        label = await Label.objects.acreate(name=data.name)
        await sync_to_async(inner_work)(data.name)
        if "fail" in data.name:
            raise Conflict
        return label

    async def update(self, request: Any, pk: int, data: LabelIn) -> Label:  # type: ignore[override]  # as users write it
        """A row under a lock."""
        label = await Label.objects.select_for_update().aget(pk=pk)
        label.name = data.name
        await label.asave()
        if data.name == "fail":
            raise Conflict
        return label

    @action(methods=["GET"], detail=False)
    async def names(self, request: Any) -> "list[str]":  # type: ignore[valid-type]  # the built-in type
        """What asynchronous code makes of rows."""
        return [label.name async for label in await self.get_queryset()]


class AwaitedRows(Labels):
    """The default actions over an asynchronous get_queryset."""

    async def get_queryset(self) -> "QuerySet[Label]":
        """All but those that are hidden, which is looked up."""
        hidden = [label.pk async for label in Label.objects.filter(name__startswith="hidden")]
        return Label.objects.exclude(pk__in=hidden).order_by("id")


class Bare(ViewSet):
    """Actions over no model, that talk to the database as they like."""

    async def list(self, request: Any) -> list[LabelOut]:
        """Read asynchronously."""
        return [LabelOut(label.pk, label.name) async for label in Label.objects.order_by("id")]

    def retrieve(self, request: Any, pk: int) -> LabelOut:
        """Read synchronously."""
        return Label.objects.get(pk=pk)  # type: ignore[return-value]  # a row, which becomes one


def in_a_transaction() -> Iterator[None]:
    """A dependency that is a transaction around its handler."""
    with transaction.atomic():
        yield


api = BoltAPI(info=Info(served=False))
for view in (Plain, Awaited, AwaitedRows, Bare):
    api.viewset(f"/{view.__name__}")(view)


@api.get("/stream/async")
async def stream_async() -> StreamingResponse:
    """Rows on the loop, with a query for each."""

    async def parts() -> Any:
        async for label in Label.objects.order_by("id").aiterator(chunk_size=1):
            yield f"{label.name} {await Label.objects.acount()}\n"

    return StreamingResponse(parts)


@api.get("/stream/sync")
def stream_sync() -> StreamingResponse:
    """Rows in a thread, with a query for each."""

    def parts() -> Iterator[str]:
        for label in Label.objects.order_by("id").iterator(chunk_size=1):
            yield f"{label.name} {Label.objects.count()}\n"

    return StreamingResponse(parts)


@api.post("/function/sync")
def sync_function(data: LabelIn, _: None = Depends(in_a_transaction)) -> None:
    """A row, in the transaction of a dependency."""
    refused_or_kept(data.name)


@api.post("/function/async")
async def async_function(data: LabelIn) -> None:
    """A row, in a transaction in one step."""
    await sync_to_async(transaction.atomic(refused_or_kept))(data.name)


def refused_or_kept(name: str) -> None:
    """A row that stays, unless its name says otherwise."""
    Label.objects.create(name=name)
    if name == "fail":
        raise Conflict


def served(*requests: tuple[str, str, Any]) -> list[tuple[int, Any]]:
    """What a server would send for these requests, one after the other; text where it is no JSON."""

    async def run() -> list[tuple[int, Any]]:
        answers = []
        try:
            for method, path, data in requests:
                message = {"type": "http.request", "body": json.dumps(data).encode(), "more_body": False}
                headers = [(b"content-type", b"application/json")]
                sent = await exchange(api.asgi(), path, message, headers=headers, method=method)
                body = b"".join(part.get("body", b"") for part in sent[1:])
                kind = dict(sent[0]["headers"])[b"content-type"]
                answers.append((sent[0]["status"], json.loads(body) if b"json" in kind else body.decode()))
        finally:
            await close_database_threads()
        return answers

    return asyncio.run(asyncio.wait_for(run(), 20))


def names() -> list[str]:
    """What is in the database, as somebody else sees it."""
    return in_a_thread_of_its_own(lambda: [*Label.objects.order_by("id").values_list("name", flat=True)])  # type: ignore[no-any-return]  # texts


def labels(*wanted: str) -> list[dict[str, Any]]:
    """Rows of these names, as a client gets them."""
    return in_a_thread_of_its_own(  # type: ignore[no-any-return]  # dictionaries
        lambda: [{"id": Label.objects.create(name=name).pk, "name": name} for name in wanted]
    )


@pytest.mark.parametrize("kind", ["Plain", "Awaited", "AwaitedRows", "Bare"])
def test_rows_are_read_in_every_kind_of_action(kind: str) -> None:
    """Sync and async overrides of list and retrieve, an async get_queryset and plain view sets all answer rows."""
    one, two, _ = labels("one", "two", "other")
    listed, found, missing = served(*(("GET", f"/{kind}{path}", None) for path in ("", f"/{two['id']}", "/9999")))
    assert listed[0] == found[0] == 200
    assert listed[1][:2] == [one, two]
    assert found[1] == two
    assert missing[0] == 404


def test_async_queryset_decides_for_the_default_actions() -> None:
    """What an async get_queryset leaves out is in no list, is not found, and can be neither changed nor deleted."""
    shown, hidden = labels("shown", "hidden")
    answers = served(
        ("GET", "/AwaitedRows", None),
        ("GET", f"/AwaitedRows/{hidden['id']}", None),
        ("PUT", f"/AwaitedRows/{hidden['id']}", {"name": "x"}),
        ("DELETE", f"/AwaitedRows/{hidden['id']}", None),
        ("PATCH", f"/AwaitedRows/{shown['id']}", {"name": "changed"}),
    )
    assert [status for status, _ in answers] == [200, 404, 404, 404, 200]
    assert answers[0][1] == [shown]
    assert names() == ["changed", "hidden"]


@pytest.mark.parametrize("kind", ["Plain", "Awaited"])
def test_custom_actions_read_as_they_like(kind: str) -> None:
    """A def action iterates over rows, an async one awaits them."""
    labels("one", "two")
    assert served(("GET", f"/{kind}/names", None)) == [(200, ["one", "two"])]


@pytest.mark.parametrize("kind", ["Plain", "Awaited"])
@pytest.mark.parametrize(
    ("name", "status", "left"),
    [
        ("a", 201, ["a", "a inside"]),
        ("a undo inside", 201, ["a undo inside", "a undo inside instead"]),
        ("fail", 409, []),
        ("fail undo inside", 409, []),
    ],
)
def test_nested_transactions_in_a_unit(kind: str, name: str, status: int, left: list[str]) -> None:
    """Inside a write a transaction can be undone alone; with the write all of it is undone, awaited or not."""
    assert served(("POST", f"/{kind}", {"name": name}))[0][0] == status
    assert names() == left


@pytest.mark.parametrize("kind", ["Plain", "Awaited"])
def test_rows_are_locked_in_a_unit(kind: str) -> None:
    """select_for_update() has the transaction that it needs in an override of a write; a refusal undoes it."""
    (one,) = labels("one")
    path = f"/{kind}/{one['id']}"
    changed, refused = served(("PUT", path, {"name": "two"}), ("PUT", path, {"name": "fail"}))
    assert changed == (200, {"id": one["id"], "name": "two"})
    assert refused[0] == 409
    assert names() == ["two"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_streams_read_rows_while_they_are_sent(kind: str) -> None:
    """`async for` over rows in a stream, and a plain loop in a plain one, with more queries between the rows."""
    labels("one", "two")
    assert served(("GET", f"/stream/{kind}", None)) == [(200, "one 2\ntwo 2\n")]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_transactions_of_functions_hold(kind: str) -> None:
    """What a function puts into a transaction of its own is kept or undone as a whole."""
    kept, undone = served(*(("POST", f"/function/{kind}", {"name": name}) for name in ("kept", "fail")))
    assert (kept[0], undone[0]) == (200, 409)
    assert names() == ["kept"]


def test_synchronous_code_on_the_loop_is_the_only_mistake(caplog: pytest.LogCaptureFixture) -> None:
    """Plain ORM code in an async handler is Django's own error: a 500 for the client, the reason in the log."""
    made = BoltAPI(info=Info(served=False))

    @made.get("/mistaken")
    async def mistaken() -> int:
        return Label.objects.count()

    async def run() -> list[Any]:
        try:
            return await exchange(made.asgi(), "/mistaken")
        finally:
            await close_database_threads()

    assert asyncio.run(run())[0]["status"] == 500
    assert "SynchronousOnlyOperation" in caplog.text
