"""Pages of the browsable API for classes that write by other serializers than they read, and in bulk."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.urls import include, path
from rest_framework import parsers, serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient

from ironbolt.core.errors import ApiError, ValidationFailed
from ironbolt.drf.app_views import (
    AppModelCUDAPIViewSet,
    AppModelListAPIViewSet,
    AppModelRetrieveAPIViewSet,
)
from ironbolt.drf.browsable import BrowsableAPIRenderer
from ironbolt.drf.routers import AppRouter
from ironbolt.drf.serializers import AppModelSerializer, AppReadOnlyModelSerializer, AppWriteOnlyModelSerializer
from ironbolt.drf.views import BaseViewSet
from tests.project.models import Label, Task

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
HTML = {"accept": "text/html"}


class LabelRow(AppReadOnlyModelSerializer):
    """A label as it is read."""

    class Meta:
        model = Label
        fields = ("id", "name")


class TaskShown(AppReadOnlyModelSerializer):
    """A task as it is read, with its label in it."""

    label: Any = LabelRow()

    class Meta:
        model = Task
        fields = ("id", "title", "label")


class TaskSent(AppWriteOnlyModelSerializer):
    """A task as it is made."""

    read_serializer_class = TaskShown

    class Meta:
        model = Task
        fields = ("title", "code", "label", "owner_id")


class TaskChanged(AppWriteOnlyModelSerializer):
    """A task as it is changed."""

    read_serializer_class = TaskShown

    class Meta:
        model = Task
        fields = ("title", "label", "state", "code")


class Tasks(AppModelListAPIViewSet, AppModelRetrieveAPIViewSet, AppModelCUDAPIViewSet):
    """Tasks, with everything."""

    queryset = Task.objects.select_related("label")
    serializer_class: Any = TaskShown
    create_serializer_class = TaskSent
    update_serializer_class = TaskChanged
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()
    renderer_classes = (JSONRenderer, BrowsableAPIRenderer)
    parser_classes = (parsers.JSONParser, parsers.FormParser, parsers.MultiPartParser)


class ShownOtherwise(AppModelSerializer):
    """One that shows tasks by code of its own."""

    class Meta:
        model = Task
        fields = ("title", "code", "label")

    def to_representation(self, instance: Any) -> Any:
        return {"said": str(instance)}


class Unreadable(ShownOtherwise):
    """One with a field that no task has."""

    again = serializers.CharField()

    class Meta(ShownOtherwise.Meta):
        fields: Any = ("title", "again")


class Cracked(ApiError):
    """No field is at fault."""

    status = 409


class Others(BaseViewSet):
    """Tasks of a class that says what is wrong itself."""

    queryset = Task.objects.all()
    serializer_class = ShownOtherwise
    permission_classes: Any = (AllowAny,)
    authentication_classes: Any = ()
    renderer_classes: Any = (JSONRenderer, BrowsableAPIRenderer)
    parser_classes: Any = (parsers.JSONParser, parsers.FormParser)

    def before_perform_create(self, serializer: Any) -> None:
        if serializer.validated_data["title"] == "crack":
            raise Cracked("It is cracked.")
        raise ValidationFailed({"code": ["Not this code."], "nothing.here": ["Elsewhere."]})

    @action(detail=True, methods=["post"])
    def odd(self, request: Any, pk: Any = None) -> Response:
        """Refuse in words of one's own."""
        return Response({"error": "odd"}, status=409)


class Unreadables(Others):
    serializer_class: Any = Unreadable


router = AppRouter()
router.register("tasks", Tasks, basename="task")
router.register("others", Others, basename="other")
router.register("unreadable", Unreadables, basename="unreadable")
urlpatterns = [path("api/", include(router.urls))]


@pytest.fixture
def task() -> Task:
    """A task with a label."""
    return Task.objects.create(title="Sweep", code="C1", label=Label.objects.create(name="home"), state="done")


def page(address: str, method: str = "get", **options: Any) -> str:
    """A page, unescaped."""
    response = getattr(APIClient(), method)(address, headers=HTML, **options)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return unescape(response.content.decode())


def part(text: str, name: str) -> str:
    """One of the forms of a page, by the id of its tab."""
    start = text.index(f'id="{name}"')
    return text[start : text.index("</form>", start)]


def typed(text: str, name: str) -> str:
    """The value of an input."""
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', text, re.DOTALL)
    return found[1] if found else ""


def chosen(text: str, name: str) -> str:
    """The value of a select."""
    inside = text[text.index(f'name="{name}"') :]
    found = re.search(r'<option value="([^"]*)" selected', inside[: inside.index("</select>")])
    return found[1] if found else ""


def raw(text: str, name: str) -> Any:
    """What the form for bodies of any kind starts with, decoded."""
    inside = part(text, name)
    found = re.search(r'<textarea name="_content"[^>]*>(.*?)</textarea>', inside, re.DOTALL)
    assert found
    return json.loads(found[1])


def crumbs(text: str) -> list[str]:
    """The addresses of the breadcrumbs."""
    start = text.index('<ul class="breadcrumb">')
    return re.findall(r'<a href="([^"]*)"', text[start : text.index("</ul>", start)])


@pytest.mark.parametrize("slash", ["/", ""])
def test_each_page_above_is_named_once(task, slash) -> None:
    """Addresses with and without a slash at the end are one page, however the present one was asked for."""
    assert crumbs(page(f"/api/tasks/{task.pk}{slash}")) == ["/api/tasks/", f"/api/tasks/{task.pk}{slash}"]
    assert crumbs(page(f"/api/tasks{slash}?page=1")) == [f"/api/tasks{slash}"]


