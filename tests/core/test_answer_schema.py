"""Tests of what every answer of both doors looks like, in the words of JSON Schema."""

import re
from typing import Any

import jsonschema_rs
import pytest

from ironbolt.core.answer_schema import ERROR, PROBLEM, enveloped, error_content, request_id
from ironbolt.core.context import trace_id_from
from ironbolt.core.envelope import wrap
from ironbolt.core.errors import Problem, body_of, problem_json_of, validation_problem
from ironbolt.core.status import STATUS_MEANINGS


@pytest.mark.parametrize("status", STATUS_MEANINGS)
def test_every_error_is_as_it_is_described(status: int) -> None:
    """The envelope and the RFC 9457 document of each status are valid against their schemas."""
    problem = Problem.of_status(status)
    assert jsonschema_rs.is_valid(ERROR, body_of(problem))
    assert jsonschema_rs.is_valid(PROBLEM, problem_json_of(problem))


def test_schemas_refuse_what_is_no_error() -> None:
    """They say something: another shape, and messages that are no list, are not valid."""
    wrong: list[Any] = [{}, {"error": {}}, {"error": {"code": "x", "message": "y", "details": {"a": "b"}}}]
    assert not any(jsonschema_rs.is_valid(ERROR, body) for body in wrong)
    assert not jsonschema_rs.is_valid(PROBLEM, {"title": "x"})


def test_both_bodies_come_with_an_example() -> None:
    """The same error in both forms."""
    content = error_content(ERROR, PROBLEM, validation_problem({"title": ["Too long."]}))
    assert content["application/json"]["example"]["error"]["details"] == {"title": ["Too long."]}
    assert content["application/problem+json"]["example"]["errors"] == {"title": ["Too long."]}
    assert "example" not in error_content(ERROR, PROBLEM)["application/json"]


def test_success_in_its_envelope_is_as_it_is_described() -> None:
    """What wraps an answer fits what describes it."""
    assert jsonschema_rs.is_valid(enveloped({"type": "integer"}), wrap(3))
    assert not jsonschema_rs.is_valid(enveloped({"type": "integer"}), wrap("3"))


def test_trace_fits_its_header() -> None:
    """A trace that is made here, and one that is kept."""
    pattern = request_id()["schema"]["pattern"]
    assert re.search(pattern, trace_id_from(None))
    assert re.search(pattern, trace_id_from("abcdefgh-1234"))
