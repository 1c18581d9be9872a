"""Many rows in one request through both doors: the same requests, statuses, bodies and details."""

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from ironbolt.core.scope import Scope
from tests.contract.bulk import DOORS, Call, Through, bags_through, labels_through
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[*DOORS.values()], ids=[*DOORS])
def through(request: pytest.FixtureRequest) -> Through:
    """Each door in turn."""
    door: Through = request.param
    return door


@pytest.fixture
def call(through: Through) -> Call:
    """A caller of the view set as it is."""
    return through()


def make(*codes: str, **values: Any) -> list[Task]:
    """Tasks that are there, each called like its code."""
    return [Task.objects.create(title=code, code=code, **values) for code in codes]


def new(*codes: str, **values: Any) -> list[dict[str, Any]]:
    """What makes tasks."""
    return [{"title": code, "code": code, **values} for code in codes]


def kept(*names: str) -> list[Any]:
    """What the database holds, by code."""
    return list(Task.objects.order_by("code").values_list(*(names or ("code",)), flat=len(names) < 2))


def details(answer: tuple[int, Any]) -> tuple[int, dict[str, list[str]]]:
    """The status and details of an error."""
    return answer[0], answer[1]["error"]["details"]


REQUIRED = ["This field is required."]
NO_OBJECT = ["No such object."]
TAKEN = ["This value is already taken."]


# --- all of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/bulk_create", "/bulk_create/", "", "/"])
def test_array_creates_many(call: Call, address: str) -> None:
    """An array makes as many objects, answered in its order; the collection takes it as well as ``bulk_create``."""
    label = Label.objects.create(name="home")
    sent = [{**new("B")[0], "watcher_ids": [label.pk]}, {**new("A")[0], "label_id": label.pk, "state": "done"}]
    status, body = call("POST", address, json=sent)
    assert status == 201
    assert [set(one) for one in body] == [{"id", "title", "code", "label_id", "watcher_ids", "state"}] * 2
    assert [one["code"] for one in body] == ["B", "A"]
    assert [one["watcher_ids"] for one in body] == [[label.pk], []]
    assert kept("code", "label_id", "state") == [("A", label.pk, "done"), ("B", None, "open")]
    assert [one["id"] for one in body] == [Task.objects.get(code=code).pk for code in ("B", "A")]


def test_one_object_is_created_as_ever(call: Call) -> None:
    """The collection still takes an object, and answers one."""
    status, body = call("POST", json=new("A")[0])
    assert (status, body["code"]) == (201, "A")


@pytest.mark.parametrize("address", ["/bulk_update", "/"])
def test_items_change_what_they_name(call: Call, address: str) -> None:
    """Each item changes the fields that it has of the object that it names, in whatever order."""
    home, work = (Label.objects.create(name=name) for name in ("home", "work"))
    first, second, third = make("A", "B", "C", label=home)
    for task in (first, second, third):
        task.watchers.set([home])
    sent = [
        {"id": third.pk, "title": "changed"},
        {"id": first.pk, "state": "done", "label_id": None},
        {"id": second.pk, "watcher_ids": [work.pk, home.pk]},
    ]
    status, body = call("PATCH", address, json=sent)
    assert status == 200
    assert [one["id"] for one in body] == [third.pk, first.pk, second.pk]
    assert [sorted(one["watcher_ids"]) for one in body] == [[home.pk], [home.pk], [home.pk, work.pk]]
    assert kept("code", "title", "state", "label_id") == [
        ("A", "A", "done", None),
        ("B", "B", "open", home.pk),
        ("C", "changed", "open", home.pk),
    ]


