"""What was found, the words it is told in, and the error that it becomes."""

from collections.abc import Sequence

import msgspec
from django.conf import settings

from ironbolt.core.errors import Problem, register_mapper

_SUMMARY = "This list asks the database again for each of its rows."


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One query that a list makes for each of its rows.

    Attributes:
        place: the view and its action.
        what: the relation or the deferred field as ``Book.author``, else the model or the table of the query.
        times: how often it was asked for, at least.
        mend: what to change, as a sentence.
        field: the serializer's field that asked, as ``BookSerializer.author_name``; empty where none did.
        line: the line of the project that asked, as ``shop/api.py:12 in Book.author_name``; empty where none did.
        sql: the query, without values.
    """

    place: str
    what: str
    times: int
    mend: str
    field: str = ""
    line: str = ""
    sql: str = ""

    def __str__(self) -> str:
        askers = " at ".join(asker for asker in (self.field, self.line) if asker)
        by = f", by {askers}" if askers else ""
        return f"{self.place}: {self.what} was asked for {self.times} times, row by row{by}. {self.mend}"


class NPlusOne(Exception):
    """A list asks the database again for each of its rows.

    Attributes:
        findings: every query that it repeats.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(told(findings))
        self.findings = [*findings]


def told(findings: Sequence[Finding]) -> str:
    """All of them, a line each."""
    lines = "\n".join(f"- {finding}\n  {finding.sql}" for finding in findings)
    return f"{_SUMMARY}\n{lines}"


def _problem(error: NPlusOne, safe: bool) -> Problem:
    """The mend for whoever develops; anybody else is told no name of a model or a file."""
    if not settings.DEBUG:
        return Problem.of_status(500)
    details: dict[str, list[str]] = {}
    for finding in error.findings:
        details.setdefault(finding.what, []).append(str(finding))
    return Problem.of_status(500, _SUMMARY, code="n_plus_one", details=details)


register_mapper(NPlusOne, _problem)
