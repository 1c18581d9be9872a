"""The addresses of the plain project, by every router and pattern that REST framework has."""

from typing import Any

from django.urls import include, path, re_path
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.decorators import api_view, permission_classes, throttle_classes
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.schemas import get_schema_view
from rest_framework.urlpatterns import format_suffix_patterns

from tests.drf.compat.plain import policies, views

default = DefaultRouter()
default.register("tasks", views.TaskViewSet, basename="task")
default.register("bags", views.BagViewSet)
default.register("labels", views.LabelViewSet)
default.register("linked", views.LinkedTaskViewSet, basename="linked")

bare = SimpleRouter(trailing_slash=False)
bare.register("sliced", views.SlicedTasks, basename="sliced")
bare.register("cursored", views.CursoredTasks, basename="cursored")
bare.register("nested", views.NestedTaskViewSet, basename="nested")
bare.register("articles", views.ArticleViewSet, basename="article")
bare.register("mine", views.MyTasks, basename="mine")
bare.register("relics", views.RelicViewSet, basename="relic")
bare.register("made", views.OnlyMade, basename="made")
bare.register("read", views.ReadOnlyLabels, basename="read")
bare.register("admin", views.AdminLabels, basename="admin")
bare.register("sums", views.Sums, basename="sum")
bare.register(r"shelves/(?P<shelf_pk>[0-9]+)/shelves", views.ShelvesOfShelf, basename="shelf")


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def function(request: Any, /, **suffix: Any) -> Response:
    """A view that is a function."""
    return Response({"method": request.method, "data": request.data}, headers={"X-Function": "yes"})


@api_view()
@throttle_classes([policies.TwiceAnonymous])
def seldom(request: Any, /) -> Response:
    """A function that is asked seldom."""
    return Response("seldom")


versioned: Any = ([path("here/", views.guarded(versioning_class=policies.ByNamespace).as_view(), name="root")], "shop")

# django-filter's backend, which most others have, is none that REST framework can describe any more.
described = [
    path("labels/", views.LabelViewSet.as_view({"get": "list", "post": "create"})),
    path("bags/<uuid:pk>/", views.BagViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path("generic/<int:pk>/", views.LabelByGenerics.as_view()),
]

urlpatterns = [
    path("", include(default.urls)),
    path("bare/", include(bare.urls)),
    path("start/", function, name="root"),
    *format_suffix_patterns(
        [path("function", function), path("rendered", views.Rendered.as_view())],
        allowed=["json", "csv", "xml", "txt", "api"],
    ),
    path("seldom/", seldom),
    path("several/", views.SeveralLabels.as_view()),
    path("mixed/", views.LabelsByMixins.as_view()),
    path("generic/<int:pk>/", views.LabelByGenerics.as_view()),
    path("echo/", views.Echo.as_view()),
    path("upload/<str:filename>", views.Upload.as_view()),
    path("page/<str:what>/", views.Page.as_view()),
    path("values/", views.Values.as_view()),
    path("not-finite/", views.NotFinite.as_view()),
    path("answers/<str:kind>/", views.Answers.as_view()),
    path("raising/<str:kind>/", views.Raising.as_view()),
    path("fails/", views.MakesAndFails.as_view()),
    path("token/", obtain_auth_token),
    re_path(r"^by-path/(?P<version>[a-z0-9]+)/$", views.Echo.as_view(versioning_class=policies.ByPath)),
    path("by-namespace/first/", include(versioned, namespace="first")),
    path("by-namespace/second/", include(versioned, namespace="second")),
    path("by-namespace/third/", include(versioned, namespace="third")),
    path("auth/", include("rest_framework.urls")),
    path("openapi/", get_schema_view(title="Plain", patterns=described)),
    *[path(f"policy/{name}/", views.guarded(**policy).as_view()) for name, policy in views.POLICIES.items()],
]