def test_put_wants_whole_objects(call: Call) -> None:
    """PUT on the collection replaces: what is required must be sent, what is left out is not written."""
    first, second = make("A", "B", state="done")
    body = [{"id": first.pk, "title": "new", "code": "A2"}, {"id": second.pk, "title": "new"}]
    assert details(call("PUT", json=body)) == (400, {"1.code": REQUIRED})
    status, body = call("PUT", json=body[:1])
    assert (status, body[0]["title"]) == (200, "new")
    assert kept("code", "state") == [("A2", "done"), ("B", "done")]


def test_ids_delete_many(call: Call) -> None:
    """``{"ids": […]}`` deletes those objects, and says how many."""
    first, second, _ = make("A", "B", "C")
    assert call("DELETE", "/bulk_delete", json={"ids": [second.pk, first.pk]}) == (200, {"deleted": 2})
    assert kept() == ["C"]


# --- what is wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Expected a list of items."),
        ("text", "Expected a list of items."),
        (5, "Expected a list of items."),
        (None, "This field may not be null."),
        ([], "Send at least one item."),
    ],
)
@pytest.mark.parametrize(("method", "address"), [("POST", "/bulk_create"), ("PATCH", "/bulk_update"), ("PUT", "")])
def test_body_that_is_no_list(call: Call, method: str, address: str, body: Any, message: str) -> None:
    """Anything but an array with items is told as such."""
    assert details(call(method, address, json=body)) == (400, {"non_field_errors": [message]})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([1], {"non_field_errors": ["Expected an object."]}),
        (None, {"non_field_errors": ["This field may not be null."]}),
        ({}, {"ids": REQUIRED}),
        ({"ids": None}, {"ids": ["This field may not be null."]}),
        ({"ids": 5}, {"ids": ["Expected a list of items."]}),
        ({"ids": "12"}, {"ids": ["Expected a list of items."]}),
        ({"ids": []}, {"ids": ["Send at least one item."]}),
        ({"ids": [True]}, {"ids.0": ["A valid integer is required."]}),
        ({"ids": [None, {}]}, {"ids.0": ["This field may not be null."], "ids.1": ["A valid integer is required."]}),
    ],
)
def test_keys_that_are_none(call: Call, body: Any, expected: dict[str, Any]) -> None:
    """What is no list of keys is told under ``ids``, a key that can be none by its index."""
    assert details(call("DELETE", "/bulk_delete", json=body)) == (400, expected)


def test_every_item_at_fault_is_named_by_its_index(call: Call) -> None:
    """The details of an array are those of its items under their indexes, all at once, and nothing is done."""
    sent = [*new("A"), {"code": "B"}, 5, None, [], {**new("C")[0], "state": "lost", "nonsense": 1}]
    answer = call("POST", "/bulk_create", json=sent)
    assert details(answer) == (
        400,
        {
            "1.title": REQUIRED,
            "2": ["Expected an object."],
            "3": ["This field may not be null."],
            "4": ["Expected an object."],
            "5.nonsense": ["Unknown field."],
            "5.state": ['"lost" is not a valid choice.'],
        },
    )
    assert answer[1]["error"]["code"] == "validation_error"
    assert kept() == []


def test_faults_are_cut_off_at_a_hundred(call: Call) -> None:
    """However many items are at fault, the answer stays short."""
    status, found = details(call("POST", "/bulk_create", json=[{"code": "A"}] * 300))
    assert (status, len(found)) == (400, 100)


def test_items_of_an_update_name_their_object_once(call: Call) -> None:
    """A key that is missing, can be none, or is there twice is at fault, and so is one that nobody has."""
    (task,) = make("A")
    sent = [{"id": task.pk}, {}, {"id": None}, {"id": "x"}, {"id": task.pk}, {"id": 10**30}, {"id": task.pk + 1}, 7]
    expected = {
        "1.id": REQUIRED,
        "2.id": ["This field may not be null."],
        "3.id": ["A valid integer is required."],
        "4.id": ["Item 0 has this value too."],
        "5.id": NO_OBJECT,
        "6.id": NO_OBJECT,
        "7": ["Expected an object."],
    }
    assert details(call("PATCH", "/bulk_update", json=sent)) == (400, expected)


