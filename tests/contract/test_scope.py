"""Row scope through both doors: what a caller may not see is not there."""

from collections.abc import Callable

import pytest

from ironbolt.core import context
from ironbolt.core.scope import Scope
from tests.contract.tasks import Call, through_bolt, through_drf
from tests.project.models import Task

pytestmark = pytest.mark.django_db

OWN = Scope(("owner_id",), lambda context: (context.user_id,))


@pytest.fixture(params=[through_drf, through_bolt], ids=["drf", "bolt"])
def call(request: pytest.FixtureRequest) -> Call:
    """Each door in turn, over tasks that belong to their owners."""
    door: Call = request.param(scope=OWN)
    return door


@pytest.fixture
def theirs() -> Task:
    """A task of somebody else, beside one of our own."""
    Task.objects.create(title="ours", code="A", owner_id="1")
    return Task.objects.create(title="theirs", code="B", owner_id="2")


def test_list_shows_own_rows(call: Call, theirs: Task) -> None:
    """Each owner lists their own rows, in either order of asking."""
    assert [item["code"] for item in call("GET", user="1")[1]] == ["A"]
    assert [item["code"] for item in call("GET", user="2")[1]] == ["B"]
    assert [item["code"] for item in call("GET", user="1")[1]] == ["A"]


def test_row_of_another_is_not_there(call: Call, theirs: Task) -> None:
    """It can't be read, changed or deleted, and the answer is the same as for one that never was."""
    for method, options in (
        ("GET", {}),
        ("PUT", {"json": {"title": "x", "code": "x"}}),
        ("PATCH", {"json": {}}),
        ("DELETE", {}),
    ):
        refused = call(method, theirs.pk, user="1", **options)
        assert refused[0] == 404
        assert refused == call(method, theirs.pk + 1000, user="1", **options)
    theirs.refresh_from_db()
    assert theirs.title == "theirs"


def test_owner_reaches_own_row(call: Call, theirs: Task) -> None:
    """The owner reads, changes and deletes it."""
    assert call("GET", theirs.pk, user="2")[0] == 200
    assert call("PATCH", theirs.pk, user="2", json={"title": "changed"})[1]["title"] == "changed"
    assert call("DELETE", theirs.pk, user="2")[0] in (200, 204)


def test_anonymous_caller_sees_nothing(call: Call, theirs: Task) -> None:
    """Without an id there is no row, not even one that belongs to nobody."""
    Task.objects.create(title="nobody's", code="C", owner_id="")
    assert call("GET") == (200, [])
    assert call("GET", theirs.pk)[0] == 404


def test_identity_ends_with_the_request(call: Call, theirs: Task) -> None:
    """Who called before is nothing to the next request."""
    call("GET", user="2")
    assert context.current().user_id is None
    assert call("GET") == (200, [])


@pytest.mark.parametrize("through", [through_drf, through_bolt], ids=["drf", "bolt"])
def test_combined_scopes_on_one_column_narrow(through: Callable[..., Call], theirs: Task) -> None:
    """Two scopes on the same column show what both let through, in either order."""
    first = Scope(("owner_id",), lambda context: ("1",))
    assert through(scope=OWN & first)("GET", user="2") == (200, [])
    assert through(scope=first & OWN)("GET", user="2") == (200, [])
    assert [item["code"] for item in through(scope=first & OWN)("GET", user="1")[1]] == ["A"]
