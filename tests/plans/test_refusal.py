"""What is kept of the reason why the ORM answers: words, and nothing of the request that met it first."""

import gc
import weakref
from typing import Any

import msgspec
import pytest

from ironbolt.drf.serializers import AppReadOnlyModelSerializer
from ironbolt.plans.refusal import UnfitValuesError
from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


class ReadTask(AppReadOnlyModelSerializer):
    """A task as a plan reads it, where there is one."""

    class Meta:
        model = Task
        fields = ("title", "code")


class ShownTask(msgspec.Struct):
    """The same, in the other door."""

    title: str
    code: str


def unplanned() -> Any:
    """Rows that the ORM has to read: what tells them apart is not shown."""
    return Task.objects.distinct().order_by("effort")


def drf(seen: list[Any]) -> Call:
    """A viewset of the DRF door that notes itself."""

    def get_queryset(self: Any) -> Any:
        seen.append(weakref.ref(self))
        return unplanned()

    return through_drf(serializer_class=ReadTask, get_queryset=get_queryset)


def bolt(seen: list[Any]) -> Call:
    """The same of the Bolt door."""

    def get_queryset(self: Any) -> Any:
        seen.append(weakref.ref(self))
        return unplanned()

    return through_bolt(serializer_class=ShownTask, get_queryset=get_queryset)


@pytest.mark.parametrize("door", [drf, bolt])
def test_requests_that_no_plan_answers_end(door: Any) -> None:
    """However often the same refusal is met, no view and no request is kept by it."""
    Task.objects.create(title="a", code="a")
    seen: list[weakref.ref[Any]] = []
    call = door(seen)
    for _ in range(8):
        assert call("GET")[0] == 200
    gc.collect()
    assert len(seen) >= 8
    assert [one() for one in seen if one() is not None] == []


def test_a_refusal_that_is_kept_is_raised_as_a_new_one() -> None:
    """Of the same kind and with the same words, without what the first one has passed."""

    def raised() -> UnfitValuesError:
        try:
            raise UnfitValuesError("a value")
        except UnfitValuesError as error:
            return error

    again = raised().again()
    assert (type(again), str(again), again.__traceback__) == (UnfitValuesError, "a value", None)
