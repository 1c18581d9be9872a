"""The addresses of the shop that Django serves."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from bookstore.accounts.api.tokens import LoginView, RefreshView
from bookstore.catalog.api.v1 import BookViewSet
from bookstore.project.home import home, source
from ironbolt.drf.routers import AppRouter, in_both_forms

v1 = AppRouter()
v1.register("books", BookViewSet, basename="book")

tokens = [
    path("token/", LoginView.as_view(), name="token"),
    path("token/refresh/", RefreshView.as_view(), name="token-refresh"),
]

docs = [
    # JSON first: that is what a browser shows instead of saving it.
    path(
        "schema/",
        SpectacularAPIView.as_view(api_version="v1", renderer_classes=[OpenApiJsonRenderer2, OpenApiYamlRenderer]),
        name="schema",
    ),
    path("docs/", SpectacularSwaggerView.as_view(), name="docs"),
]

handler400 = "ironbolt.handlers.bad_request"
handler403 = "ironbolt.handlers.permission_denied"
handler404 = "ironbolt.handlers.not_found"
handler500 = "ironbolt.handlers.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("source/<slug:version>", source, name="source"),
    path("admin/", admin.site.urls),
    re_path("^api/(?P<version>v1)/", include(v1.urls)),
    path("api/", include(in_both_forms([*tokens, *docs]))),
]
