"""Tests of what the base classes add to a viewset, and of what they leave alone."""

from typing import Any

import pytest
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connection, transaction
from rest_framework import mixins, serializers
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet, ViewSet

from ironbolt.core import context
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.views import BaseViewSetMixin
from tests.project.models import Label


class LabelSerializer(serializers.ModelSerializer[Label]):
    """A label."""

    class Meta:
        model = Label
        fields = ("id", "name")


def routes(*bases: type[Any]) -> set[str]:
    """The names of what a router serves for a viewset of these bases, behind ours."""
    about = {"queryset": Label.objects.all(), "serializer_class": LabelSerializer}
    view = type("Labels", (BaseViewSetMixin, *bases), about)
    router = AppRouter()
    router.register("labels", view, basename="label")
    return {action for url in router.urls for action in getattr(url.callback, "actions", {}).values()}


@pytest.mark.parametrize(
    ("bases", "served"),
    [
        ((mixins.ListModelMixin, GenericViewSet), {"list"}),
        ((mixins.CreateModelMixin, GenericViewSet), {"create"}),
        ((mixins.RetrieveModelMixin, GenericViewSet), {"retrieve"}),
        ((ReadOnlyModelViewSet,), {"list", "retrieve"}),
        ((ViewSet,), set()),
    ],
)
def test_a_router_serves_what_the_class_asked_for(bases: tuple[type[Any], ...], served: set[str]) -> None:
    """Whoever only lists does not show single objects, with our mixin in front as without."""
    assert routes(*bases) - {"get"} == served
    view = type("Labels", (BaseViewSetMixin, *bases), {})
    assert hasattr(view, "retrieve") == hasattr(view(), "retrieve") == ("retrieve" in served)


def test_mixins_of_ours_stand_in_front() -> None:
    """Behind REST framework's classes nothing of them would hold, so such a class is not made."""
    with pytest.raises(ImproperlyConfigured, match="in front of"):
        type("Labels", (ReadOnlyModelViewSet, BaseViewSetMixin), {})


def test_a_dispatch_that_would_never_be_called_is_refused() -> None:
    """It may be what asks for a login; in front of ours it is called."""
    hidden: Any = type("Hidden", (BaseViewMixin, LoginRequiredMixin, APIView), {})
    with pytest.raises(ImproperlyConfigured, match="name LoginRequiredMixin before Ironbolt"):
        hidden.as_view()
    seen: Any = type("Seen", (LoginRequiredMixin, BaseViewMixin, APIView), {"raise_exception": True})
    request = APIRequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        seen.as_view()(request)


def test_nobody_is_whoever_asked_before() -> None:
    """A view that leaves authentication for later has no caller, though the thread has had one."""
    context.identify("5")

    class Lazy(BaseViewMixin, APIView):
        permission_classes = ()

        def perform_authentication(self, request: Any) -> None:
            pass

        def get(self, request: Any) -> Response:
            return Response({"caller": context.current().user_id})

    assert Lazy.as_view()(APIRequestFactory().get("/")).data == {"caller": None}


@pytest.mark.django_db(transaction=True)
def test_an_error_leaves_transactions_of_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under ``ATOMIC_REQUESTS`` too, where a test case has one around the whole test."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    view = type(
        "Labels", (BaseViewSetMixin, ReadOnlyModelViewSet), {"queryset": Label.objects.all(), "permission_classes": ()}
    )
    with transaction.atomic():
        answer = view.as_view({"get": "retrieve"})(APIRequestFactory().get("/"), pk=1)  # type: ignore[attr-defined]  # a viewset
        assert answer.status_code in (404, 500)
        assert not Label.objects.exists()
