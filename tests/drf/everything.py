"""A project with everything on that the schema of the API can say something about."""

from typing import Any

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action, api_view
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.viewsets import ModelViewSet

from ironbolt.drf.app_views import (
    AppAPIView,
    AppModelCUDAPIViewSet,
    AppModelListAPIViewSet,
    AppModelRetrieveAPIViewSet,
)
from ironbolt.drf.authentication import JWTAuthentication
from ironbolt.drf.bulk import BulkOperationMixin
from ironbolt.drf.describing.envelopes import in_envelope
from ironbolt.drf.pagination import AppPageNumberPagination, CursorPagination, LimitOffsetPagination
from ironbolt.drf.publishing import PublishableMixin
from ironbolt.drf.ratings import RatableMixin
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.schema import AutoSchema
from ironbolt.drf.serializers import AppModelSerializer, AppReadOnlyModelSerializer
from ironbolt.drf.softdelete import SoftDeleteMixin
from ironbolt.drf.uploads import get_upload_api_view
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.newsroom.models import Article
from tests.project.models import Attachment, Bag, Label, Photo, Task


class ArticleSerializer(AppModelSerializer):
    """An article."""

    class Meta:
        model = Article
        strict = True
        fields = ("id", "title", "slug", "author", "section", "tags")


class Seldom(AnonRateThrottle):
    rate = "1000/s"


class ArticleViewSet(SoftDeleteMixin, PublishableMixin, RatableMixin, BulkOperationMixin, BaseViewSet):
    """Articles, with every feature."""

    schema = AutoSchema()
    queryset = Article.objects.order_by("id")
    serializer_class = ArticleSerializer
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = (Seldom,)
    pagination_class = AppPageNumberPagination
    filterset_fields = {"section": ("exact", "in"), "title": ("icontains",)}
    search_fields = ("title",)
    ordering_fields = ("title",)
    date_range_fields = ("created_at",)
    envelope = True


class BagRow(AppReadOnlyModelSerializer):
    """A row of every type."""

    class Meta:
        model = Bag
        fields = "__all__"


class Cursors(CursorPagination):
    ordering = "key"


class BagViewSet(BaseViewSet):
    """Rows that are read only, page by page."""

    schema = AutoSchema()
    queryset = Bag.objects.all()
    serializer_class = BagRow
    http_method_names = ["get", "head", "options"]
    authentication_classes = (BasicAuthentication,)
    permission_classes = (IsAuthenticatedOrReadOnly,)
    pagination_class = Cursors


class LabelSerializer(AppModelSerializer):
    """A label."""

    class Meta:
        model = Label
        fields = ("id", "name")


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A task, with its label in it."""

    home = LabelSerializer(source="label", read_only=True)

    class Meta:
        model = Task
        fields = ("id", "title", "code", "home", "effort", "state")


class TaskViewSet(BaseViewSetMixin, ModelViewSet[Task]):
    """Tasks by REST framework's own viewset behind our mixin, with actions of its own."""

    schema = AutoSchema()
    queryset = Task.objects.order_by("id")
    serializer_class = TaskSerializer
    authentication_classes = ()
    permission_classes = ()
    pagination_class = LimitOffsetPagination

    @extend_schema(request=None, responses=in_envelope(TaskSerializer))
    @action(detail=True, methods=["post"])
    def finish(self, request: Any, pk: Any = None) -> Response:
        """Say that it is done."""
        return self.success_response(self.get_serializer(self.get_object()).data, "Finished.")

    @extend_schema(responses=in_envelope(LabelSerializer, many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def labels(self, request: Any, pk: Any = None) -> Response:
        """List its labels."""
        return self.success_response(LabelSerializer(self.get_object().watchers.all(), many=True).data)

    @extend_schema(request=None, responses={202: in_envelope(None)})
    @action(detail=False, methods=["post"])
    def tidy(self, request: Any) -> Response:
        """Tidy up later."""
        return self.success_response(message="Soon.", status_code=202)


class WrappedTasks(TaskViewSet):
    """The same, where everything is wrapped."""

    schema = AutoSchema()
    envelope = True


class LabelList(AppModelListAPIViewSet):
    """List labels."""

    schema = AutoSchema()
    queryset = Label.objects.order_by("id")
    serializer_class = LabelSerializer


class LabelDetail(AppModelRetrieveAPIViewSet):
    """Show a label."""

    schema = AutoSchema()
    queryset = Label.objects.order_by("id")
    serializer_class = LabelSerializer


class LabelWrites(AppModelCUDAPIViewSet):
    """Write labels."""

    schema = AutoSchema()
    queryset = Label.objects.order_by("id")
    serializer_class = LabelSerializer


class Health(AppAPIView):
    """How it is."""

    schema = AutoSchema()

    @extend_schema(responses={200: {"type": "object", "properties": {"up": {"type": "boolean"}}}})
    def get(self, request: Any) -> Response:
        """Say how it is."""
        return self.send_response({"up": True})


@extend_schema(responses={200: LabelSerializer})
@api_view(["GET"])
def first_label(request: Any) -> Response:
    """Show the first label."""
    return Response(LabelSerializer(Label.objects.first()).data)


def patterns(**changed: Any) -> list[Any]:
    """The addresses of the project, with something changed in every view."""
    router = AppRouter()
    for name, view in {
        "articles": ArticleViewSet,
        "bags": BagViewSet,
        "tasks": TaskViewSet,
        "wrapped": WrappedTasks,
        "listed": LabelList,
        "shown": LabelDetail,
        "written": LabelWrites,
    }.items():
        made: Any = type(view.__name__, (view,), {"__doc__": view.__doc__, **fresh(changed)}) if changed else view
        router.register(name, made, basename=name)
    health: Any = type("Health", (Health,), fresh(changed)) if changed else Health
    uploads: list[Any] = []
    for name, upload in (("photos/", get_upload_api_view(Photo)), ("files/", get_upload_api_view(Attachment))):
        described: Any = type(upload.__name__, (upload,), {"schema": AutoSchema(), **fresh(changed)})
        uploads.append(path(name, described.as_view()))
    return [path("", include(router.urls)), path("health/", health.as_view()), path("first/", first_label), *uploads]


def fresh(changed: dict[str, Any]) -> dict[str, Any]:
    """Attributes for one more class; a schema belongs to one alone."""
    return {name: value() if isinstance(value, type) else value for name, value in changed.items()}


urlpatterns = patterns()