def test_what_is_not_there_is_a_404_by_its_index(call: Call) -> None:
    """Where nothing else is wrong, an object that nobody has is a 404."""
    (task,) = make("A")
    assert details(call("PATCH", "/bulk_update", json=[{"id": task.pk}, {"id": 99}])) == (404, {"1.id": NO_OBJECT})
    assert details(call("DELETE", "/bulk_delete", json={"ids": [99, task.pk]})) == (404, {"ids.0": NO_OBJECT})
    assert kept() == ["A"]


def test_invalid_input_goes_first_under_whatever_status(call: Call, settings: Any) -> None:
    """Where the settings answer invalid input by 422, it still goes before what is not there."""
    settings.IRONBOLT = {**getattr(settings, "IRONBOLT", {}), "VALIDATION_STATUS": 422}
    sent = [{"id": 99}, {"id": "x"}]
    assert details(call("PATCH", json=sent)) == (422, {"0.id": NO_OBJECT, "1.id": ["A valid integer is required."]})
    status, body = call("PATCH", "?partial=true", json=sent)
    assert (status, [one["status"] for one in body]) == (207, [404, 422])


def test_same_key_twice_in_a_deletion(call: Call) -> None:
    """Nobody deletes an object twice."""
    (task,) = make("A")
    answer = call("DELETE", "/bulk_delete", json={"ids": [task.pk, task.pk]})
    assert details(answer) == (400, {"ids.1": ["Item 0 has this value too."]})
    assert kept() == ["A"]


def test_same_unique_value_twice_in_a_payload(call: Call) -> None:
    """Of two items with one unique value, the second is at fault, before the database is asked."""
    make("B", "C")
    answer = call("POST", "/bulk_create", json=[*new("A"), {"title": "other", "code": "A"}])
    assert details(answer) == (400, {"1.code": ["Item 0 has this value too."]})
    first, second = Task.objects.order_by("code")
    sent = [{"id": first.pk, "code": "X"}, {"id": second.pk, "code": "X"}]
    assert details(call("PATCH", "/bulk_update", json=sent)) == (400, {"1.code": ["Item 0 has this value too."]})


def test_values_that_others_have_are_named_by_item(call: Call) -> None:
    """A unique value that is taken is a 409 that names every item which wants it."""
    make("A", "B")
    answer = call("POST", "/bulk_create", json=[*new("C"), {"title": "x", "code": "A"}, {"title": "B", "code": "D"}])
    together = ["These values are already taken together."]
    assert details(answer) == (409, {"1.code": TAKEN, "2.title": together})
    assert answer[1]["error"]["code"] == "integrity_error"
    assert kept() == ["A", "B"]
    (third,) = make("C")
    sent = [{"id": third.pk, "code": "B"}]
    assert details(call("PATCH", "/bulk_update", json=sent)) == (409, {"0.code": TAKEN})


def test_keeping_a_unique_value_is_no_conflict(call: Call) -> None:
    """An item may send the value that its object has."""
    first, second = make("A", "B")
    sent = [{"id": first.pk, "code": "A", "title": "1"}, {"id": second.pk, "code": "B", "title": "2"}]
    assert call("PATCH", "/bulk_update", json=sent)[0] == 200


def test_keys_that_lead_nowhere_are_named_by_item(call: Call) -> None:
    """A reference to nothing is a 409 that names the item and the field, for relations to one and to many."""
    label = Label.objects.create(name="home")
    sent = [*new("A", label_id=label.pk), *new("B", label_id=99), *new("C", watcher_ids=[label.pk, 98])]
    expected = (409, {"1.label_id": NO_OBJECT, "2.watcher_ids": NO_OBJECT})
    assert details(call("POST", "/bulk_create", json=sent)) == expected
    assert kept() == []
    (task,) = make("A")
    answer = call("PATCH", "/bulk_update", json=[{"id": task.pk, "label_id": 97}])
    assert details(answer) == (409, {"0.label_id": NO_OBJECT})


