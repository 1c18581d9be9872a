"""Pages by number, by limit and offset, by cursor, through both doors."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ironbolt.bolt import pagination as bolt_pages
from ironbolt.drf import pagination as drf_pages
from tests.contract.listing import DOORS, Ask
from tests.project.models import Article, Task

pytestmark = pytest.mark.django_db

KINDS: dict[tuple[str, str], type[Any]] = {
    ("drf", "number"): drf_pages.AppPageNumberPagination,
    ("drf", "offset"): drf_pages.LimitOffsetPagination,
    ("drf", "cursor"): drf_pages.CursorPagination,
    ("bolt", "number"): bolt_pages.PageNumberPagination,
    ("bolt", "offset"): bolt_pages.LimitOffsetPagination,
    ("bolt", "cursor"): bolt_pages.CursorPagination,
}

Pages = Callable[..., Ask]


def pages_through(door: str, kind: str, *, model: Any = Task, shown: str = "code", **attributes: Any) -> Ask:
    """A list in pages of this kind; what its class says is under ``pages``."""
    pagination = type("Pages", (KINDS[door, kind],), attributes.pop("pages", {}))
    return DOORS[door](model, shown, pagination_class=pagination, **attributes)


@pytest.fixture(params=DOORS)
def pages(request: pytest.FixtureRequest) -> Pages:
    """Each door in turn."""
    return lambda kind, **attributes: pages_through(request.param, kind, **attributes)


@pytest.fixture
def tasks(db: None) -> list[Task]:
    """Ten tasks, of which two at a time cost the same."""
    return [Task.objects.create(title=f"T{n}", code=str(n), owner_id=str(n), effort=n // 2) for n in range(10)]


def codes(body: Any) -> str:
    """What a page shows, in its order."""
    return "".join(item["code"] for item in body["results"])


def good(answer: tuple[int, Any]) -> Any:
    """The body of a success."""
    assert answer[0] == 200, answer
    return answer[1]


def walk(ask: Ask, link: str = "", direction: str = "next") -> Iterator[Any]:
    """All pages from one on; a walk that does not end is a fault by itself."""
    following: str | None = link
    for _ in range(100):
        body = good(ask(following))
        yield body
        following = body[direction]
        if following is None:
            return
    pytest.fail("There is always another page.")


@pytest.mark.row("B16")
@pytest.mark.usefixtures("tasks")
def test_pages_by_number(pages: Pages) -> None:
    """A page has a number, knows its neighbours and the number of all items; beyond the last there is none."""
    ask = pages("number", pages={"page_size": 4})
    assert [codes(body) for body in walk(ask)] == ["0123", "4567", "89"]
    body = good(ask("page=2&page_size=3&x=1"))
    assert (body["count"], codes(body)) == (10, "345")
    assert parse_qs(urlsplit(body["previous"]).query) == {"page": ["1"], "page_size": ["3"], "x": ["1"]}
    assert ask("page=9")[0] == 404


@pytest.mark.row("B16")
@pytest.mark.usefixtures("tasks")
def test_pages_by_limit_and_offset(pages: Pages) -> None:
    """A client takes so many items from anywhere; the links go on from there, and beyond the end nothing is."""
    ask = pages("offset", pages={"page_size": 4})
    assert [codes(body) for body in walk(ask)] == ["0123", "4567", "89"]
    body = good(ask("limit=3&offset=5&x=1&x=2"))
    assert (body["count"], codes(body)) == (10, "567")
    assert parse_qs(urlsplit(body["next"]).query) == {"limit": ["3"], "offset": ["8"], "x": ["1", "2"]}
    assert parse_qs(urlsplit(body["previous"]).query) == {"limit": ["3"], "offset": ["2"], "x": ["1", "2"]}
    first = good(ask("limit=3&offset=2"))["previous"]
    assert parse_qs(urlsplit(first).query) == {"limit": ["3"]}
    beyond = good(ask("offset=9223372036854775807"))
    assert (beyond["count"], beyond["results"], beyond["next"]) == (10, [], None)


@pytest.mark.usefixtures("tasks")
def test_pages_by_cursor(pages: Pages) -> None:
    """Pages by cursor go both ways, without a count."""
    ask = pages("cursor", pages={"page_size": 4, "ordering": "-effort"})
    found = [*walk(ask)]
    assert [codes(body) for body in found] == ["9876", "5432", "10"]
    assert set(found[0]) == {"next", "previous", "results"}
    assert found[0]["previous"] is None
    back = [*walk(ask, found[-1]["previous"], "previous")]
    assert [codes(body) for body in back] == ["5432", "9876"]
    assert codes(good(ask(back[-1]["next"]))) == "5432"
    assert codes(good(ask("page_size=7"))) == "9876543"


BAD_PAGES = [
    ("number", "page", "x", "A whole number from 1 is required."),
    ("number", "page", "0", "A whole number from 1 is required."),
    ("number", "page_size", "101", "Ensure this value is less than or equal to 100."),
    ("number", "page", "9" * 5000, "A whole number from 1 is required."),
    ("offset", "limit", "-1", "A whole number from 1 is required."),
    ("offset", "limit", "0", "A whole number from 1 is required."),
    ("offset", "limit", "101", "Ensure this value is less than or equal to 100."),
    ("offset", "offset", "-1", "A whole number from 0 is required."),
    ("offset", "offset", "1.5", "A whole number from 0 is required."),
    ("offset", "offset", "9223372036854775808", "Ensure this value is less than or equal to 9223372036854775807."),
    ("offset", "offset", "9" * 5000, "A whole number from 0 is required."),
    ("cursor", "page_size", "x", "A whole number from 1 is required."),
    ("cursor", "cursor", "x", "This is no cursor of this list."),
    ("cursor", "cursor", "é" * 30, "This is no cursor of this list."),
    ("cursor", "cursor", "A" * 9000, "This is no cursor of this list."),
    ("cursor", "cursor", "\x00", "This is no cursor of this list."),
]


@pytest.mark.parametrize(("kind", "name", "value", "words"), BAD_PAGES)
def test_what_is_no_page_is_named(pages: Pages, kind: str, name: str, value: str, words: str) -> None:
    """What can't be a page is invalid input under the parameter's name."""
    status, body = pages(kind, pages={"ordering": "title"})({name: value})
    assert (status, body["error"]["code"], body["error"]["details"]) == (400, "validation_error", {name: [words]})


@pytest.mark.parametrize("kind", ["number", "offset", "cursor"])
@pytest.mark.usefixtures("tasks")
def test_sizes_of_a_class(pages: Pages, kind: str) -> None:
    """A class says how many items a page has and may have; what the settings say counts where it is silent."""
    size = "limit" if kind == "offset" else "page_size"
    ask = pages(kind, pages={"ordering": "pk", "page_size": 2, "max_page_size": 5})
    assert codes(good(ask())) == "01"
    assert codes(good(ask({size: 5}))) == "01234"
    assert ask({size: 6})[1]["error"]["details"] == {size: ["Ensure this value is less than or equal to 5."]}


@pytest.mark.parametrize("kind", ["number", "offset", "cursor"])
@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (
            {"page_size": 9, "max_page_size": 5},
            "page_size is 9, and clients may not ask for more than max_page_size, 5",
        ),
        ({"page_size": 0}, "page_size is at least 1, not 0"),
        ({"max_page_size": -1}, "max_page_size is at least 1, not -1"),
    ],
)
def test_sizes_that_contradict_each_other_are_refused(pages: Pages, kind: str, sizes: Any, words: str) -> None:
    """A class whose usual page is larger than its largest is told where it is made."""
    with pytest.raises(ImproperlyConfigured, match=words):
        pages(kind, pages=sizes)


def cursor_of(link: str) -> str:
    """The cursor in the address of a page."""
    return parse_qs(urlsplit(link).query)["cursor"][0]


@pytest.mark.usefixtures("tasks")
def test_no_cursor_but_ours_is_taken(pages: Pages) -> None:
    """A cursor that was changed anywhere, or was made for another model, is refused under its name."""
    ask = pages("cursor", pages={"page_size": 4, "ordering": "-effort"})
    cursor = cursor_of(good(ask())["next"])
    other = {"A": "B"}
    changed = [cursor[:at] + other.get(cursor[at], "A") + cursor[at + 1 :] for at in range(len(cursor))]
    for text in (*changed, cursor + "A", cursor + "!", cursor[:-1], cursor + "="):
        status, body = ask({"cursor": text})
        assert (status, body["error"]["details"]) == (400, {"cursor": ["This is no cursor of this list."]}), text
    articles = pages("cursor", model=Article, shown="title", pages={"ordering": "-id"})
    assert articles({"cursor": cursor})[0] == 400


@pytest.mark.usefixtures("tasks")
def test_cursor_survives_a_new_key(pages: Pages, settings: Any) -> None:
    """A link that was made before the secret key was changed still leads on, while the old one is a fallback."""
    ask = pages("cursor", pages={"page_size": 4, "ordering": "code"})
    link = good(ask())["next"]
    settings.SECRET_KEY, old = "another key that is as long as it should be", settings.SECRET_KEY
    assert ask(link)[0] == 400
    settings.SECRET_KEY_FALLBACKS = [old]
    assert codes(good(ask(link))) == "4567"


@pytest.mark.usefixtures("tasks")
def test_ordering_and_cursor_go_together(pages: Pages) -> None:
    """A client orders a list that comes by cursor, and a cursor of another ordering is refused."""
    ask = pages("cursor", pages={"page_size": 4, "ordering": "code"}, ordering_fields=["effort", "title"])
    assert [codes(body) for body in walk(ask, "ordering=-effort,title")] == ["8967", "4523", "01"]
    cursor = cursor_of(good(ask("ordering=-effort"))["next"])
    for ordering in ("effort", "-effort,title", "", "title"):
        status, body = ask({"cursor": cursor, "ordering": ordering})
        words = "This cursor belongs to another ordering; begin again without it."
        assert (status, body["error"]["details"]) == (400, {"cursor": [words]})
    by_view = pages("cursor", pages={"ordering": "code"}, ordering="-title")
    assert codes(good(by_view())) == "9876543210"


@pytest.mark.usefixtures("tasks")
def test_cursor_and_filters_go_together(pages: Pages) -> None:
    """The links keep what the client filters and searches by."""
    ask = pages(
        "cursor",
        pages={"page_size": 2, "ordering": "-effort"},
        filterset_fields={"effort": ["gte"]},
        search_fields=["title", "watchers__name"],
    )
    assert [codes(body) for body in walk(ask, "effort__gte=2&search=t")] == ["98", "76", "54"]


def test_deleted_neighbours(pages: Pages, tasks: list[Task]) -> None:
    """Where all rows before or behind a page were deleted there is an empty page, from which links lead back."""
    ask = pages("cursor", pages={"page_size": 4, "ordering": "code"})
    first, second, _ = walk(ask)
    Task.objects.filter(code__gte="4").delete()
    behind = good(ask(first["next"]))
    assert (codes(behind), behind["next"]) == ("", None)
    assert codes(good(ask(behind["previous"]))) == "0123"
    Task.objects.create(title="new", code="7")
    Task.objects.filter(code__lt="4").delete()
    before = good(ask(second["previous"]))
    assert (codes(before), before["previous"]) == ("", None)
    assert codes(good(ask(before["next"]))) == "7"


@pytest.mark.usefixtures("tasks")
def test_a_page_by_cursor_is_one_query_without_an_offset(pages: Pages) -> None:
    """The last page costs what the first does."""
    ask = pages("cursor", pages={"page_size": 2, "ordering": ("-effort", "title")})
    link = [*walk(ask)][2]["next"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert codes(good(ask(link))) == "23"
    (query,) = queries.captured_queries
    assert "OFFSET" not in query["sql"]


ROWS = st.lists(
    st.tuples(st.sampled_from("abä"), st.decimals(0, 2, places=1), st.sampled_from(["", "x"])), min_size=0, max_size=14
)
ORDERINGS = st.lists(
    st.sampled_from(["title", "-title", "effort", "-effort", "state", "-pk", "pk", "code", "-code"]),
    min_size=1,
    max_size=3,
    unique_by=lambda term: term.removeprefix("-"),
)


@pytest.mark.row("B16")
@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, ordering=ORDERINGS, size=st.integers(1, 5), data=st.data())
def test_a_walk_is_the_whole_list(door: str, rows: Any, ordering: list[str], size: int, data: Any) -> None:
    """Page after page is the ordered list, each row once, both ways, whatever is inserted and deleted meanwhile."""
    Task.objects.all().delete()
    for number, (title, effort, state) in enumerate(rows):
        Task.objects.create(title=title, code=f"{number:02}", owner_id=str(number), effort=effort, state=state)
    ask = pages_through(door, "cursor", pages={"page_size": size, "ordering": tuple(ordering)})
    terms = [*ordering, "-pk" if ordering[-1].startswith("-") else "pk"]
    there = [task.code for task in Task.objects.order_by(*terms)]
    seen: list[str] = []
    gone: set[str] = set()
    last: Any = None
    for index, body in enumerate(walk(ask)):
        seen.extend(item["code"] for item in body["results"])
        last = body
        if there and data.draw(st.booleans()):
            title = data.draw(st.sampled_from("abä"))
            Task.objects.create(title=title, code=f"new{index}", owner_id=f"new{index}", effort="0.5")
        if there and data.draw(st.booleans()):
            victim = data.draw(st.sampled_from(there))
            Task.objects.filter(code=victim).delete()
            gone |= {victim} - set(seen)
        if index > 60:
            break  # of what is inserted in front of us there may be no end
    assert len(seen) == len(set(seen))
    assert [code for code in seen if not code.startswith("new")] == [code for code in there if code not in gone]
    now = [task.code for task in Task.objects.order_by(*terms)]
    if last["previous"]:
        back = [[item["code"] for item in body["results"]] for body in walk(ask, last["previous"], "previous")]
        backwards = [code for page in reversed(back) for code in page]
        first = last["results"][0]["code"] if last["results"] else ""
        before = now[: now.index(first)] if first in now else now  # of what came and went around it nothing is known
        assert backwards == before if first in now else set(backwards) <= set(before)
