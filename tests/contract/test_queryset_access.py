"""Safe access to rows through both doors: a view with none, or others, says so, and a key that can't be is a 404."""

import logging
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.drf.serializers import AppModelSerializer
from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Label, Task

pytestmark = pytest.mark.django_db


class LabelSerializer(AppModelSerializer):
    """Rows of another model."""

    class Meta:
        model = Label
        fields = ("id", "name")


def refused(call: Call, caplog: pytest.LogCaptureFixture, *requests: tuple[str, Any, Any]) -> str:
    """Every one of these requests gets the same clear error, and no word of the reason; the log's text."""
    for method, key, json in requests:
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "ironbolt.errors"):
            answer = call(method, key, json=json)
        assert answer == (
            500,
            {
                "error": {
                    "code": "improperly_configured",
                    "message": "This address is not set up correctly. The server's log says why.",
                    "details": {},
                }
            },
        )
        (record,) = (record for record in caplog.records if record.name == "ironbolt.errors")
        assert record.levelname == "CRITICAL"
    return caplog.text


SENT = {"title": "a", "code": "b"}
NO_BODY = msgspec.UNSET
READS = (("GET", None, NO_BODY), ("GET", 1, NO_BODY))
ALL = (*READS, ("PUT", 1, SENT), ("PATCH", 1, SENT), ("DELETE", 1, NO_BODY))


@pytest.mark.row("V20")
def test_no_queryset(through: Any, caplog) -> None:
    """Without rows Bolt refuses to start and DRF answers clearly; both name the class and what to do."""
    if through is through_bolt:
        with pytest.raises(
            ImproperlyConfigured, match=r"Tasks has nothing to list: set queryset or model, or override"
        ):
            through(queryset=None)
    else:
        text = refused(through(queryset=None), caplog, *ALL)
        assert "'Tasks' should either include a `queryset` attribute" in text


@pytest.mark.row("V20")
@pytest.mark.parametrize("answer", [None, Task], ids=["nothing", "a model"])
def test_get_queryset_gives_no_rows(through: Any, answer: Any, caplog) -> None:
    """A forgotten return, or a model in the place of its rows, is told by name in the log."""
    call = through(get_queryset=lambda view: answer)
    text = refused(call, caplog, *ALL)
    assert "Tasks has no rows" in text if answer is None else "say Task.objects.all()" in text


@pytest.mark.row("V20")
def test_rows_of_another_model(through: Any, caplog) -> None:
    """Rows of another model than the one that is shown are refused, not shown or written."""
    Label.objects.create(pk=1, name="a label")
    call = through(get_queryset=lambda view: Label.objects.all())
    text = refused(call, caplog, *READS, ("PUT", 1, SENT), ("PATCH", 1, SENT))
    assert "Tasks is about Task, but its queryset is one of Label" in text
    assert Label.objects.get().name == "a label"


@pytest.mark.row("V20")
def test_serializer_of_another_model(through: Any, caplog) -> None:
    """A serializer for another model is refused: at start where a Struct can't be filled, else as it is used."""
    if through is through_bolt:
        struct = msgspec.defstruct("LabelOut", [("id", int), ("name", str)])
        with pytest.raises(ImproperlyConfigured, match=r"LabelOut\.name: Task has no 'name'"):
            through(serializer_class=struct)
        with pytest.raises(ImproperlyConfigured, match=r"Tasks\.queryset is one of Task, but its model is Label"):
            through(model=Label)
    else:
        assert "use a queryset and a serializer of the same model" in refused(
            through(serializer_class=LabelSerializer), caplog, *READS
        )


@pytest.mark.row("V20")
def test_lookup_by_a_field_that_is_not_there(through: Any, task: Task, caplog) -> None:
    """A lookup_field that the model does not have is told before the first request, or clearly at each."""
    if through is through_bolt:
        with pytest.raises(ImproperlyConfigured, match="Task has no field 'nickname'"):
            through(lookup_field="nickname")
    else:
        call = through(lookup_field="nickname", lookup_url_kwarg="pk")
        assert "Cannot resolve keyword 'nickname'" in refused(call, caplog, ("GET", task.pk, NO_BODY))


NO_KEYS = (
    *("abc", "-1", "+1", "1.0", "1e3", " 1", "1_0", "true", "None", "\0", "a\0b", "\uff11", "%", "'; --"),
    *('{"pk": 1}', "pk__gt=0", "99999999999999999999999", "9" * 5000),
)


@pytest.mark.row("V20")
@pytest.mark.parametrize("key", NO_KEYS, ids=lambda key: repr(key[:25]))
def test_key_that_can_not_be(through: Any, task: Task, key: str) -> None:
    """A key that no row can have is not found, by whatever method, like one that no row has."""
    call = through()
    missing = call("GET", task.pk + 1)
    assert (missing[0], missing[1]["error"]["code"]) == (404, "not_found")
    for method, json in (("GET", NO_BODY), ("PUT", SENT), ("PATCH", SENT), ("DELETE", NO_BODY)):
        assert call(method, quote(key) if through is through_bolt else key, json=json) == missing
    assert Task.objects.get().title == "there"


@pytest.mark.row("V20")
@pytest.mark.parametrize("key", ["\0", "a\0b", "x" * 5000, "{}", "A'"])
def test_text_key_that_can_not_be(through: Any, task: Task, key: str) -> None:
    """The same where objects are named by a text."""
    call = through(lookup_field="code", **({"lookup_url_kwarg": "pk"} if through is through_drf else {}))
    assert call("GET", task.code)[0] == 200
    assert call("GET", quote(key) if through is through_bolt else key)[0] == 404


@pytest.mark.row("V20")
def test_key_of_several_rows(through: Any, task: Task) -> None:
    """Where a key names several rows none is picked: the request is in conflict with what is there."""
    Task.objects.create(title="other", code="B", owner_id="1")
    call = through(lookup_field="owner_id", **({"lookup_url_kwarg": "pk"} if through is through_drf else {}))
    for method, json in (("GET", NO_BODY), ("PATCH", {"title": "x"}), ("DELETE", NO_BODY)):
        status, body = call(method, "1", json=json)
        assert (status, body["error"]["code"]) == (409, "conflict")
    assert Task.objects.count() == 2


def test_manager_stands_for_its_rows(through: Any, task: Task) -> None:
    """Whoever forgets the ``.all()`` gets the rows all the same."""
    call = through(get_queryset=lambda view: Task.objects)
    assert call("GET", task.pk)[0] == 200
    assert [item["code"] for item in call("GET")[1]] == ["A"]


def test_own_code_with_a_bug_is_no_missing_row(through: Any, task: Task) -> None:
    """A ValueError of somebody's own hook is a fault of the server's, and not a key that can't be."""

    def hook(view: Any, instance: Any) -> None:
        raise ValueError("a bug")

    assert through(before_perform_retrieve=hook)("GET", task.pk)[0] == 500