def test_check_of_the_database_is_told_by_item(through: Through) -> None:
    """What only the database can judge is found by asking it about each item."""
    efforts = {"A": 5, "B": 500}

    def more(view: Any, data: Any) -> dict[str, Any]:
        return {"effort": efforts[_code_of(data)]}

    status, found = details(through(get_create_kwargs=more)("POST", "/bulk_create", json=new("A", "B")))
    assert (status, found) == (409, {"1": ["A database integrity constraint was violated."]})
    assert kept() == []


def test_object_that_others_refer_to_is_not_deleted(through: Through) -> None:
    """A protected object is told by its index, and the others stay or go as the mode has it."""
    call = labels_through(through)
    free, held = (Label.objects.create(name=name) for name in ("free", "held"))
    make("A", label=held)
    ids = {"ids": [free.pk, held.pk]}
    words = "This object is still referenced by others and can't be deleted."
    answer = call("DELETE", "/bulk_delete", json=ids)
    assert details(answer) == (409, {"ids.1": [words]})
    assert answer[1]["error"]["code"] == "protected_object"
    assert Label.objects.count() == 2
    status, body = call("DELETE", "/bulk_delete?partial=true", json=ids)
    assert (status, [one["status"] for one in body]) == (207, [204, 409])
    assert Label.objects.get() == held


def test_keys_that_clients_make(through: Through) -> None:
    """A key that comes from the client names its item, stays, and is there once."""
    call = bags_through(through)
    one, two, three = (str(UUID(int=n)) for n in (1, 2, 3))
    sent = [{"key": one, "name": "a", "level": 1}, {"key": two, "name": "b", "level": 1}]
    assert call("POST", json=sent) == (201, sent)
    answer = call("POST", json=[{"key": three, "name": "c"}, {"key": three, "name": "d"}])
    assert details(answer) == (400, {"1.key": ["Item 0 has this value too."]})
    answer = call("POST", json=[{"key": three, "name": "c"}, {"key": two, "name": "d"}])
    assert details(answer) == (409, {"1.key": TAKEN})
    changed = [{"key": two, "name": "B", "level": 1}, {"key": one, "name": "A", "level": 1}]
    assert call("PATCH", json=changed) == (200, changed)
    assert details(call("PATCH", json=[{"key": "x"}])) == (400, {"0.key": ["Must be a valid UUID."]})
    assert details(call("PATCH", json=[{"key": three}])) == (404, {"0.key": NO_OBJECT})


def test_constraint_over_an_expression_is_found_item_by_item(through: Through) -> None:
    """What is unique by an expression only the database can judge; it is asked about each item then."""
    call = bags_through(through)
    keys = [str(UUID(int=n)) for n in range(4)]
    sent = [{"key": key, "name": name, "level": 1} for key, name in zip(keys, ("a", "b", "A", "c"), strict=True)]
    status, found = details(call("POST", json=sent))
    assert (status, {path.partition(".")[0] for path in found}) == (409, {"2"})
    assert not Bag.objects.exists()
    status, body = call("POST", "?partial=true", json=sent)
    assert (status, [one["status"] for one in body]) == (207, [201, 201, 409, 201])


