"""A serializer and a viewset over the tests' own tables, and a way to call them."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.urls import include, path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from ironbolt.drf.fields import ReferenceField, ReferencesField
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Label, Task


class TaskSerializer(AppModelSerializer):
    """A task with the keys of its label and watchers."""

    label_id = ReferenceField(Label, required=False, allow_null=True)
    watcher_ids = ReferencesField(Label, source="watchers", required=False)

    class Meta:
        model = Task
        strict = True
        fields = ("id", "title", "code", "label_id", "watcher_ids", "effort", "state")


class TaskViewSet(BaseViewSet):
    """Tasks, open to all."""

    queryset = Task.objects.prefetch_related("watchers")
    serializer_class: Any = TaskSerializer
    permission_classes = (AllowAny,)
    authentication_classes: Any = ()


class LooseTaskSerializer(serializers.ModelSerializer[Task]):
    """A plain one of REST framework."""

    class Meta:
        model = Task
        fields = ("id", "title", "code", "owner_id")


ACTIONS = {
    "list": {"get": "list", "post": "create"},
    "detail": {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
}


def call(
    view: Any, method: str, data: Any = None, *, pk: Any = None, user: User | None = None, **headers: str
) -> Response:
    """Call a viewset without addresses; ``data`` goes as JSON unless it is bytes."""
    body: Any = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
    content_type = headers.pop("content_type", "application/json")
    request = APIRequestFactory().generic(method, "/api/tasks/", body, content_type=content_type, headers=headers)
    if user:
        force_authenticate(request, user)
    function = view.as_view(ACTIONS["list" if pk is None else "detail"])
    response: Response = function(request) if pk is None else function(request, pk=str(pk))
    return response


def body_of(response: Response) -> Any:
    """What was sent, decoded."""
    return json.loads(response.content)


router = AppRouter()
router.register("tasks", TaskViewSet, basename="task")
urlpatterns = [path("api/", include(router.urls))]
