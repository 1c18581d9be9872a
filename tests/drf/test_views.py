"""Tests of what the base classes add to a viewset, and of what they leave alone."""

from typing import Any

import pytest
from rest_framework import mixins, serializers
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet, ViewSet

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
