"""Tests of the assertions about queries, and of what pytest finds of them by itself."""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from ironbolt.testing import assert_no_n_plus_one, assert_queries_constant, no_n_plus_one
from tests.project.models import Relic, Shelf

ROOT = Path(__file__).resolve().parents[2]

pytest_plugins = ["pytester"]


def make_relics(count: int) -> None:
    """So many relics, each on a shelf of its own."""
    for number in range(count):
        Relic.objects.create(name=f"relic {number}", shelf=Shelf.objects.create(name=f"shelf {number}"))


def shelves() -> list[str]:
    """The names of their shelves, asked for one by one."""
    return [str(relic.shelf) for relic in Relic.objects.all()]


@pytest.mark.django_db
def test_code_without_a_view_is_looked_at_as_well() -> None:
    """A service or a serializer may be asserted by itself."""
    make_relics(2)
    with pytest.raises(AssertionError, match=r"Code under test: Relic\.shelf was asked for 2 times"):
        assert_no_n_plus_one(shelves)
    with no_n_plus_one():
        assert Relic.objects.select_related("shelf")[0].shelf


@pytest.mark.django_db
def test_the_block_is_a_decorator_too() -> None:
    """It wraps a whole test."""
    make_relics(2)
    with pytest.raises(AssertionError, match="select_related"):
        no_n_plus_one()(shelves)()


@pytest.mark.django_db
def test_what_the_block_raises_goes_before() -> None:
    """A failure of the test itself is not hidden by what was found."""
    make_relics(2)
    with pytest.raises(LookupError), no_n_plus_one():
        shelves()
        raise LookupError


@pytest.mark.django_db
def test_plain_views_one_after_the_other(client: Client) -> None:
    """Requests for one page after the other are no loop over rows, whoever serves the pages."""
    with no_n_plus_one():
        for _ in range(3):
            assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_a_request_without_queries_proves_nothing() -> None:
    """Where none can be counted the assertion fails instead of holding."""
    with pytest.raises(AssertionError, match="made no query in this thread"):
        assert_queries_constant(make_relics, lambda: None)


@pytest.mark.django_db
def test_the_difference_is_shown() -> None:
    """Both counts, each query that came more often, and the mend where it is known."""
    with pytest.raises(AssertionError) as caught:
        assert_queries_constant(make_relics, shelves, rows=(1, 2))
    head, added, *_ = str(caught.value).splitlines()
    assert head == "With 1 rows there were 2 queries, with 3 there were 4:"
    assert added.startswith('  +2: SELECT "testproject_shelf"."id"')
    assert 'Add select_related("shelf")' in str(caught.value)


@pytest.mark.django_db
def test_the_fixtures_are_the_functions(assert_no_n_plus_one: Any, assert_queries_constant: Any) -> None:
    """A test need not import them."""
    make_relics(2)
    assert_queries_constant(make_relics, lambda: [*Relic.objects.all()])
    with pytest.raises(AssertionError):
        assert_no_n_plus_one(shelves)


@pytest.mark.django_db
@pytest.mark.no_n_plus_one
def test_the_marker_passes_where_nothing_is_repeated() -> None:
    """A marked test is a test."""
    make_relics(2)
    assert [*Relic.objects.select_related("shelf")]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a run inside this one would want the same test database")
def test_the_marker_fails_a_test(pytester: pytest.Pytester, monkeypatch) -> None:
    """A marked test that repeats a query fails with the mend, without a word in it; another one does not."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(
        """
        import pytest
        from tests.testing.test_queries import make_relics, shelves

        @pytest.mark.django_db
        @pytest.mark.no_n_plus_one
        def test_marked():
            make_relics(2)
            shelves()

        @pytest.mark.django_db
        def test_plain():
            make_relics(2)
            shelves()
        """
    )
    given = (
        "-p",
        "ironbolt.pytest_plugin",
        "--ds=tests.project.settings",
        "--strict-markers",
        "-p",
        "no:cacheprovider",
    )
    result = pytester.runpytest_subprocess(*given)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(['*Relic.shelf was asked for 2 times*Add select_related("shelf")*'])


def test_pytest_finds_the_plugin_by_itself() -> None:
    """The package names it, under the name of its module, so that naming it twice does no harm."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, module),) = project["entry-points"]["pytest11"].items()
    assert name == module == "ironbolt.pytest_plugin"
    assert import_module(module).MARKER == "no_n_plus_one"


def test_the_plugin_loads_no_django(pytester: pytest.Pytester) -> None:
    """A run of pytest in an environment that happens to have Ironbolt pays nothing for it."""
    code = "import sys, ironbolt.pytest_plugin; sys.exit('django' in sys.modules)"
    assert pytester.runpython_c(code).ret == 0
