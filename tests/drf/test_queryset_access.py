"""What a viewset of this door needs to show rows, and what it does not."""

from typing import Any

import pytest
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.drf.serializers import AppModelSerializer
from tests.drf.shop import TaskViewSet, body_of, call
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class LabelSerializer(AppModelSerializer):
    """Rows of another model."""

    class Meta:
        model = Label
        fields = ("id", "name")


def code_of(view: Any, **options: Any) -> tuple[int, str]:
    """How a GET is refused."""
    response = call(view, "GET", **options)
    return response.status_code, body_of(response)["error"]["code"]


def test_missing_serializer_is_told(caplog) -> None:
    """Without a serializer the answer says that the view is not set up, and the log which one."""
    view = type("Bare", (TaskViewSet,), {"serializer_class": None})
    assert code_of(view) == (500, "improperly_configured")
    assert "'Bare' should either include a `serializer_class` attribute" in caplog.text


def test_address_without_the_key_is_told(caplog) -> None:
    """So it is where the address does not hold what the viewset looks up."""
    view = type("Slugs", (TaskViewSet,), {"lookup_url_kwarg": "slug"})
    assert code_of(view, pk=1) == (500, "improperly_configured")
    assert 'Expected view Slugs to be called with a URL keyword argument named "slug"' in caplog.text


def test_assertion_of_ones_own_is_a_fault_like_others() -> None:
    """Only what REST framework itself asserts of a view is a question of its set-up."""

    class View(TaskViewSet):
        def get_queryset(self) -> Any:
            raise AssertionError

    assert code_of(View) == (500, "server_error")


def test_own_action_needs_no_serializer() -> None:
    """A list that is made by hand may filter its rows without one."""

    class View(TaskViewSet):
        serializer_class = None

        def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
            return Response([task.code for task in self.filter_queryset(self.get_queryset())])

    Task.objects.create(title="a", code="A")
    assert body_of(call(View, "GET")) == ["A"]


def test_custom_action_may_show_something_else() -> None:
    """A serializer of another model beside an object of this one is what custom actions are for."""

    class View(TaskViewSet):
        @action(detail=True, serializer_class=LabelSerializer)
        def label(self, request: Any, pk: str) -> Response:
            return Response(self.get_serializer(self.get_object().label).data)

    task = Task.objects.create(title="a", code="A", label=Label.objects.create(name="l"))
    view = View.as_view({"get": "label"}, **View.label.kwargs)  # as a router calls it
    response: Any = view(APIRequestFactory().get("/"), pk=str(task.pk))
    assert body_of(response)["name"] == "l"
