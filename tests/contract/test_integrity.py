"""What the database refuses, through both doors and beside them: told by the fields that clients know."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework import serializers, viewsets
from rest_framework.decorators import action as drf_action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from ironbolt.bolt import BoltAPI, Info, ModelViewSet, action
from ironbolt.bolt.structs import source
from ironbolt.core import context
from ironbolt.drf.exceptions import exception_handler
from ironbolt.drf.fields import ReferenceField
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.views import BaseViewSet
from ironbolt.testing import TestClient
from tests.project.models import Booking, Label


def each(names: tuple[str, ...], messages: list[str]) -> dict[str, list[str]]:
    """The same messages under each name."""
    return {name: [*messages] for name in names}


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("M09")]

Send = Callable[..., tuple[int, Any]]
"""Method, path below the bookings, body; gives status and error."""


class BookingIn(msgspec.Struct):
    """A booking under the names that clients know."""

    table: Annotated[int, source("table_number")]
    day: int
    guest: str = ""
    start: Annotated[int, source("first_hour")] = 18
    end: Annotated[int, source("last_hour")] = 20
    voucher: str | None = None
    label_id: int | None = None


class BoltBookings(ModelViewSet):
    """Bookings through the Bolt door; ``seize`` is an action that makes a row by hand."""

    queryset = Booking.objects.all()
    serializer_class = BookingIn
    create_serializer_class = BookingIn

    @action(methods=["POST"], detail=False)
    def seize(self, data: dict[str, Any]) -> dict[str, int]:
        """Create one by the ORM."""
        return {"id": Booking.objects.create(**data).pk}


class BookingSerializer(AppModelSerializer):
    """The same for the DRF door."""

    table = serializers.IntegerField(source="table_number")
    start = serializers.IntegerField(source="first_hour", default=18)
    end = serializers.IntegerField(source="last_hour", default=20)
    label_id = ReferenceField(Label, required=False, allow_null=True)

    class Meta:
        model = Booking
        fields = ("table", "day", "guest", "start", "end", "voucher", "label_id")


class DRFBookings(BaseViewSet):
    """Bookings through the DRF door."""

    queryset = Booking.objects.all()
    serializer_class = BookingSerializer
    permission_classes: Any = (AllowAny,)
    authentication_classes = ()

    @drf_action(detail=False, methods=["post"])
    def seize(self, request: Any) -> Response:
        """Create one by the ORM."""
        return Response({"id": Booking.objects.create(**request.data).pk})


def through_bolt() -> Send:
    """A caller of the Bolt door."""
    api = BoltAPI(info=Info(served=False))
    api.viewset("/bookings")(BoltBookings)
    client = TestClient(api)

    def send(method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = client.request(method, f"/bookings{path}", json=body)
        return answer.status_code, answer.json()

    return send


def through_drf() -> Send:
    """A caller of the DRF door."""

    def send(method: str, path: str, body: Any) -> tuple[int, Any]:
        name = {"": "create", "/seize": "seize"}.get(path, "partial_update")
        return _sent(DRFBookings.as_view({method.lower(): name}), method, path, body)

    return send


def _sent(view: Any, method: str, path: str, body: Any) -> tuple[int, Any]:
    text = msgspec.json.encode(body).decode()
    request = APIRequestFactory().generic(method, f"/bookings{path}", text, content_type="application/json")
    with context.using(context.Context(trace_id="-")):  # as the middleware does
        answer = view(request, **({"pk": path[1:]} if path[1:].isdigit() else {}))
    answer.render()
    return answer.status_code, msgspec.json.decode(answer.content)


@pytest.fixture(params={"drf": through_drf, "bolt": through_bolt}.items(), ids=lambda item: item[0])
def send(request: pytest.FixtureRequest) -> Send:
    """Each door in turn."""
    caller: Send = request.param[1]()
    return caller


@pytest.fixture(autouse=True)
def booking() -> Booking:
    """Ann has a table on the first day."""
    return Booking.objects.create(table_number=1, day=1, guest="Ann", voucher="V")


def refused(answer: tuple[int, Any]) -> dict[str, list[str]]:
    """The details of a 409, which tells nothing of the schema."""
    status, body = answer
    assert status == 409, body
    assert body["error"]["code"] == "integrity_error"
    for secret in ("testproject", "booking_", "secret", "constraint failed", "duplicate key"):
        assert secret not in str(body)
    details: dict[str, list[str]] = body["error"]["details"]
    return details


NEW = {"table": 2, "day": 2, "guest": "Bob", "start": 12, "end": 14}


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"voucher": "V"}, {"voucher": ["This value is already taken."]}),
        ({"table": 1, "day": 1}, each(("table", "day"), ["That table is booked."])),
        ({"guest": "ANN", "day": 1}, each(("guest", "day"), ["You are coming already."])),
        (
            {"guest": "Ann", "start": 18, "end": 20},
            each(("guest", "start", "end"), ["These values are already taken together."]),
        ),
        ({"label_id": 99}, {"label_id": ["No such object."]}),
        ({"start": 22}, each(("start", "end"), ["These values are not allowed together."])),
        ({"day": 32}, {"day": ["This value is not allowed."]}),
    ],
    ids=["unique", "partial", "expression", "together", "foreign key", "check of two", "check of one"],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_violation_names_the_fields_that_clients_know(
    send: Send, changes: dict[str, Any], details: dict[str, Any], method: str
) -> None:
    """Each kind of constraint, by the words of who declared it or by ours; its own name stays inside."""
    other = Booking.objects.create(table_number=9, day=9, guest="Bob", first_hour=12, last_hour=14)
    if method == "PATCH":
        answer = send("PATCH", f"/{other.pk}", {**NEW, **changes})
    else:
        other.delete()
        answer = send("POST", "", {**NEW, **changes})
    assert refused(answer) == details
    assert Booking.objects.filter(table_number=2).count() == 0


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"voucher": "V"}, {"voucher": ["This value is already taken."]}),
        ({"table_number": 1, "day": 1}, each(("table", "day"), ["That table is booked."])),
        ({"table_number": -1}, {"table": ["This value is not allowed."]}),
        ({"table_number": None}, {"table": ["This field may not be null."]}),
    ],
    ids=["unique", "partial", "negative", "null"],
)
def test_a_row_made_by_hand_in_an_action(send: Send, changes: dict[str, Any], details: dict[str, Any]) -> None:
    """Code of one's own that calls the ORM is answered under the same names."""
    assert refused(send("POST", "/seize", {"table_number": 3, "day": 3, **changes})) == details


