"""Tasks through both doors, for tests that need views of their own."""

from collections.abc import Callable
from typing import Any

import jwt
import msgspec
from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.bolt.auth import JWTAuthentication
from ironbolt.core import context
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet
from ironbolt.testing import TestClient
from tests.project.models import Task

Call = Callable[..., tuple[int, Any]]


class TaskOut(msgspec.Struct):
    """A task as it is read."""

    id: int
    title: str
    code: str


class TaskIn(msgspec.Struct):
    """A task as it is written."""

    title: str
    code: str


class BoltTasks(ModelViewSet):
    """Tasks through the Bolt door."""

    queryset = Task.objects.all()
    serializer_class = TaskOut
    create_serializer_class = TaskIn
    auth = [JWTAuthentication()]
    guards = []


class TaskSerializer(AppModelSerializer):
    """Tasks as the DRF door reads and writes them."""

    class Meta:
        model = Task
        fields = ("id", "title", "code")


class DRFTasks(BaseViewSet):
    """Tasks through the DRF door."""

    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    authentication_classes = (JWTStatelessUserAuthentication,)
    permission_classes = (AllowAny,)
    pagination_class = None


def through_bolt(**attributes: Any) -> Call:
    """A caller of the Bolt door, over a view set with these attributes."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/tasks")(type("Tasks", (BoltTasks,), attributes))
    client = TestClient(api)

    def call(method: str, key: Any = None, *, json: Any = msgspec.UNSET, user: str | None = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token(user)}"} if user else {}
        answer = client.request(method, "/tasks" if key is None else f"/tasks/{key}", json=json, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    return call


def through_drf(**attributes: Any) -> Call:
    """A caller of the DRF door, over a view set with these attributes."""
    view: Any = type("Tasks", (DRFTasks,), attributes)
    collection = view.as_view({"get": "list", "post": "create"})
    detail = view.as_view({"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"})

    def call(method: str, key: Any = None, *, json: Any = msgspec.UNSET, user: str | None = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token(user)}"} if user else {}
        body = b"" if json is msgspec.UNSET else msgspec.json.encode(json)
        request = APIRequestFactory().generic(
            method,
            "/tasks",
            body.decode(),
            content_type="application/json",
            headers=headers,
        )
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            answer = collection(request) if key is None else detail(request, pk=str(key))
        return answer.status_code, msgspec.json.decode(answer.content) if answer.content else None

    return call


def token(user: str) -> str:
    """An access token of somebody, as another service would sign it."""
    claims = {"token_type": "access", "exp": 4102444800, "jti": "1", "user_id": user}
    return jwt.encode(claims, settings.SECRET_KEY, "HS256")


def do(call: Call, action: str, task: Task) -> tuple[int, Any]:
    """Do one of the five things that can be done; ``task`` is the one that it is done to."""
    if action == "create":
        return call("POST", json={"title": "new", "code": "B"})
    if action == "update":
        return call("PATCH", task.pk, json={"title": "changed"})
    if action == "destroy":
        return call("DELETE", task.pk)
    return call("GET", task.pk if action == "retrieve" else None)
