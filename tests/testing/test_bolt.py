"""Tests of both clients with an API of the Bolt door: HTTP and sockets, in process, in the test's transaction."""

import msgspec
import pytest
from asgiref.sync import async_to_sync

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, WebSocket
from ironbolt.testing import AsyncTestClient, TestClient, WebSocketRefused
from tests.project.models import Label

pytestmark = [pytest.mark.django_db, pytest.mark.row("B26")]

api = BoltAPI(info=Info(served=False))


class LabelOut(msgspec.Struct):
    """A label."""

    id: int
    name: str


class LabelIn(msgspec.Struct):
    """A new label."""

    name: str


@api.viewset("/labels")
class Labels(ModelViewSet):
    """Labels."""

    queryset = Label.objects.all()
    serializer_class = LabelOut
    create_serializer_class = LabelIn


@api.websocket("/labels/{prefix}")
async def names(socket: WebSocket, prefix: str) -> None:
    """Tell the labels that begin so, for each one that is sent."""
    await socket.accept()
    async for name in socket.iter_text():
        await Label.objects.acreate(name=prefix + name)
        await socket.send_json([label.name async for label in Label.objects.order_by("name")])


def test_the_synchronous_client() -> None:
    """What a test wrote the API reads, what the API wrote the test reads, by HTTP and by a socket."""
    Label.objects.create(name="a")
    with TestClient(api) as client:
        assert client.post("/labels", json={"name": "b"}).status_code == 201
        assert [item["name"] for item in client.get("/labels").json()] == ["a", "b"]
        with client.websocket_connect("/labels/x-") as socket:
            socket.send_text("c")
            assert socket.receive_json() == ["a", "b", "x-c"]
        with pytest.raises(WebSocketRefused), client.websocket_connect("/nowhere"):
            pass
    assert Label.objects.count() == 3


def test_the_asynchronous_client() -> None:
    """The same, awaited, and the test's own asynchronous queries beside it."""

    async def run() -> None:
        async with AsyncTestClient(api) as client:
            assert (await client.post("/labels", json={"name": "b"})).status_code == 201
            assert [item["name"] for item in (await client.get("/labels")).json()] == ["a", "b"]
            async with client.websocket_connect("/labels/x-") as socket:
                await socket.send_text("c")
                assert await socket.receive_json() == ["a", "b", "x-c"]
            assert await Label.objects.acount() == 3

    Label.objects.create(name="a")
    async_to_sync(run)()
    assert Label.objects.count() == 3