# --- limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "address", "body", "place"),
    [
        ("POST", "/bulk_create", new("A", "B", "C"), "non_field_errors"),
        ("POST", "", new("A", "B", "C"), "non_field_errors"),
        ("PATCH", "/bulk_update", [{"id": 1}] * 3, "non_field_errors"),
        ("DELETE", "/bulk_delete", {"ids": [1, 2, 3]}, "ids"),
    ],
)
def test_more_than_the_most_are_refused(
    through: Through, settings: Any, method: str, address: str, body: Any, place: str
) -> None:
    """The cap is that of the class, else that of the settings; over it nothing is read or done."""
    words = {place: ["No more than 2 items are taken at once."]}
    assert details(through(max_bulk_size=2)(method, address, json=body)) == (400, words)
    settings.IRONBOLT = {**getattr(settings, "IRONBOLT", {}), "MAX_BULK_SIZE": 2}
    assert details(through()(method, address, json=body)) == (400, words)
    settings.IRONBOLT = {**settings.IRONBOLT, "MAX_BULK_SIZE": 3}
    assert "No more" not in str(through()(method, address, json=body))
    assert len(kept()) in (0, 3)


# --- as many as can be -----------------------------------------------------------------------------------


def test_partial_create_keeps_what_is_well(call: Call) -> None:
    """``?partial=true`` does what can be done and tells of each item: index, status, data or error."""
    make("A")
    label = Label.objects.create(name="home")
    sent = [
        *new("B", watcher_ids=[label.pk]),
        {"code": "C"},
        {"title": "again", "code": "A"},
        *new("D", label_id=99),
        *new("E"),
        {"title": "twice", "code": "E"},
    ]
    status, body = call("POST", "/bulk_create?partial=true", json=sent)
    assert status == 207
    assert [one["index"] for one in body] == [0, 1, 2, 3, 4, 5]
    assert [one["status"] for one in body] == [201, 400, 409, 409, 201, 400]
    assert [one["data"]["code"] for one in body if "data" in one] == ["B", "E"]
    assert [one["error"]["details"] for one in body if "error" in one] == [
        {"title": REQUIRED},
        {"code": TAKEN},
        {"label_id": NO_OBJECT},
        {"code": ["Item 4 has this value too."]},
    ]
    assert kept() == ["A", "B", "E"]


def test_partial_create_whose_conflicts_only_the_database_knows(call: Call) -> None:
    """Values that are unique together and not all sent are left to the database, item by item."""
    sent = [{"title": "same", "code": "A"}, {"title": "same", "code": "B"}, *new("C")]
    status, body = call("POST", "/bulk_create?partial=1", json=sent)
    assert (status, [one["status"] for one in body]) == (207, [201, 409, 201])
    assert body[1]["error"]["details"] == {"title": ["These values are already taken together."]}
    assert kept() == ["A", "C"]
    assert details(call("POST", "/bulk_create", json=[{"title": "t", "code": "D"}, {"title": "t", "code": "E"}])) == (
        409,
        {"1.title": ["These values are already taken together."]},
    )


def test_partial_update_and_delete(call: Call) -> None:
    """Changes and deletions, too, happen where they can."""
    first, second = make("A", "B")
    sent = [{"id": 99}, {"id": first.pk, "title": "new"}, {"id": second.pk, "code": "A"}, {"id": first.pk}]
    status, body = call("PATCH", "/bulk_update?partial=true", json=sent)
    assert (status, [one["status"] for one in body]) == (207, [404, 200, 409, 400])
    assert body[0]["error"]["details"] == {"id": NO_OBJECT}
    assert body[1]["data"]["title"] == "new"
    assert kept("code", "title") == [("A", "new"), ("B", "B")]
    status, body = call("DELETE", "/bulk_delete?partial=true", json={"ids": [99, first.pk, "x", first.pk]})
    assert (status, [one["status"] for one in body]) == (207, [404, 204, 400, 400])
    assert body[1] == {"index": 1, "status": 204}
    assert kept() == ["B"]


def test_class_chooses_the_mode_where_the_client_does_not(through: Through) -> None:
    """``bulk_partial`` is what counts until the client says otherwise."""
    call = through(bulk_partial=True)
    assert call("POST", json=[*new("A"), {}])[0] == 207
    assert call("POST", "?partial=false", json=[*new("B"), {}])[0] == 400
    assert kept() == ["A"]