def test_a_key_that_dangles_in_an_action(send: Send) -> None:
    """Where a database does not name it, at the commit, the answer still says what it is about."""
    details = refused(send("POST", "/seize", {"table_number": 3, "day": 3, "label_id": 99}))
    named = {"label_id": ["No such object."]}
    sentence = {"non_field_errors": ["It refers to something that is not there, or is itself still referred to."]}
    assert details in (named, sentence, {})


def create(request: HttpRequest) -> HttpResponse:
    """A plain Django view."""
    Booking.objects.create(**msgspec.json.decode(request.body))
    return HttpResponse(status=201)


def delete_labels(request: HttpRequest) -> HttpResponse:
    """A plain Django view that deletes."""
    Label.objects.all().delete()
    return HttpResponse(status=204)


urlpatterns = [path("api/bookings", create), path("bookings", create), path("api/labels", delete_labels)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"voucher": "V"}, "This value is already taken."),
        ({"table_number": 1, "day": 1}, "These values are already taken together."),
        ({"table_number": None}, "A value is missing."),
        ({"day": 32}, "This value is not allowed."),
    ],
)
def test_a_plain_view_of_django(settings, changes: dict[str, Any], sentence: str) -> None:
    """It has no names for its fields: what is wrong is told, and nothing of the schema."""
    settings.ROOT_URLCONF = __name__
    body = {"table_number": 3, "day": 3, **changes}
    answer = Client().post("/api/bookings", body, content_type="application/json")
    assert refused((answer.status_code, answer.json())) == {"non_field_errors": [sentence]}
    page = Client(raise_request_exception=False).post("/bookings", body, content_type="application/json")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (500, "text/html")


class PlainSerializer(serializers.ModelSerializer[Booking]):
    """A serializer of REST framework's own."""

    class Meta:
        model = Booking
        fields = ("table_number", "day", "guest", "voucher")
        extra_kwargs = {"voucher": {"validators": []}}  # as if another request had come between


class PlainBookings(viewsets.ModelViewSet[Booking]):
    """A view set of REST framework's own."""

    queryset = Booking.objects.all()
    serializer_class = PlainSerializer
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def get_exception_handler(self) -> Any:
        """As REST_FRAMEWORK["EXCEPTION_HANDLER"] would have it."""
        return exception_handler


def test_a_plain_view_set_with_the_handler_alone() -> None:
    """REST framework's own views are told the same, be it that its serializers did not ask first."""
    view = PlainBookings.as_view({"post": "create"})
    answer = _sent(view, "POST", "", {"table_number": 3, "day": 3, "voucher": "V"})
    assert refused(answer) == {"voucher": ["This value is already taken."]}


def test_a_plain_serializer_keeps_its_own_400() -> None:
    """What REST framework finds out by asking stays its 400."""
    meta = type("Meta", (), {"model": Booking, "fields": ("table_number", "day", "voucher")})
    serializer = type("Asking", (serializers.ModelSerializer,), {"Meta": meta})
    view = PlainBookings.as_view({"post": "create"}, serializer_class=serializer)
    status, body = _sent(view, "POST", "", {"table_number": 3, "day": 3, "voucher": "V"})
    assert (status, body["error"]["code"], list(body["error"]["details"])) == (400, "validation_error", ["voucher"])


def test_what_others_refer_to_cannot_be_deleted(settings, booking: Booking) -> None:
    """on_delete=PROTECT is a 409 with a code of its own."""
    settings.ROOT_URLCONF = __name__
    booking.label = Label.objects.create(name="kept")
    booking.save()
    answer = Client().delete("/api/labels")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "protected_object")
    assert Label.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="exclusions are PostgreSQL's")
def test_an_exclusion_names_its_fields(send: Send, monkeypatch) -> None:
    """As a uniqueness that is wider."""
    from django.contrib.postgres.constraints import ExclusionConstraint
    from django.contrib.postgres.fields import RangeOperators

    hours = models.Func("first_hour", "last_hour", function="int4range")
    exclusion = ExclusionConstraint(name="booking_secret_overlap", expressions=[(hours, RangeOperators.OVERLAPS)])
    with connection.schema_editor() as editor:
        editor.add_constraint(Booking, exclusion)
    monkeypatch.setattr(Booking._meta, "constraints", [*Booking._meta.constraints, exclusion])
    try:
        details = refused(send("POST", "", {**NEW, "start": 19, "end": 21}))
    finally:
        with connection.schema_editor() as editor:
            editor.remove_constraint(Booking, exclusion)
    assert details == each(("start", "end"), ["This value is already taken."])
