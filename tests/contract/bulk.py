"""Tasks with bulk writes through both doors, and a way to call any of their addresses."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.urls.resolvers import RegexPattern, URLResolver
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from ironbolt.bolt import BoltAPI, Info
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.bolt.structs.fields import source
from ironbolt.bolt.views import BulkOperationViewSet as BoltBulk
from ironbolt.core import context
from ironbolt.drf.bulk import BulkOperationViewSet as DRFBulk
from ironbolt.drf.fields import ReferenceField, ReferencesField
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.testing import TestClient
from tests.contract.tasks import token
from tests.project.models import Bag, Label, Task

Call = Callable[..., tuple[int, Any]]
Through = Callable[..., Call]


class TaskOut(msgspec.Struct):
    """A task as it is read."""

    id: int
    title: str
    code: str
    label_id: int | None
    watcher_ids: Annotated[list[int], source("watchers")]
    state: str


class TaskIn(msgspec.Struct, forbid_unknown_fields=True):
    """A task as it is written."""

    title: str
    code: str
    label_id: int | msgspec.UnsetType | None = msgspec.UNSET
    watcher_ids: Annotated[list[int] | msgspec.UnsetType, source("watchers")] = msgspec.UNSET
    state: str | msgspec.UnsetType = msgspec.UNSET


class BoltTasks(BoltBulk):
    """Tasks through the Bolt door."""

    queryset = Task.objects.all()
    serializer_class = TaskOut
    create_serializer_class = TaskIn
    auth = [JWTAuthentication()]
    guards = []


class TaskSerializer(AppModelSerializer):
    """Tasks as the DRF door reads and writes them."""

    label_id = ReferenceField(Label, required=False, allow_null=True)
    watcher_ids = ReferencesField(Label, source="watchers", required=False)

    class Meta:
        model = Task
        strict = True
        fields: Any = ("id", "title", "code", "label_id", "watcher_ids", "state")


class LabelOut(msgspec.Struct):
    """A label as it is read."""

    id: int
    name: str


class LabelIn(msgspec.Struct):
    """A label as it is written."""

    name: str


class LabelSerializer(AppModelSerializer):
    """Labels, to which tasks refer."""

    class Meta:
        model = Label
        fields = ("id", "name")


class BagOut(msgspec.Struct):
    """A bag, whose key the client makes."""

    key: UUID
    name: str
    level: int | None = None


class BagSerializer(AppModelSerializer):
    """Bags of the DRF door."""

    class Meta:
        model = Bag
        fields = ("key", "name", "level")


class DRFTasks(DRFBulk):
    """Tasks through the DRF door."""

    queryset = Task.objects.prefetch_related("watchers")
    serializer_class: Any = TaskSerializer
    authentication_classes = (JWTStatelessUserAuthentication,)
    permission_classes: Any = (AllowAny,)
    pagination_class = None


def headers_of(user: str | None) -> dict[str, str]:
    """What a caller sends to be known."""
    return {"authorization": f"Bearer {token(user)}"} if user else {}


def through_bolt(**attributes: Any) -> Call:
    """A caller of the Bolt door, over a view set with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(type("Tasks", (BoltTasks,), attributes))
    client = TestClient(api)

    def call(method: str, address: str = "", *, json: Any = msgspec.UNSET, user: str | None = None) -> tuple[int, Any]:
        answer = client.request(method, f"/tasks{address}", json=json, headers=headers_of(user))
        return answer.status_code, answer.json() if answer.content else None

    return call


def through_drf(**attributes: Any) -> Call:
    """A caller of the DRF door, over a viewset with these attributes."""
    router = AppRouter()
    router.register("tasks", type("Tasks", (DRFTasks,), attributes), basename="task")
    addresses = URLResolver(RegexPattern("^"), router.urls)

    def call(method: str, address: str = "", *, json: Any = msgspec.UNSET, user: str | None = None) -> tuple[int, Any]:
        body = b"" if json is msgspec.UNSET else msgspec.json.encode(json)
        request = APIRequestFactory().generic(
            method, f"/tasks{address}", body.decode(), content_type="application/json", headers=headers_of(user)
        )
        view, arguments, named = addresses.resolve(request.path[1:])
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            answer = view(request, *arguments, **named)
        return answer.status_code, msgspec.json.decode(answer.content) if answer.content else None

    return call


def labels_through(through: Through) -> Call:
    """A caller of labels in the place of tasks."""
    rows: dict[str, Any] = {"queryset": Label.objects.all()}
    if through is through_drf:
        return through(**rows, serializer_class=LabelSerializer)
    return through(**rows, serializer_class=LabelOut, create_serializer_class=LabelIn)


def bags_through(through: Through) -> Call:
    """A caller of bags in the place of tasks."""
    rows: dict[str, Any] = {"queryset": Bag.objects.all()}
    if through is through_drf:
        return through(**rows, serializer_class=BagSerializer)
    return through(**rows, serializer_class=BagOut, create_serializer_class=BagOut)


DOORS: dict[str, Through] = {"drf": through_drf, "bolt": through_bolt}
