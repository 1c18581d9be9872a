"""Filters of this door: whose backends are used, django-filter's own classes, and the schema of the API."""

from typing import Any

import django_filters  # type: ignore[import-untyped]  # it has no types
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet

from ironbolt.drf.filters import AppFilterBackend, AppFilterSet, AppOrderingFilter, AppSearchFilter, DateRangeFilter
from ironbolt.drf.pagination import CursorPagination, LimitOffsetPagination
from ironbolt.drf.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from tests.contract.listing import through_drf
from tests.drf.shop import TaskSerializer, TaskViewSet
from tests.drf.test_schema import schema_of
from tests.project.models import Bag, Task


class Shown(AppReadOnlyModelSerializer):
    """A task by a plan."""

    class Meta:
        model = Task
        fields = ("code",)


def test_backends_are_those_that_are_called_for() -> None:
    """A class has the backends for what it declares, and none without."""
    assert BaseViewSet().filter_backends == ()

    class Declared(BaseViewSet):
        filterset_fields = ("title",)
        search_fields = ("title",)
        ordering = ("title",)
        date_range_fields = ("day",)

    wanted = (AppFilterBackend, DateRangeFilter, AppSearchFilter, AppOrderingFilter)
    assert Declared.filter_backends == Declared().filter_backends == wanted


def test_backends_of_the_project_go_first(monkeypatch) -> None:
    """What a class, a base behind ours, the address or the settings name is used instead."""

    class Base(ModelViewSet[Task]):
        filter_backends = (SearchFilter,)

    class Own(BaseViewSet):
        filter_backends = (OrderingFilter,)
        search_fields = ("title",)

    assert Own().filter_backends == (OrderingFilter,)
    assert type("Mixed", (BaseViewSetMixin, Base), {"ordering": "pk"})().filter_backends == (SearchFilter,)
    instance = BaseViewSet(filter_backends=(SearchFilter,))
    assert instance.filter_backends == (SearchFilter,)
    monkeypatch.setattr(api_settings, "DEFAULT_FILTER_BACKENDS", [SearchFilter])
    assert type("Listed", (BaseViewSet,), {"ordering": "pk"})().filter_backends == [SearchFilter]
    assert Own().filter_backends == (OrderingFilter,)


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize("serializer", [TaskSerializer, Shown])
def test_backends_that_a_class_behind_works_out_are_asked_for_each_request(serializer: Any) -> None:
    """A property may give others to the next caller; the class alone can't tell them."""

    class Behind(ModelViewSet[Task]):
        queryset = Task.objects.order_by("code")
        permission_classes = ()

        @property
        def filter_backends(self) -> Any:  # type: ignore[override]  # as projects do
            return (AppFilterBackend,) if "X-Filter" in self.request.headers else []

    declared = {"serializer_class": serializer, "filterset_fields": ("code",), "pagination_class": None}
    view: Any = type("Mixed", (BaseViewSetMixin, Behind), declared)
    assert view.filter_backends is vars(Behind)["filter_backends"]
    listed = view.as_view({"get": "list"})
    for headers, found in (({}, "AB"), ({"X-Filter": "1"}, "B"), ({}, "AB")):
        answer = listed(APIRequestFactory().get("/?code=B", headers=headers))
        assert (answer.status_code, "".join(row["code"] for row in answer.data)) == (200, found)


def test_a_property_in_front_goes_on_to_what_is_behind() -> None:
    """``super()`` gives what a class behind says, else what the attributes call for."""

    class Fewer(BaseViewSet):
        search_fields = ("title",)
        ordering = ("title",)

        @property
        def filter_backends(self) -> Any:  # type: ignore[override]  # as projects do
            return super().filter_backends[1:]

    assert Fewer().filter_backends == (AppOrderingFilter,)


@pytest.fixture
def tasks(db: None) -> None:
    """Two tasks."""
    Task.objects.create(title="first", code="A", effort=3)
    Task.objects.create(title="second", code="B", effort=7)


def codes(answer: tuple[int, Any]) -> str:
    """The codes answered."""
    assert answer[0] == 200, answer
    return "".join(item["code"] for item in answer[1])


@pytest.mark.usefixtures("tasks")
def test_filter_sets_of_the_project() -> None:
    """A FilterSet of django-filter works as it is, and its faults are invalid input too."""

    class Plain(django_filters.FilterSet):  # type: ignore[misc]  # it has no types
        cheap = django_filters.NumberFilter(field_name="effort", lookup_expr="lte")

        class Meta:
            model = Task
            fields = ("state",)

    ask = through_drf(Task, "code", filterset_class=Plain)
    assert codes(ask("cheap=5")) == "A"
    status, body = ask("cheap=50%25&state=lost")
    assert status == 400
    assert set(body["error"]["details"]) == {"cheap", "state"}


