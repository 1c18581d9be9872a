"""How many items a list has, through both doors: counted, estimated, or not asked."""

from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ironbolt.bolt import pagination as bolt_pages
from ironbolt.core import estimating
from ironbolt.core.counting import Total, total_estimated, total_seen
from ironbolt.drf import pagination as drf_pages
from ironbolt.plans import estimates
from tests.contract.listing import DOORS
from tests.contract.test_paging import Pages, codes, good, pages_through, walk
from tests.project.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(params=DOORS)
def pages(request: pytest.FixtureRequest) -> Pages:
    """Each door in turn."""
    return lambda kind, **attributes: pages_through(request.param, kind, **attributes)


@pytest.fixture(autouse=True)
def tasks() -> list[Task]:
    """Ten tasks."""
    return [Task.objects.create(title=f"T{n}", code=str(n), owner_id=str(n)) for n in range(10)]


def second(kind: str) -> str:
    """The second page of four."""
    return "page=2" if kind == "number" else "offset=4"


@pytest.mark.parametrize("kind", ["number", "offset"])
def test_an_absent_count_costs_nothing(pages: Pages, kind: str) -> None:
    """One query, without a count; the next page is known by one row more."""
    ask = pages(kind, pages={"page_size": 4, "counts": "absent"})
    with CaptureQueriesContext(connection) as queries:
        body = good(ask())
    assert [query["sql"] for query in queries.captured_queries if "COUNT" in query["sql"].upper()] == []
    assert len(queries) == 1
    assert set(body) == {"next", "previous", "results"}
    assert [codes(found) for found in walk(ask)] == ["0123", "4567", "89"]


def _told(count: int) -> Any:
    """A database that believes in a count."""
    believed: Any = {"of_catalogue": lambda _: count, "of_planner": lambda _: count}
    one = patch.multiple(estimating, of_statistics=lambda _: count, **believed)
    other = patch.multiple(estimates, _of_statistics=lambda _: count, **believed)
    return one, other


@pytest.mark.parametrize("kind", ["number", "offset"])
@pytest.mark.parametrize(("believed", "said"), [(1000, 1000), (3, 9)])
def test_an_estimate_says_that_it_is_one(pages: Pages, kind: str, believed: int, said: int) -> None:
    """It never contradicts the page beside it, and the last page knows the truth."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(Task._meta.db_table)}")
    one, other = _told(believed)
    with one, other:
        ask = pages(kind, pages={"page_size": 4, "counts": "estimated"})
        body = good(ask(second(kind)))
        assert (body["count"], body["count_is_estimate"], codes(body)) == (said, True, "4567")
        found = [*walk(ask)]
        assert [codes(page) for page in found] == ["0123", "4567", "89"]
        assert (found[-1]["count"], found[-1]["count_is_estimate"]) == (10, False)


def test_a_page_beyond_an_estimate_is_there_if_it_has_rows(pages: Pages) -> None:
    """Only a page without rows is a 404."""
    one, other = _told(2)
    with one, other:
        ask = pages("number", pages={"page_size": 4, "counts": "estimated"})
        assert codes(good(ask("page=3"))) == "89"
        assert ask("page=4")[0] == 404


@pytest.mark.parametrize("counts", ["estimated", "absent"])
def test_a_page_without_rows(pages: Pages, counts: str) -> None:
    """By number a 404, by offset an empty page that promises nothing."""
    assert pages("number", pages={"counts": counts})("page=2")[0] == 404
    ask = pages("offset", pages={"counts": counts})
    body = good(ask("offset=50"))
    assert (body["results"], body["next"]) == ([], None)
    assert body.get("count", 10) == 10
    Task.objects.all().delete()
    for kind in ("number", "offset"):
        empty = good(pages(kind, pages={"counts": counts})())
        assert (empty["results"], empty["next"], empty["previous"]) == ([], None, None)
        assert empty.get("count", 0) == 0
        assert empty.get("count_is_estimate", False) is False


@pytest.mark.parametrize("module", [bolt_pages, drf_pages])
def test_an_unknown_way_to_count_is_refused(module: Any) -> None:
    """When the class is made."""
    with pytest.raises(ImproperlyConfigured, match="counts is one of exact, estimated, absent, not 'roughly'"):
        type("Pages", (module.LimitOffsetPagination,), {"counts": "roughly"})


def test_the_descriptions_say_what_a_page_has() -> None:
    """In both doors: a count, a count that may be an estimate, or none."""
    for counts, fields in (
        ("exact", {"count", "next", "previous", "results"}),
        ("estimated", {"count", "count_is_estimate", "next", "previous", "results"}),
        ("absent", {"next", "previous", "results"}),
    ):
        bolt: Any = type("Pages", (bolt_pages.PageNumberPagination,), {"counts": counts})
        assert set(bolt.answer(int).__origin__.__struct_fields__) == fields
        drf: Any = type("Pages", (drf_pages.AppPageNumberPagination,), {"counts": counts})
        assert set(drf().get_paginated_response_schema({"type": "array"})["required"]) == fields


def test_what_a_page_tells_of_the_whole() -> None:
    """The last page that has rows, or a first one without: all others leave it open."""
    assert total_seen(4, 2, more=False) == Total(6, is_estimate=False)
    assert total_seen(0, 0, more=False) == Total(0, is_estimate=False)
    assert total_seen(4, 0, more=False) is None
    assert total_seen(4, 4, more=True) is None
    assert total_estimated(Total(100, is_estimate=True), 50, 0, more=False) == Total(50, is_estimate=True)
    assert total_estimated(Total(7, is_estimate=False), 50, 0, more=False) == Total(7, is_estimate=False)
