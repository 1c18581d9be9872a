"""An API with something of everything, to be described."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.core.files.uploadedfile import UploadedFile
from msgspec import Meta

from bookstore.catalog.models import Book
from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, ReadOnlyModelViewSet, ViewSet, action, override
from ironbolt.bolt.auth import (
    APIKeyAuthentication,
    HasAllPermissions,
    HasAnyPermission,
    HasPermission,
    IsAuthenticated,
    IsStaff,
    JWTAuthentication,
    ReadOnly,
    SessionAuthentication,
)
from ironbolt.bolt.middleware import cors, rate_limit
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.params import Body, Cookie, Depends, File, Form, Header, Path, Query
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import (
    HTML,
    EventStream,
    FileResponse,
    NoContent,
    PlainText,
    Redirect,
    Response,
    StreamingResponse,
)
from ironbolt.bolt.structs import source
from tests.project.models import Bag, Task


class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Tree(msgspec.Struct):
    """What holds itself."""

    name: str
    parts: list["Tree"] = []


class TaskOut(msgspec.Struct):
    """A task."""

    id: int
    title: str


class TaskIn(msgspec.Struct, rename="camel"):
    """A new task."""

    task_title: Annotated[str, source("title")]
    tags: list[str] = []


class BagOut(msgspec.Struct):
    """A bag."""

    key: uuid.UUID
    name: str
    slug: str
    amount: Decimal
    level: int
    instant: datetime.datetime


class Parcel(msgspec.Struct, forbid_unknown_fields=True):
    """Everything that a field can be."""

    code: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["GB"])]
    weight: Annotated[float, Meta(gt=0, le=30)]
    price: Decimal
    colour: Colour
    tree: Tree
    sent: datetime.datetime
    when: datetime.date | None = None
    took: datetime.timedelta | None = None
    key: uuid.UUID | None = None
    raw: bytes = b""
    counts: dict[str, int] = {}
    pair: tuple[int, str] = (1, "a")


class Tasks(ModelViewSet):
    """All tasks."""

    queryset = Task.objects.all()
    serializer_class = TaskOut
    create_serializer_class = TaskIn
    pagination_class = PageNumberPagination
    auth = [JWTAuthentication(cookie="token"), SessionAuthentication()]
    guards = [ReadOnly() | (IsStaff() & HasPermission("project.add_task"))]
    tags = ["tasks"]

    @action(methods=["GET", "POST"], detail=True)
    async def export(self, request: Request, pk: int) -> PlainText:
        """Export one."""
        return PlainText("")

    @action(methods=["POST"], detail=False, guards=[HasAnyPermission("a.b", "c.d"), HasAllPermissions("e.f", "g.h")])
    @rate_limit(0.5, 3, key="user")
    async def tidy(self, request: Request) -> NoContent:
        """Tidy up.

        Thoroughly.
        """
        return NoContent()


class Bags(ReadOnlyModelViewSet):
    """All bags."""

    queryset = Bag.objects.all()
    serializer_class = BagOut


class BookRow(msgspec.Struct):
    """A book in plain types."""

    id: int
    status: str
    price: Decimal


class Books(ReadOnlyModelViewSet):
    """All books."""

    queryset = Book.objects.all()
    serializer_class = BookRow


class Things(ViewSet):
    """Over plain data."""

    auth = [APIKeyAuthentication({"k": "name"}), JWTAuthentication(header="x-token")]

    async def list(self, request: Request) -> list[Tree]:
        """List."""
        return []

    @override(guards=[IsAuthenticated()])
    async def create(self, request: Request, data: Parcel) -> Parcel:
        """Send one."""
        return data


class Pair(APIView):
    """The same path under another name of its parameter."""

    async def delete(self, name: str) -> NoContent:
        """Delete."""
        return NoContent()

    async def head(self, name: str) -> Response:
        """Only the headers."""
        return Response()


async def paged(limit: int = Query(20, ge=1, le=100, description="How many.")) -> int:
    """A dependency with a parameter."""
    return limit


def kitchen_sink(**options: Any) -> BoltAPI:
    """The API, to be compiled."""
    api = BoltAPI("/api", info=Info("Kitchen", "3", "With *everything*."), middleware=[cors("*")], **options)
    api.viewset("/tasks")(Tasks)
    api.viewset("/bags")(Bags)
    api.viewset("/books")(Books)
    api.viewset("/things")(Things)
    api.view("/files/{name}", methods=["DELETE", "HEAD"])(Pair)

    @api.get("/files/{path}")
    def file(path: str = Path(description="Which one.", min_length=1)) -> FileResponse:
        """A file."""
        return FileResponse(path)

    @api.get("/events")
    async def events(last: str = Header("", alias="Last-Event-ID"), session: str | None = Cookie(None)) -> EventStream:
        return EventStream([])

    @api.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse([])

    @api.get("/page")
    async def page() -> HTML | Redirect:
        return HTML("")

    @api.get("/either")
    @rate_limit(5)
    async def either(
        limit: Annotated[int, Depends(paged)],
        colour: Colour = Colour.RED,
        ids: Annotated[tuple[int, ...], Query()] = (),
    ) -> Tree | NoContent:
        return NoContent()

    @api.post("/upload")
    async def upload(
        title: Annotated[str, Form(max_length=20)], files: Annotated[list[UploadedFile], File()]
    ) -> dict[str, int]:
        return {}

    @api.post("/said")
    async def said(data: Annotated[TaskIn, Body(examples=[{"tags": ["wrong"]}, TaskIn("Write", ["desk"])])]) -> Any:
        return data

    @api.post("/bare", status_code=204)
    async def bare(data: dict[str, Any]) -> None:
        return None

    return api