def test_array_has_no_form_of_one_object(task) -> None:
    """A list that takes arrays by PUT offers them as raw data alone, in an array; its POST has both forms."""
    text = page("/api/tasks/")
    assert 'id="post-object-form"' in text
    assert 'id="put-object-form"' not in text
    assert raw(text, "put-generic-content-form") == [{"title": "", "label": None, "state": None, "code": ""}]
    assert raw(text, "post-generic-content-form").keys() == {"title", "code", "label", "owner_id"}
    bulk = page("/api/tasks/bulk_create/", "post", data=[], format="json")
    assert 'id="post-object-form"' not in bulk
    assert isinstance(raw(bulk, "post-generic-content-form"), list)
    assert 'id="put-object-form"' in page(f"/api/tasks/{task.pk}/")


def test_form_is_filled_by_what_writes(task) -> None:
    """The forms of an object have the fields that an update takes, with its present values."""
    text = page(f"/api/tasks/{task.pk}/")
    form = part(text, "put-object-form")
    assert (typed(form, "title"), typed(form, "code")) == ("Sweep", "C1")
    assert (chosen(form, "label"), chosen(form, "state")) == (str(task.label_id), "done")
    sent = {"title": "Sweep", "label": task.label_id, "state": "done", "code": "C1"}
    assert raw(text, "put-generic-content-form") == sent
    assert '"name": "home"' in text
    changed = page(f"/api/tasks/{task.pk}/", "put", data=sent | {"title": "Mop"}, format="json")
    form = part(changed, "put-object-form")
    assert (typed(form, "title"), typed(form, "code"), chosen(form, "label")) == ("Mop", "C1", str(task.label_id))


def test_form_of_a_serializer_with_its_own_way_to_show(task) -> None:
    """It is left as REST framework fills it: what a project masks, or leaves out, stands in no form either."""
    assert typed(part(page(f"/api/others/{task.pk}/"), "put-object-form"), "code") == ""
    form = part(page(f"/api/unreadable/{task.pk}/"), "put-object-form")
    assert typed(form, "title") == ""


@pytest.mark.parametrize("format_of_body", ["json", "multipart"])
def test_conflict_comes_back_as_it_was_typed(task, format_of_body) -> None:
    """A 409 keeps what was typed, and has its message beside the field that it is about."""
    sent = {"title": "Typed", "code": "C1", "label": task.label_id, "owner_id": "me"}
    text = page("/api/tasks/", "post", data=sent, format=format_of_body)
    assert "HTTP 409 Conflict" in text
    form = part(text, "post-object-form")
    assert (typed(form, "title"), typed(form, "code"), typed(form, "owner_id")) == ("Typed", "C1", "me")
    assert chosen(form, "label") == str(task.label_id)
    assert form.count('<span class="help-block">This value is already taken.</span>') == 1


def test_conflict_of_an_update_comes_back(task) -> None:
    """The same for an update, whose other forms still know the object."""
    Task.objects.create(title="Other", code="C2")
    sent = {"title": "Typed", "code": "C2", "label": task.label_id, "state": "open"}
    text = page(f"/api/tasks/{task.pk}/", "put", data=sent, format="json")
    assert "HTTP 409 Conflict" in text
    form = part(text, "put-object-form")
    assert (typed(form, "title"), typed(form, "code"), chosen(form, "state")) == ("Typed", "C2", "open")
    assert "This value is already taken." in form
    assert raw(text, "put-generic-content-form")["title"] == "Sweep"


def test_refusal_of_a_hook_comes_back() -> None:
    """What a hook refuses comes back as well, with the faults that have a field, or without any."""
    form = part(page("/api/others/", "post", data={"title": "Typed", "code": "X"}, format="json"), "post-object-form")
    assert (typed(form, "title"), typed(form, "code")) == ("Typed", "X")
    assert '<span class="help-block">Not this code.</span>' in form
    assert "Elsewhere." not in form
    text = page("/api/others/", "post", data={"title": "crack", "code": "Y"}, format="json")
    assert "HTTP 409 Conflict" in text
    assert typed(part(text, "post-object-form"), "code") == "Y"
    assert "help-block" not in part(text, "post-object-form")


def test_fault_inside_of_an_object_stands_there() -> None:
    """A fault of a nested object stands beside the field inside of it."""
    from ironbolt.drf.browsable import _by_field  # no page of a form can be refused so without code of one's own

    class Nested(serializers.Serializer[Any]):
        label: Any = LabelRow()
        tags = serializers.ListField()

    found = _by_field({"label.name": ["a"], "tags.0": ["b"], "label": ["c"]}, Nested().fields)
    assert found == {"label": {"name": ["a"]}, "tags": ["b"]}


def test_error_of_ones_own_words_has_its_page(task) -> None:
    """An error in another shape is shown all the same."""
    assert '"error": "odd"' in page(f"/api/others/{task.pk}/odd/", "post", data={"title": "x"}, format="json")


def test_options_tell_what_each_method_takes(task) -> None:
    """OPTIONS name the fields of the serializer that creates, and of the one that updates."""
    listed = APIClient().options("/api/tasks/").json()["data"]["actions"]
    assert {name: [*fields] for name, fields in listed.items()} == {"POST": ["title", "code", "label", "owner_id"]}
    single = APIClient().options(f"/api/tasks/{task.pk}/").json()["data"]["actions"]
    assert {name: [*fields] for name, fields in single.items()} == {"PUT": ["title", "label", "state", "code"]}
