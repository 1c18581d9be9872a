"""Views as projects have them, of every kind that REST framework knows."""

import io
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db.models import Avg
from django.http import FileResponse, Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]  # it has no types
from rest_framework import filters, generics, mixins, pagination, parsers, permissions, renderers, status
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import MethodNotAllowed, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.reverse import reverse

from tests.drf.compat.plain import policies, serializers
from tests.drf.compat.plain.names import Api, Generic, Models, Parts, Plain, ReadOnly
from tests.project.models import Article, Bag, Label, Relic, Shelf, Task


class Numbered(pagination.PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"


class Sliced(pagination.LimitOffsetPagination):
    default_limit = 2


class Cursored(pagination.CursorPagination):
    page_size = 2
    ordering = "id"


class TaskViewSet(Models):
    """Tasks, with *everything* that a list can have."""

    queryset = Task.objects.prefetch_related("watchers")
    serializer_class = serializers.TaskSerializer
    pagination_class: Any = Numbered
    filter_backends: Any = (DjangoFilterBackend, filters.SearchFilter, filters.OrderingFilter)
    filterset_fields = ("state", "label")
    search_fields = ("title", "^code")
    ordering_fields = ("title", "effort")

    def get_serializer_context(self) -> Any:
        return {**super().get_serializer_context(), "who": self.request.headers.get("X-Who", "nobody")}

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner_id=self.request.headers.get("X-Who", ""))

    @action(detail=True, methods=["post"], url_path="finish-it", url_name="finish")
    def finish(self, request: Any, pk: Any = None) -> Response:
        """Say that it is done."""
        task = self.get_object()
        task.state = "done"
        task.save()
        return Response(self.get_serializer(task).data, status=status.HTTP_202_ACCEPTED)

    @action(detail=False, pagination_class=None)
    def effort(self, request: Any) -> Response:
        """How much there is to do."""
        return Response(self.get_queryset().aggregate(mean=Avg("effort")))

    @action(detail=True)
    def note(self, request: Any, pk: Any = None) -> Response:
        """A note of it."""
        return Response({"note": self.get_object().title})

    @note.mapping.put
    def write_note(self, request: Any, pk: Any = None) -> Response:
        return Response({"wrote": request.data})

    @note.mapping.delete
    def remove_note(self, request: Any, pk: Any = None) -> Response:
        return Response(status=204)

    @action(detail=False, methods=["post"])
    def check(self, request: Any) -> Response:
        """Whether it could be made, without making it."""
        serializer = self.get_serializer(data=request.data)
        valid = serializer.is_valid(raise_exception=False)
        return Response({"valid": valid, "fields": sorted(serializer.errors)})


class SlicedTasks(TaskViewSet):
    pagination_class = Sliced


class CursoredTasks(TaskViewSet):
    pagination_class = Cursored
    filter_backends = ()


class BagViewSet(Models):
    queryset = Bag.objects.order_by("name")
    serializer_class = serializers.BagSerializer


class LabelViewSet(Models):
    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer
    lookup_value_regex = "[0-9]+"


class LinkedTaskViewSet(Models):
    queryset = Task.objects.order_by("id")
    serializer_class = serializers.LinkedTaskSerializer


class NestedTaskViewSet(Models):
    queryset = Task.objects.order_by("id")
    serializer_class = serializers.NestedTaskSerializer


class ArticleViewSet(Models):
    queryset = Article.objects.order_by("id")
    serializer_class = serializers.ArticleSerializer
    lookup_field = "slug"
    lookup_value_regex = "[a-z-]+"


class ShelvesOfShelf(Models):
    """Shelves below one that the address names."""

    serializer_class = serializers.ShelfSerializer

    def get_queryset(self) -> Any:
        return Shelf.objects.filter(inside=self.kwargs["shelf_pk"]).order_by("id")


class ReadOnlyLabels(ReadOnly):
    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer


class OnlyMade(mixins.CreateModelMixin, mixins.ListModelMixin, Parts):
    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer


class SeveralLabels(Generic):
    """Many labels with one request, by a list serializer of its own."""

    queryset = Label.objects.order_by("id")

    def post(self, request: Any) -> Response:
        serializer = serializers.SeveralLabels(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response([one["name"] for one in serializer.data], status=201)


class LabelsByMixins(mixins.ListModelMixin, mixins.CreateModelMixin, Generic):
    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer
    pagination_class = None

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.create(request, *args, **kwargs)


class LabelByGenerics(generics.RetrieveUpdateDestroyAPIView[Label]):
    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer


class Sums(Plain):
    """A viewset without a model."""

    def list(self, request: Any) -> Response:
        return Response([{"sum": 3}])

    def create(self, request: Any) -> Response:
        serializer = serializers.SumSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"sum": serializer.validated_data["a"] + serializer.validated_data["b"]})

    def retrieve(self, request: Any, pk: Any = None) -> Response:
        return Response({"pk": pk})


class Echo(Api):
    """What was sent, as the view saw it."""

    parser_classes = (
        parsers.JSONParser,
        parsers.FormParser,
        parsers.MultiPartParser,
        policies.Lines,
    )

    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response({"query": dict(request.query_params), "kwargs": kwargs, "version": request.version})

    def post(self, request: Any, **kwargs: Any) -> Response:
        data = {name: getattr(value, "name", value) for name, value in dict(request.data).items()}
        files = {name: [one.name, one.size, one.content_type] for name, one in request.FILES.items()}
        return Response({"data": data, "files": files, "type": request.content_type})


class Upload(Api):
    parser_classes = (parsers.FileUploadParser,)

    def put(self, request: Any, filename: str) -> Response:
        file = request.data["file"]
        return Response({"name": file.name, "text": file.read().decode(), "asked": filename})


class RelicViewSet(Models):
    queryset = Relic.objects.order_by("id")
    serializer_class = serializers.RelicSerializer
    parser_classes = (parsers.MultiPartParser, parsers.JSONParser)

    def perform_create(self, serializer: Any) -> None:
        picture = serializer.validated_data.get("picture")
        named = {"picture": ContentFile(picture.read(), name="relic.txt")} if picture else {}
        serializer.save(**named)


class Rendered(Api):
    """One thing in many forms."""

    renderer_classes = (renderers.JSONRenderer, policies.CSV, policies.XML, policies.PlainText)

    def get(self, request: Any, **suffix: Any) -> Response:
        return Response([{"a": 1, "b": "ü"}, {"a": 2, "b": ""}])


class AdminLabels(Models):
    """The other face of the browsable API."""

    queryset = Label.objects.order_by("id")
    serializer_class = serializers.LabelSerializer
    renderer_classes = (renderers.AdminRenderer, renderers.JSONRenderer)


class Page(Api):
    """HTML by a template, or as it is."""

    renderer_classes = (renderers.TemplateHTMLRenderer, renderers.StaticHTMLRenderer)

    def get(self, request: Any, what: str) -> Response:
        if what == "missing":
            raise Http404
        return Response({"exception": "no exception"}, template_name="rest_framework/raw_data_form.html")


class Values(Api):
    """Every value that JSON is made of."""

    def get(self, request: Any) -> Response:
        return Response(
            {"text": "ü “q” \u2028 \U0001f600 </script>", "numbers": [1, -2.5, 1e22, 0.1, 2**70], "no": None}
        )


class NotFinite(Api):
    def get(self, request: Any) -> Response:
        return Response([float("inf"), float("nan")])