@pytest.mark.usefixtures("tasks")
def test_our_filter_set_with_filters_of_ones_own() -> None:
    """In ours, declared filters and overridden kinds of columns stay django-filter's, required ones are asked for."""

    class Ours(AppFilterSet):
        dear = django_filters.NumberFilter(field_name="effort", lookup_expr="gte", required=True)

        class Meta:
            model = Task
            fields = {"title": ["exact"], "effort": ["lt"]}
            filter_overrides = {Task._meta.get_field("title").__class__: {"filter_class": django_filters.CharFilter}}

    ask = through_drf(Task, "code", filterset_class=Ours)
    assert codes(ask("dear=5")) == "B"
    assert codes(ask("dear=1&effort__lt=7&title=first")) == "A"
    assert ask("effort__lt=1")[1]["error"]["details"] == {"dear": ["This field is required."]}


@pytest.mark.usefixtures("tasks")
def test_search_by_patterns_is_rest_frameworks() -> None:
    """Regular expressions are searched for as REST framework does, and what is none is invalid input."""
    ask = through_drf(Task, "code", search_fields=["$title"])
    assert codes(ask("search=^f.*t$")) == "A"
    assert ask("search=(")[1]["error"]["details"] == {"search": ["This is no regular expression."]}


@pytest.mark.usefixtures("tasks")
def test_annotations_and_all_columns() -> None:
    """Annotated values are searched, and ``__all__`` offers every column and annotation to order by."""
    rows = Task.objects.annotate(shown=F("title"))
    ask = through_drf(Task, "code", queryset=rows, search_fields=["shown"], ordering_fields="__all__")
    assert codes(ask("search=sec")) == "B"
    assert codes(ask("ordering=-shown")) == "BA"
    assert ask("ordering=colour")[0] == 400


def test_mistakes_are_told_to_the_developer(db: None) -> None:
    """A cursor over a column that may be null fails whatever the client asks, with the reason."""
    pages = type("Pages", (CursorPagination,), {"ordering": "name"})
    status, body = through_drf(Bag, "name", pagination_class=pages, ordering_fields=["small"])("")
    assert (status, body["error"]["details"]) == (500, {})
    with pytest.raises(ImproperlyConfigured, match="needs a queryset"):
        pages().paginate_queryset([1, 2], None)


def test_filters_are_in_the_schema() -> None:
    """The schema of the API knows every filter with its type."""
    schema = schema_of(
        filterset_fields={"state": ["exact"], "effort": ["gte"], "label": ["in"]},
        search_fields=["title"],
        ordering_fields=["title"],
        pagination_class=LimitOffsetPagination,
    )
    operation = schema["paths"]["/tasks/"]["get"]
    found = {item["name"]: item for item in operation["parameters"]}
    assert set(found) == {"state", "effort__gte", "label__in", "search", "ordering", "limit", "offset"}
    assert found["state"]["schema"]["enum"] == ["done", "open"]
    assert found["label__in"]["schema"]["items"]["type"] == "integer"
    assert found["label__in"]["explode"] is found["ordering"]["explode"] is False
    assert found["ordering"]["schema"]["items"]["enum"] == ["title", "-title"]
    assert all(found[name]["allowEmptyValue"] for name in ("state", "search", "ordering"))
    by_cursor = schema_of(pagination_class=type("Pages", (CursorPagination,), {"ordering": "title"}))
    page = by_cursor["components"]["schemas"]["PaginatedTaskList"]
    assert set(page["properties"]) == {"next", "previous", "results"}


def test_date_ranges_are_in_the_schema() -> None:
    """Both ends of each range are described; a view that is about nothing has none."""
    view = type("Bags", (BaseViewSet,), {"queryset": Bag.objects.all(), "date_range_fields": ["day", "instant"]})()
    found = {item["name"]: item["schema"] for item in DateRangeFilter().get_schema_operation_parameters(view)}
    assert [*found] == ["day_after", "day_before", "instant_after", "instant_before"]
    assert found["day_after"] == {"type": "string", "format": "date"}
    formats = {branch["format"] for branch in found["instant_after"]["anyOf"]}
    assert formats == {"date", "date-time"}
    assert DateRangeFilter().get_schema_operation_parameters(object()) == []


def test_filters_of_a_class_are_made_once() -> None:
    """The FilterSet for ``filterset_fields`` is the same at each request, that of another class another."""
    backend = AppFilterBackend()
    one, other = (type(name, (TaskViewSet,), {"filterset_fields": ["title"]}) for name in ("One", "Other"))
    rows = Task.objects.all()
    assert backend.get_filterset_class(one(), rows) is backend.get_filterset_class(one(), rows)
    assert backend.get_filterset_class(one(), rows) is not backend.get_filterset_class(other(), rows)
    assert backend.get_filterset_class(BaseViewSet(), rows) is None


def test_a_project_without_the_app_of_django_filter_has_no_form(monkeypatch, db: None) -> None:
    """Filters work, and the browsable page is no error for want of a template."""
    view = type("Tasks", (TaskViewSet,), {"filterset_fields": ["code"]})()
    request = Request(APIRequestFactory().get("/"))
    backend = AppFilterBackend()
    assert "<form" in backend.to_html(request, Task.objects.all(), view)
    monkeypatch.setattr("ironbolt.drf.filters.apps.is_installed", lambda name: False)
    assert backend.to_html(request, Task.objects.all(), view) == ""
