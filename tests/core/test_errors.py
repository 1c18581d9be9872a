"""Tests of the one exception table, without any door."""

import logging
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core import errors
from ironbolt.core.errors import ApiError, Problem, ValidationFailed, flatten, log_problem, problem_of, register_error

TEXT = st.text(max_size=5)
NESTED = st.recursive(TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({}, {}),
        ([], {}),
        ("bad", {"non_field_errors": ["bad"]}),
        (["bad", "worse"], {"non_field_errors": ["bad", "worse"]}),
        ({"a": "bad"}, {"a": ["bad"]}),
        ({"a": ["bad"], "b": {"c": ["worse"]}}, {"a": ["bad"], "b.c": ["worse"]}),
        ({"a": [{}, {"b": ["bad"]}]}, {"a.1.b": ["bad"]}),
        ([{"a": ["bad"]}, {"a": ["bad"]}], {"0.a": ["bad"], "1.a": ["bad"]}),
        ({"__all__": ["bad"], "non_field_errors": ["worse"]}, {"non_field_errors": ["bad", "worse"]}),
        ({"a": {"non_field_errors": ["bad"]}}, {"a": ["bad"]}),
        ({"a": {1: "bad"}}, {"a.1": ["bad"]}),
        ({"a": gettext_lazy("bad")}, {"a": ["bad"]}),
    ],
    ids=repr,
)
def test_nested_errors_become_paths(nested: Any, flat: dict[str, list[str]]) -> None:
    """However deep a message lies, its path says where."""
    assert flatten(nested) == flat


def leaves(value: Any) -> list[str]:
    """Every message in a tree."""
    if isinstance(value, str):
        return [value]
    return [leaf for inner in (value.values() if isinstance(value, dict) else value) for leaf in leaves(inner)]


@given(NESTED)
def test_no_message_is_lost_on_the_way(nested: Any) -> None:
    """Every message arrives once, in a list, under a path that is not empty."""
    flat = flatten(nested)
    assert sorted(message for messages in flat.values() for message in messages) == sorted(leaves(nested))
    assert all(path and messages for path, messages in flat.items())


@given(st.integers(-10, 1000))
def test_every_status_has_a_meaning(status: int) -> None:
    """A status without a meaning of its own has that of its class, and what is no error at all is a 500."""
    problem = Problem.of_status(status)
    assert problem.status == (status if 400 <= status <= 599 else 500)
    assert problem.code
    assert problem.message


def test_translated_messages_are_read_where_they_are_used() -> None:
    """A message may be translated lazily, and can be encoded."""
    error = ApiError(gettext_lazy("No."), details={"a": [gettext_lazy("Bad.")]})  # type: ignore[arg-type, list-item]
    problem = error.problem()
    assert msgspec.json.encode(problem.message) == b'"No."'
    assert problem.details == {"a": ["Bad."]}


def test_details_are_always_lists() -> None:
    """A single message is taken for a list of one."""
    assert ValidationFailed({"a": "bad"}).problem().details == {"a": ["bad"]}  # type: ignore[dict-item]  # the point


def test_error_says_more_than_its_status() -> None:
    """Code, message, details and headers of an application's error reach the client."""

    class Sold(ApiError):
        status = 409
        code = "sold"

    problem = problem_of(Sold("Gone.", details={"book": ["Sold."]}, headers={"Retry-After": "5"}))
    assert problem == Problem(
        status=409, code="sold", message="Gone.", details={"book": ["Sold."]}, headers={"Retry-After": "5"}
    )


def test_registered_message_replaces_what_the_exception_says(monkeypatch) -> None:
    """Where the text of an exception is not meant for clients, the registration gives another."""
    monkeypatch.setattr(errors, "_table", dict(errors._table))
    register_error(LookupError, status=404, message="Nothing there.")
    assert problem_of(KeyError("secret")).message == "Nothing there."
    assert problem_of(KeyError("secret")).code == "not_found"


def test_validation_error_of_django_keeps_its_fields() -> None:
    """Messages with parameters are filled in, fields are kept."""
    raised = ValidationError({"a": ValidationError("%(n)d is too much.", params={"n": 5})})
    assert problem_of(raised).details == {"a": ["5 is too much."]}
    assert problem_of(ValidationError("bad")).details == {"non_field_errors": ["bad"]}


@pytest.mark.parametrize("path", ["/a\nCRITICAL forged", "/a\r\nb", "/a\x1b[31m", "/a\u2028b", "/a\udcffb"])
def test_path_can_not_forge_a_log_line(path: str, caplog) -> None:
    """Line breaks and the like that came percent-encoded are logged escaped."""
    with caplog.at_level(logging.DEBUG, "ironbolt.errors"):
        log_problem(Problem.of_status(404), None, method="GET", path=path)
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert record.getMessage().encode()


def test_bodies_tell_the_same_facts() -> None:
    """The envelope and the RFC 9457 document differ in form alone."""
    problem = Problem.of_status(404, details={"a": ["x"]})
    assert errors.body_of(problem) == {"error": {"code": "not_found", "message": "Not found.", "details": {"a": ["x"]}}}
    document = errors.problem_json_of(problem)
    assert (document["status"], document["code"], document["detail"]) == (404, "not_found", "Not found.")
    assert (document["title"], document["errors"]) == ("Not found.", {"a": ["x"]})


def test_problem_as_it_is_sent() -> None:
    """The envelope or a problem document, and in either case a word to caches."""
    problem = Problem.of_status(404, headers={"Vary": "Cookie, Accept", "Allow": "GET"})
    plain = errors.rendered(problem, None)
    assert plain.content_type == "application/json"
    assert plain.headers == {"Vary": "Cookie, Accept", "Allow": "GET"}
    assert msgspec.json.decode(plain.body) == errors.body_of(problem)
    asked = errors.rendered(Problem.of_status(404), "application/problem+json")
    assert (asked.content_type, asked.headers) == ("application/problem+json", {"Vary": "Accept"})
    assert msgspec.json.decode(asked.body)["status"] == 404
