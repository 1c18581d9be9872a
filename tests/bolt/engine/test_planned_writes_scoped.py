"""Tests of planned writes whose scope has code of the project in it."""

from typing import Any

from ironbolt.bolt import BoltAPI, Info, ModelViewSet
from ironbolt.core.scope import Scope
from tests.bolt.engine.test_planned_writes import TaskOut
from tests.plans.writes import all_sent, written_file
from tests.project.models import Label, Task


def test_a_scope_that_hides_its_errors_lets_nobody_write(tmp_path: Any, django_db_blocker: Any) -> None:
    """On the loop as in a thread: what it makes of a refusal is nobody's scope."""
    with django_db_blocker.unblock(), written_file(tmp_path):
        Label.objects.create(name="a")
        public = Task.objects.create(title="p", code="p", owner_id="public")

        def bind(_: Any) -> tuple[Any, ...]:
            try:
                return (Label.objects.get(name="a").name,)
            except Exception:  # noqa: BLE001 - what is tested
                return ("public",)

        api = BoltAPI(info=Info(served=False))
        view = {"model": Task, "serializer_class": TaskOut, "scope": Scope(("owner_id",), bind)}
        api.viewset("/tasks")(type("Tasks", (ModelViewSet,), view))
        asked = [("PATCH", f"/tasks/{public.pk}", {"title": f"x{at}"}) for at in range(4)]
        assert [answer.status for answer in all_sent(api, asked)] == [404] * 4