class Answers(Api):
    """A response of every kind, by its name."""

    def get(self, request: Any, kind: str) -> Any:
        made: Any = getattr(self, kind)()
        if kind == "cookie":
            made.set_cookie("taste", "sweet", max_age=60, httponly=True)
        return made

    def headed(self) -> Response:
        return Response({"a": 1}, headers={"X-One": "1", "Cache-Control": "no-store"}, status=203)

    def cookie(self) -> Response:
        return Response({"a": 1})

    def typed(self) -> Response:
        return Response({"a": 1}, content_type="application/vnd.shop+json")

    def empty(self) -> Response:
        return Response(status=204)

    def nothing(self) -> Response:
        return Response()

    def error(self) -> Response:
        return Response({"mine": "an error of my own"}, status=418)

    def plain(self) -> HttpResponse:
        return HttpResponse("text", content_type="text/plain", status=202)

    def json(self) -> HttpResponse:
        return JsonResponse({"a": 1})

    def stream(self) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"one,", b"two"]), content_type="text/csv")

    def file(self) -> FileResponse:
        return FileResponse(io.BytesIO(b"bytes"), as_attachment=True, filename="a.bin")


# One member for each exception; the dispatch of Answers would take these names as methods.
RAISED: dict[str, Callable[[], Exception]] = {
    "quota": policies.QuotaExceeded,
    "coded": lambda: ValidationError({"a": ["bad"], "b": {"c": ["worse"]}}, code="odd"),
    "listed": lambda: ValidationError(["one", "two"]),
    "missing": Http404,
    "not_found": lambda: NotFound("There is no such thing."),
    "denied": lambda: PermissionDenied("No."),
    "method": lambda: MethodNotAllowed("GET"),
}


class Raising(Api):
    def get(self, request: Any, kind: str) -> Response:
        found = RAISED[kind]()
        raise found


class MakesAndFails(Api):
    """Writes, and then fails: with ATOMIC_REQUESTS nothing is left."""

    def post(self, request: Any) -> Response:
        Label.objects.create(name="left over")
        raise ValidationError({"name": ["Too late."]})


def guarded(**policy: Any) -> Any:
    """A view under some policy, which says who asks."""

    def get(self: Any, request: Any, **kwargs: Any) -> Response:
        name = getattr(request.user, "username", None)
        auth = request.auth if isinstance(request.auth, dict) else type(request.auth).__name__
        return Response(
            {"user": name, "auth": auth, "version": request.version, "url": reverse("root", request=request)}
        )

    return type("Guarded", (Api,), {"get": get, "post": get, "throttle_scope": "rare", **policy})


AUTHENTICATED = (permissions.IsAuthenticated,)
POLICIES: dict[str, Any] = {
    "session": {"authentication_classes": (SessionAuthentication,), "permission_classes": AUTHENTICATED},
    "basic": {"authentication_classes": (BasicAuthentication,), "permission_classes": AUTHENTICATED},
    "token": {"authentication_classes": (TokenAuthentication,), "permission_classes": AUTHENTICATED},
    "badge": {"authentication_classes": (policies.Badge, BasicAuthentication), "permission_classes": AUTHENTICATED},
    "composed": {
        "authentication_classes": (policies.Badge,),
        "permission_classes": ((permissions.IsAdminUser | policies.IsAnn) & ~permissions.IsAdminUser,),
    },
    "ann": {"authentication_classes": (policies.Badge,), "permission_classes": (policies.IsAnn,)},
    "anonymous": {"authentication_classes": (policies.Badge,), "throttle_classes": (policies.TwiceAnonymous,)},
    "user": {"authentication_classes": (policies.Badge,), "throttle_classes": (policies.TwiceUser,)},
    "scoped": {"throttle_classes": (policies.Scoped,)},
    "never": {"throttle_classes": (policies.Never,)},
    "by-header": {"versioning_class": policies.ByHeader},
    "by-query": {"versioning_class": policies.ByQuery},
    "by-host": {"versioning_class": policies.ByHost},
}


class MyTasks(Models):
    """Tasks that only their owner may touch."""

    queryset = Task.objects.prefetch_related("watchers")
    serializer_class = serializers.TaskSerializer
    authentication_classes = (policies.Badge,)
    permission_classes = (policies.OwnsTask,)