@pytest.mark.parametrize("address", ["/bulk_create", ""])
def test_mode_that_is_none(call: Call, address: str) -> None:
    """What is no boolean is told under its name."""
    answer = call("POST", f"{address}?partial=maybe", json=new("A"))
    assert details(answer) == (400, {"partial": ["Must be a valid boolean."]})


# --- who may ---------------------------------------------------------------------------------------------


def test_rows_outside_the_scope_are_not_found(through: Through) -> None:
    """Another's rows are not there, by index, whatever the order."""
    call = through(scope=Scope(("owner_id",), lambda context: [context.user_id]))
    (mine,), (theirs,) = make("A", owner_id="1"), make("B", owner_id="2")
    sent = [{"id": theirs.pk, "title": "x"}, {"id": mine.pk, "title": "y"}]
    assert details(call("PATCH", "/bulk_update", json=sent, user="1")) == (404, {"0.id": NO_OBJECT})
    ids = {"ids": [mine.pk, theirs.pk]}
    assert details(call("DELETE", "/bulk_delete", json=ids, user="1")) == (404, {"ids.1": NO_OBJECT})
    assert call("PATCH", "/bulk_update", json=sent[1:], user="1")[0] == 200
    assert kept("code", "title") == [("A", "y"), ("B", "B")]
    status, body = call("DELETE", "/bulk_delete?partial=true", json=ids, user="1")
    assert (status, [one["status"] for one in body]) == (207, [204, 404])


def test_list_hooks_guard_bulk_writes(through: Through) -> None:
    """What the list hooks leave out is not found by its key either."""
    call = through(before_perform_list=lambda view, rows: rows.exclude(code="B"))
    first, second = make("A", "B")
    sent = {"ids": [first.pk, second.pk]}
    assert details(call("DELETE", "/bulk_delete", json=sent)) == (404, {"ids.1": NO_OBJECT})


# --- hooks -----------------------------------------------------------------------------------------------


def hooks_into(seen: list[str], raising: Any = None) -> dict[str, Any]:
    """Every hook, noting its name and the code of its object, and raising for one of them."""

    def hook(name: str) -> Any:
        def noted(view: Any, first: Any, *rest: Any) -> None:
            code = _code_of(first)
            seen.append(f"{name} {code}")
            if raising and raising(name, code):
                raise PermissionDenied("Not this one.")

        return noted

    places = ("before_perform", "after_perform", "after_commit")
    return {f"{at}_{what}": hook(f"{at}_{what}") for at in places for what in ("create", "update", "destroy")}


def _code_of(subject: Any) -> str:
    instance = getattr(subject, "instance", None)
    if instance is not None:
        return str(instance.code)
    return str(subject.validated_data["code"] if hasattr(subject, "validated_data") else subject.code)


@pytest.mark.django_db(transaction=True)
def test_hooks_run_for_each_item(through: Through) -> None:
    """Each item passes the hooks of its single action, and the commits come last."""
    seen: list[str] = []
    call = through(**hooks_into(seen))
    assert call("POST", "/bulk_create", json=new("A", "B"))[0] == 201
    first, second = Task.objects.order_by("code")
    assert call("PATCH", "", json=[{"id": second.pk, "title": "x"}, {"id": first.pk, "title": "y"}])[0] == 200
    assert call("DELETE", "/bulk_delete", json={"ids": [first.pk, second.pk]})[0] == 200
    runs = [("create", "A", "B"), ("update", "B", "A"), ("destroy", "A", "B")]
    assert seen == [
        f"{place}_{what} {code}"
        for what, *codes in runs
        for place, code in [
            *((place, code) for code in codes for place in ("before_perform", "after_perform")),
            *(("after_commit", code) for code in codes),
        ]
    ]


