"""What is measured of views of this door that stand in an URLconf."""

from types import ModuleType
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.routers import AppRouter
from tests.drf.shop import TaskViewSet
from tests.project.models import Task
from tests.project.recording import Recording

pytestmark = [pytest.mark.django_db, pytest.mark.row("V19")]


class Tasks(TaskViewSet):
    """Tasks that can be finished."""

    @action(methods=["post", "delete"], detail=True)
    def finish(self, request: Any, pk: Any = None) -> Response:
        """Finish one."""
        return Response({})


class Clock(BaseViewMixin, APIView):
    """A view without actions."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any, year: int) -> Response:
        """The year."""
        return Response({"year": year})


def test_routes_are_templates(recording: Recording) -> None:
    """As the schema has them, whatever Django's resolver calls them; the action is that of the method."""
    router = AppRouter()
    router.register("tasks", Tasks, basename="task")
    urls: Any = ModuleType("measured_urls")
    urls.urlpatterns = [path("api/", include(router.urls)), path("clock/<int:year>/", Clock.as_view())]
    task = Task.objects.create(title="a", code="a")
    client = Client()
    with override_settings(ROOT_URLCONF=urls):
        for method, address in (
            ("get", "/api/tasks/"),
            ("head", "/api/tasks/"),
            ("get", f"/api/tasks/{task.pk}/"),
            ("post", f"/api/tasks/{task.pk}/finish/"),
            ("delete", f"/api/tasks/{task.pk}/finish/"),
            ("get", "/clock/2026/"),
            ("options", "/clock/2026/"),
            ("put", "/clock/2026/"),
        ):
            getattr(client, method)(address)
    assert [(one.view, one.action, one.method, one.route, one.status) for one in recording.seen] == [
        ("Tasks", "list", "GET", "/api/tasks/", 200),
        ("Tasks", "list", "HEAD", "/api/tasks/", 200),
        ("Tasks", "retrieve", "GET", "/api/tasks/{pk}/", 200),
        ("Tasks", "finish", "POST", "/api/tasks/{pk}/finish/", 200),
        ("Tasks", "finish", "DELETE", "/api/tasks/{pk}/finish/", 200),
        ("Clock", "get", "GET", "/clock/{year}/", 200),
        ("Clock", "options", "OPTIONS", "/clock/{year}/", 200),
        ("Clock", "put", "PUT", "/clock/{year}/", 405),
    ]


def test_a_measured_view_is_still_that_view(recording: Recording) -> None:
    """Routers and the schema find on its function what REST framework leaves there."""
    function: Any = Tasks.as_view({"get": "list"}, detail=False)
    assert (function.cls, function.actions, function.initkwargs) == (
        Tasks,
        {"get": "list"},
        {"detail": False},
    )
    assert function.csrf_exempt is True


def test_a_budget_may_be_given_to_one_route(recording: Recording) -> None:
    """As any attribute of a view: by ``as_view``, and by ``@action``, which hands it on."""
    request = APIRequestFactory().get("/")
    Tasks.as_view({"get": "list"}, query_budget=0)(request)
    Clock.as_view(query_budget=3)(request, year=2026)
    assert [(one.budget, one.is_over_budget) for one in recording.seen] == [(0, True), (3, False)]
