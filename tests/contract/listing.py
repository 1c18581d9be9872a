"""Lists of any model through both doors, for tests of what clients may ask of a list."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from django.db.models import Model
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.core import context
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet
from ironbolt.testing import TestClient

Ask = Callable[..., tuple[int, Any]]
"""Asks a list: a query as text, as a dictionary, or the address of a page; gives status and body."""

MakeList = Callable[..., Ask]


def _query(asked: str | dict[str, Any]) -> str:
    if isinstance(asked, dict):
        return urlencode(asked, doseq=True)
    return urlsplit(asked).query if "://" in asked else asked


def through_bolt(model: type[Model], shown: str, **attributes: Any) -> Ask:
    """A list of the Bolt door that shows one column of each row."""
    column = model._meta.get_field(shown)
    read_as: Any = int if column.get_internal_type().endswith("AutoField") else Any
    struct = msgspec.defstruct("Row", [(shown, read_as)])
    api = BoltAPI(info=Info(served=False))
    view = type("Rows", (ModelViewSet,), {"model": model, "serializer_class": struct, **attributes})
    api.viewset("/rows")(view)
    client = TestClient(api)

    def ask(query: str | dict[str, Any] = "") -> tuple[int, Any]:
        answer = client.get(f"/rows?{_query(query)}")
        return answer.status_code, answer.json()

    return ask


def through_drf(model: type[Model], shown: str, **attributes: Any) -> Ask:
    """The same of the DRF door."""
    meta = type("Meta", (), {"model": model, "fields": (shown,)})
    serializer = type("RowSerializer", (AppModelSerializer,), {"Meta": meta})
    common = {"serializer_class": serializer, "permission_classes": (AllowAny,), "authentication_classes": ()}
    rows = {"queryset": model._default_manager.all(), "pagination_class": None}
    view: Any = type("Rows", (BaseViewSet,), {**common, **rows, **attributes})
    listed = view.as_view({"get": "list"})

    def ask(query: str | dict[str, Any] = "") -> tuple[int, Any]:
        request = APIRequestFactory().get(f"/rows?{_query(query)}")
        with context.using(context.Context(trace_id="-")):  # as the middleware does
            answer = listed(request)
        return answer.status_code, msgspec.json.decode(answer.content)

    return ask


DOORS: dict[str, MakeList] = {"drf": through_drf, "bolt": through_bolt}