@pytest.mark.django_db(transaction=True)
def test_hooks_after_the_commit_run_for_rows_written_together(through: Through) -> None:
    """A hook that only wants to know leaves the writing to a few statements, and hears of every row."""
    seen: list[str] = []
    hooks = {name: hook for name, hook in hooks_into(seen).items() if name.startswith("after_commit")}
    with CaptureQueriesContext(connection) as queries:
        assert through(**hooks)("POST", "/bulk_create", json=new("A", "B", "C"))[0] == 201
    assert seen == [f"after_commit_create {code}" for code in "ABC"]
    assert sum(query["sql"].startswith("INSERT") for query in queries) == 1


@pytest.mark.parametrize("name", ["before_perform_create", "after_perform_create"])
def test_hook_that_refuses_one_item(through: Through, name: str) -> None:
    """In atomic mode it undoes everything; in partial mode nothing but its item."""
    call = through(**hooks_into([], lambda at, code: (at, code) == (name, "B")))
    answer = call("POST", "/bulk_create", json=new("A", "B", "C"))
    assert details(answer) == (403, {"1": ["Not this one."]})
    assert (answer[1]["error"]["code"], kept()) == ("permission_denied", [])
    status, body = call("POST", "/bulk_create?partial=true", json=new("A", "B", "C"))
    assert (status, [one["status"] for one in body]) == (207, [201, 403, 201])
    assert body[1]["error"] == {"code": "permission_denied", "message": "Not this one.", "details": {}}
    assert kept() == ["A", "C"]


@pytest.mark.parametrize("address", ["/bulk_create", "/bulk_create?partial=true"])
def test_fault_of_the_server_undoes_everything(through: Through, address: str) -> None:
    """What nobody foresaw is a 500 in either mode, and nothing is kept."""

    def after_perform_create(view: Any, instance: Any, data: Any) -> None:
        if instance.code == "B":
            raise RuntimeError("broken")

    status, body = through(after_perform_create=after_perform_create)("POST", address, json=new("A", "B"))
    assert (status, body["error"]["code"]) == (500, "server_error")
    assert kept() == []


@pytest.mark.django_db(transaction=True)
def test_items_that_failed_have_no_commit(through: Through) -> None:
    """In partial mode the hooks after the commit hear of those that are kept, and of no other."""
    seen: list[str] = []
    call = through(**hooks_into(seen, lambda at, code: (at, code) == ("after_perform_create", "B")))
    assert call("POST", "?partial=true", json=new("A", "B", "C"))[0] == 207
    assert [one for one in seen if one.startswith("after_commit")] == ["after_commit_create A", "after_commit_create C"]


@pytest.mark.parametrize("address", ["/bulk_create", "/bulk_create?partial=true"])
def test_hook_that_ends_the_action_keeps_the_work(through: Through, address: str) -> None:
    """``handled`` answers for the whole request, and what was written before it stays."""

    def after_perform_create(view: Any, instance: Any, data: Any) -> None:
        if instance.code == "B":
            view.handled(view.success_response({"enough": True}))

    status, body = through(after_perform_create=after_perform_create)("POST", address, json=new("A", "B", "C"))
    assert (status, body["data"]) == (200, {"enough": True})
    assert kept() == ["A", "B"]


def test_receivers_of_signals_hear_of_each_row(through: Through) -> None:
    """Where somebody listens to the model's signals, rows are saved one by one, with the same answers."""
    heard: list[str] = []

    def receive(sender: Any, instance: Any, **_: Any) -> None:
        heard.append(instance.code)

    post_save.connect(receive, sender=Task)
    try:
        status, body = through()("POST", "/bulk_create", json=new("A", "B"))
        changed = [{"id": one["id"], "code": f"{one['code']}2"} for one in body]
        assert (status, through()("PATCH", "", json=changed)[0]) == (201, 200)
        assert details(through()("POST", "", json=[*new("C"), *new("A2", label_id=9)])) == (
            409,
            {"1.code": TAKEN},
        )
    finally:
        post_save.disconnect(receive, sender=Task)
    assert heard == ["A", "B", "A2", "B2", "C"]


