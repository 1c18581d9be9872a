"""Tests of marks on the methods of a view: custom actions, and what a handler decides for itself."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, ViewSet, action, override
from ironbolt.bolt.auth import SessionAuthentication
from ironbolt.bolt.guards import IsStaff
from ironbolt.bolt.structs import ModelStruct
from ironbolt.testing import TestClient
from tests.project.models import Label


def test_override_holds_on_actions_and_functions() -> None:
    """Guards named by @override count wherever it stands; what a registration says itself goes before them."""
    api = BoltAPI(info=Info(served=False), auth=[SessionAuthentication()])

    @api.viewset("/a")
    class A(ViewSet):
        @action(methods=["POST"], detail=False)
        @override(guards=[IsStaff()])
        def below(self, request: Any) -> int:
            return 1

        @override(guards=[IsStaff()])
        @action(methods=["POST"], detail=False)
        def above(self, request: Any) -> int:
            return 1

        @action(methods=["POST"], detail=False, guards=[])
        @override(guards=[IsStaff()])
        def said(self, request: Any) -> int:
            return 1

    @api.post("/f")
    @override(guards=[IsStaff()])
    def function(request: Any) -> int:
        return 1

    client = TestClient(api)
    statuses = [client.post(path).status_code for path in ("/a/below", "/a/above", "/f", "/a/said")]
    assert statuses == [401, 401, 401, 200]


class LabelOut(ModelStruct):
    """A label."""

    class Meta:
        model = Label
        fields = ["id", "name"]


def _labels(api: BoltAPI, path: str, **actions: Any) -> None:
    attributes = {"queryset": Label.objects.all(), "serializer_class": LabelOut, **actions}
    api.viewset(path)(type("Labels", (ModelViewSet,), attributes))


@pytest.mark.django_db
def test_a_default_action_takes_what_is_said_of_it() -> None:
    """Status, guards, tags and summary count for that class alone, as with a handler of one's own."""
    api = BoltAPI(auth=[SessionAuthentication()])
    said = override(status_code=202, guards=[IsStaff()], tags=["ours"], summary="Look here")
    _labels(api, "/mine", list=said(ModelViewSet.list), create=override(status_code=202)(ModelViewSet.create))
    _labels(api, "/others")
    client = TestClient(api)
    assert [client.get(path).status_code for path in ("/mine", "/others")] == [401, 200]
    assert client.post("/mine", json={"name": "a"}).status_code == 202
    assert client.post("/others", json={"name": "b"}).status_code == 201
    paths = client.get("/openapi.json").json()["paths"]
    assert [paths["/mine"]["get"][word] for word in ("summary", "tags")] == ["Look here", ["ours"]]
    assert "202" in paths["/mine"]["get"]["responses"]
    assert "200" in paths["/others"]["get"]["responses"]


def test_a_default_action_answers_what_the_class_says() -> None:
    """A response_model that nothing would look at is refused at start."""
    api = BoltAPI(info=Info(served=False))
    _labels(api, "/x", list=override(response_model=int)(ModelViewSet.list))
    with pytest.raises(ImproperlyConfigured, match=r"Labels\.list is Ironbolt's own"):
        api.routes()
