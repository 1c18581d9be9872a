"""Views of this door with everything on, for the browsable API and the clients of REST framework."""

from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from rest_framework import filters, pagination, parsers, permissions, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.browsable import BrowsableAPIRenderer
from ironbolt.drf.pagination import AppPageNumberPagination, CursorPagination, LimitOffsetPagination
from ironbolt.drf.serializers import AppModelSerializer, AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.drf.compat.plain.policies import CSV
from tests.project.models import Label, Task


class LabelSerializer(AppModelSerializer):
    class Meta:
        model = Label
        fields = ("id", "name")


class TaskSerializer(AppModelSerializer):
    """A task that is written, by a strict serializer."""

    class Meta:
        model = Task
        strict = True
        fields = ("id", "title", "code", "label", "effort", "state")


class TaskRow(AppReadOnlyModelSerializer):
    """A task as it is read, without an instance."""

    class Meta:
        model = Task
        fields = ("id", "title", "code", "label", "effort", "state")


class LinkedSerializer(AppModelSerializer, serializers.HyperlinkedModelSerializer):
    """A task by addresses."""

    class Meta:
        model = Task
        fields = ("url", "title", "code", "label")
        extra_kwargs = {"url": {"view_name": "linked-detail"}, "label": {"view_name": "label-detail"}}


class NestedSerializer(AppModelSerializer):
    """A task that is written with its label."""

    label: Any = LabelSerializer()

    class Meta:
        model = Task
        fields = ("id", "title", "code", "owner_id", "label")
        read_only_fields = ("owner_id",)

    def create(self, validated_data: Any) -> Task:
        label = Label.objects.create(**validated_data.pop("label"))
        return Task.objects.create(label=label, **validated_data)


class Pages(AppPageNumberPagination):
    page_size = 2


class Tasks(BaseViewSet):
    """Tasks, *open* to all."""

    queryset: Any = Task.objects.select_related("label").order_by("id")
    serializer_class: Any = TaskSerializer
    renderer_classes: Any = (JSONRenderer, BrowsableAPIRenderer, CSV)
    parser_classes = (parsers.JSONParser, parsers.FormParser, parsers.MultiPartParser)
    authentication_classes: Any = ()
    permission_classes: Any = (permissions.AllowAny,)
    pagination_class: Any = Pages
    filterset_fields: Any = ("state",)
    search_fields: Any = ("title",)
    ordering_fields: Any = ("title", "effort")

    @action(detail=True, methods=["post"])
    def finish(self, request: Any, pk: Any = None) -> Response:
        """Say that it is done."""
        return self.success_response({"done": self.get_object().title}, "Finished.")


class ReadTasks(Tasks):
    """Read by plans, written by another serializer."""

    def get_serializer_class(self) -> Any:
        return TaskRow if self.action in ("list", "retrieve") else TaskSerializer


class WrappedTasks(ReadTasks):
    envelope = True


class SlicedTasks(Tasks):
    pagination_class = LimitOffsetPagination


class CursoredTasks(Tasks):
    pagination_class = type("ById", (CursorPagination,), {"ordering": "id", "page_size": 2})


class DrfPagedTasks(Tasks):
    """Pages and filters of REST framework, which the project has set."""

    pagination_class = type("Two", (pagination.PageNumberPagination,), {"page_size": 2})
    filter_backends = (filters.OrderingFilter,)
    envelope = True


class LinkedTasks(Tasks):
    serializer_class = LinkedSerializer


class NestedTasks(Tasks):
    """Written inside each other, for whoever asks."""

    serializer_class = NestedSerializer
    authentication_classes = (SessionAuthentication,)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner_id=str(self.request.user))


class Labels(Tasks):
    queryset = Label.objects.order_by("id")
    serializer_class = LabelSerializer
    filterset_fields = ("name",)
    search_fields = ordering_fields = ("name",)


class Answers(BaseViewMixin, APIView):
    """Django's own responses from a view that wraps its successes."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    envelope = True

    def get(self, request: Any, kind: str) -> Any:
        return {
            "plain": lambda: HttpResponse("text", content_type="text/plain"),
            "stream": lambda: StreamingHttpResponse(iter([b"one,", b"two"]), content_type="text/csv"),
            "file": lambda: FileResponse(iter([b"bytes"]), content_type="application/octet-stream"),
            "data": lambda: Response([1], headers={"X-One": "1"}),
        }[kind]()


router = DefaultRouter()
for name, view in {
    "task": Tasks,
    "read": ReadTasks,
    "wrapped": WrappedTasks,
    "sliced": SlicedTasks,
    "cursored": CursoredTasks,
    "drf-paged": DrfPagedTasks,
    "linked": LinkedTasks,
    "nested": NestedTasks,
    "label": Labels,
}.items():
    router.register(name, view, basename=name)

urlpatterns = [
    path("", include(router.urls)),
    path("answers/<str:kind>/", Answers.as_view()),
    path("auth/", include("rest_framework.urls")),
]