def test_values_of_hooks_are_saved_beside_what_was_sent(through: Through) -> None:
    """``get_create_kwargs`` and ``get_update_kwargs`` are asked for each item, however the rows are written."""
    call = through(get_create_kwargs=lambda view, data: {"owner_id": "7"}, get_update_kwargs=_state_of_updates)
    assert call("POST", "/bulk_create", json=new("A", "B"))[0] == 201
    assert kept("owner_id") == ["7", "7"]
    sent = [{"id": task.pk, "title": task.title} for task in Task.objects.all()]
    assert call("PATCH", "/bulk_update", json=sent)[0] == 200
    assert kept("owner_id", "state") == [("7", "done"), ("7", "done")]


def _state_of_updates(view: Any, *given: Any) -> dict[str, Any]:
    return {"state": "done"}


def test_coroutine_hooks_are_awaited(through: Through) -> None:
    """A hook may be a coroutine function, for each item."""
    seen: list[str] = []

    async def before_perform_create(view: Any, data: Any) -> None:
        seen.append(_code_of(data))

    assert through(before_perform_create=before_perform_create)("POST", "", json=new("A", "B"))[0] == 201
    assert seen == ["A", "B"]


# --- what is written -------------------------------------------------------------------------------------


def test_columns_that_were_not_sent_keep_what_others_wrote(through: Through) -> None:
    """An update writes what its items have; other columns are not taken from what was read."""
    tasks = make("A", "B")

    def get_update_kwargs(view: Any, *given: Any) -> dict[str, Any]:
        Task.objects.update(owner_id="meanwhile", effort=7)
        return {}

    sent = [{"id": tasks[0].pk, "title": "x"}, {"id": tasks[1].pk, "state": "done"}]
    assert through(get_update_kwargs=get_update_kwargs)("PATCH", "/bulk_update", json=sent)[0] == 200
    assert kept("code", "title", "state", "owner_id", "effort") == [
        ("A", "x", "open", "meanwhile", 7),
        ("B", "B", "done", "meanwhile", 7),
    ]


# --- how many queries ------------------------------------------------------------------------------------


def count_of(call: Call, *args: Any, **options: Any) -> int:
    """How many queries a call needs."""
    with CaptureQueriesContext(connection) as queries:
        assert call(*args, **options)[0] < 300
    return len(queries)


def test_number_of_queries_does_not_grow(call: Call) -> None:
    """One, ten and a thousand rows are created, changed and deleted by the same number of statements."""
    label = Label.objects.create(name="home")
    counts: dict[str, list[int]] = {"create": [], "update": [], "delete": []}
    for size in (1, 10, 1000):
        codes = [f"{size}-{index}" for index in range(size)]
        sent = new(*codes, label_id=label.pk, watcher_ids=[label.pk])
        counts["create"].append(count_of(call, "POST", "/bulk_create", json=sent))
        keys = list(Task.objects.filter(code__in=codes).order_by("-pk").values_list("pk", flat=True))
        changes = [{"id": key, "title": f"new {key}", "watcher_ids": []} for key in keys]
        counts["update"].append(count_of(call, "PATCH", "/bulk_update", json=changes))
        assert Task.objects.filter(title__startswith="new ", watchers=None).count() == size
        counts["delete"].append(count_of(call, "DELETE", "/bulk_delete", json={"ids": keys}))
    assert kept() == []
    for what, (one, ten, thousand) in counts.items():
        assert one == ten
        # With rows that others refer to, Django deletes a hundred at a time, from each table.
        assert thousand == one + (9 if what == "delete" else 0) or (_is_chunked() and thousand <= one * 10)


def _is_chunked() -> bool:
    """Whether Django thinks of this database as one that takes few parameters (SQLite, before Django 6)."""
    limit = connection.features.max_query_params
    return limit is not None and limit < 10_000
