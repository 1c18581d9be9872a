"""The one exception table: whatever is raised becomes a :class:`Problem`, the same for both doors."""

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.core import exceptions as django_errors
from django.db import models
from django.db import utils as database_errors
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from ironbolt.core import integrity
from ironbolt.core.negotiation import JSON, PROBLEM_JSON, prefers_problem_json
from ironbolt.core.redaction import on_one_line
from ironbolt.core.settings import get_settings
from ironbolt.core.status import STATUS_MEANINGS

Details = dict[str, list[str]]
Mapper = Callable[[Any, bool], "Problem"]
_E = TypeVar("_E", bound=BaseException)

NON_FIELD_ERRORS = "non_field_errors"
"""The key of ``details`` that holds what belongs to no single field."""

logger = logging.getLogger("ironbolt.errors")

failures_to_report: ContextVar[list[BaseException] | None] = ContextVar("ironbolt_failures", default=None)
"""Where a test client gathers what is answered as a 500; nobody does elsewhere."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What a client is told of an error.

    Attributes:
        status: the HTTP status.
        code: a stable, machine-readable word.
        message: one sentence for a person.
        details: dotted path of a field → messages; ``non_field_errors`` for the rest.
        headers: extra headers of the answer, such as ``Allow`` or ``Retry-After``.
    """

    status: int
    code: str
    message: str
    details: Details = {}
    headers: dict[str, str] = {}

    @classmethod
    def of_status(cls, status: int, message: str | None = None, **rest: Any) -> "Problem":
        """The problem that a bare HTTP status stands for; ``rest`` sets the other fields.

        What is no status of an error is a mistake of whoever raised it, and therefore a 500.
        """
        if not 400 <= status <= 599:
            return cls.of_status(500)
        code, sentence = STATUS_MEANINGS.get(status) or STATUS_MEANINGS[status // 100 * 100]
        return cls(**{"status": status, "code": code, "message": str(message or sentence), **rest})


class ApiError(Exception):
    """An error with a status and a code of its own, understood by both doors.

    Args:
        message: one sentence for the client; by default that of the status.
        details: field → messages, where the fault lies in particular fields.
        headers: extra headers of the answer.
    """

    status = 500
    code: str | None = None

    def __init__(
        self, message: str | None = None, *, details: Details | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message or "")
        self.message = message
        self.details = details or {}
        self.headers = dict(headers or {})

    def problem(self) -> Problem:
        """This error as the client sees it."""
        facts: dict[str, Any] = {"details": flatten(self.details), "headers": self.headers}
        if self.code:
            facts["code"] = self.code
        return Problem.of_status(self.status, self.message, **facts)


class ValidationFailed(ApiError):
    """The request was understood, but fields of it are wrong; ``details`` says which."""

    code = "validation_error"

    def __init__(self, details: Details, message: str = "Invalid input.") -> None:
        super().__init__(message, details=details)
        self.status = get_settings().VALIDATION_STATUS


def validation_problem(details: Details) -> Problem:
    """The problem of invalid input, under the status that the settings name."""
    return ValidationFailed(details).problem()


def flatten(errors: Any, path: str = "") -> Details:
    """Nested validation errors as dotted path → messages; what has no field is a non-field error."""
    if isinstance(errors, Mapping):
        found: Details = {}
        for key, inner in errors.items():
            _merge(found, flatten(inner, joined(path, "" if key in _NON_FIELD_KEYS else str(key))))
        return found
    if isinstance(errors, list | tuple):
        found = {}
        for index, inner in enumerate(errors):
            nested = isinstance(inner, Mapping | list | tuple)
            _merge(found, flatten(inner, joined(path, str(index)) if nested else path))
        return found
    return {path or NON_FIELD_ERRORS: [str(errors)]}


_NON_FIELD_KEYS = {NON_FIELD_ERRORS, django_errors.NON_FIELD_ERRORS}


def joined(path: str, name: str) -> str:
    """The path of a field inside another: ``author.name``; either may be nothing."""
    return f"{path}.{name}" if path and name else path or name


def _merge(found: Details, more: Details) -> None:
    for path, messages in more.items():
        found.setdefault(path, []).extend(messages)


# --- the table -----------------------------------------------------------------------------------

_table: dict[type[BaseException], Mapper] = {}


def register_mapper(exception: type[_E], mapper: Callable[[_E, bool], Problem]) -> None:
    """Let ``mapper(exc, safe)`` turn ``exception`` and its subclasses into problems, in both doors.

    ``safe`` is False only where raw database texts may be shown. The most derived registered class
    of an exception decides; registering a class again replaces its mapper.
    """
    _table[exception] = mapper


def register_error(
    exception: type[BaseException], *, status: int, code: str | None = None, message: str | None = None
) -> None:
    """Answer ``exception`` and its subclasses with ``status`` and ``code``, in both doors.

    Args:
        exception: the class to map.
        status: the HTTP status of the answer.
        code: its machine-readable word; by default that of the status.
        message: the sentence for the client; by default what the exception says of itself.
    """

    def mapper(exc: BaseException, safe: bool) -> Problem:
        named = {"code": code} if code else {}
        return Problem.of_status(status, message or str(exc), **named)

    register_mapper(exception, mapper)


def problem_of(exc: BaseException, *, safe: bool | None = None) -> Problem:
    """What a client is told of ``exc``.

    Args:
        exc: whatever was raised.
        safe: whether database texts are kept back; the ``SAFE_DB_ERRORS`` setting by default.
    """
    if safe is None:
        safe = get_settings().SAFE_DB_ERRORS
    for cls in type(exc).__mro__:
        if mapper := _table.get(cls):
            return mapper(exc, safe)
    return Problem.of_status(500)


def log_problem(problem: Problem, exc: BaseException | None, *, method: str, path: str) -> None:
    """Log an error by its severity: 500 and 503 critical with traceback, refusals warning, the rest debug."""
    line = "%s %s → %d %s"
    values = (on_one_line(method), on_one_line(path), problem.status, problem.code)
    if problem.status >= 500:
        logger.critical(line, *values, exc_info=exc)
        if problem.status == 500 and exc and (failures := failures_to_report.get()) is not None:
            failures.append(exc)
    elif problem.status in (401, 403, 409, 429):
        logger.warning(line, *values)
    else:
        logger.debug(line, *values)


def body_of(problem: Problem) -> dict[str, Any]:
    """The envelope of an error."""
    return {"error": {"code": problem.code, "message": problem.message, "details": problem.details}}


def problem_json_of(problem: Problem) -> dict[str, Any]:
    """The same facts as an RFC 9457 document (``application/problem+json``)."""
    return {
        "type": "about:blank",
        "title": STATUS_MEANINGS.get(problem.status, ("", problem.message))[1],
        "status": problem.status,
        "detail": problem.message,
        "code": problem.code,
        "errors": problem.details,
    }


class Rendered(NamedTuple):
    """An error ready to be sent; ``headers`` are all but the content type."""

    body: bytes
    content_type: str
    headers: dict[str, str]


def document_of(problem: Problem, accept: str | None) -> tuple[dict[str, Any], str]:
    """What to send of a problem to a client with this ``Accept`` header, and as which content type."""
    if prefers_problem_json(accept):
        return problem_json_of(problem), PROBLEM_JSON
    return body_of(problem), JSON


def rendered(problem: Problem, accept: str | None) -> Rendered:
    """A problem as it is sent: the envelope, or an RFC 9457 document for those who prefer one."""
    document, content_type = document_of(problem, accept)
    named = {name.strip(): "" for name in problem.headers.get("Vary", "").split(",") if name.strip()}
    headers = {**problem.headers, "Vary": ", ".join({**named, "Accept": ""})}
    return Rendered(msgspec.json.encode(document), content_type, headers)


# --- Django's own exceptions -----------------------------------------------------------------------


def _fixed(status: int, **rest: Any) -> Mapper:
    return lambda exc, safe: Problem.of_status(status, **rest)


def _spoken(status: int, **rest: Any) -> Mapper:
    """A mapper that repeats what the exception says, for texts written by the application."""
    return lambda exc, safe: Problem.of_status(status, str(exc) or None, **rest)


def _database(status: int, code: str, message: str) -> Mapper:
    def mapper(exc: BaseException, safe: bool) -> Problem:
        return Problem(status=status, code=code, message=message if safe else str(exc))

    return mapper


def _integrity_error(exc: database_errors.IntegrityError, safe: bool) -> Problem:
    sentence = "A database integrity constraint was violated."
    details = integrity.details_of(exc)
    if not integrity.is_explained(exc) and (found := integrity.sentence_of(exc)):
        details = {NON_FIELD_ERRORS: [found]}
    return Problem(status=409, code="integrity_error", message=sentence if safe else str(exc), details=details)


def _django_validation(exc: django_errors.ValidationError, safe: bool) -> Problem:
    fields = exc.message_dict if hasattr(exc, "error_dict") else exc.messages
    return validation_problem(flatten(fields))


_PROTECTED = "This object is still referenced by others and can't be deleted."
_UNAVAILABLE = "The database is not available right now. Please try again."
_FAILED = "The database refused the operation."
_misconfigured = _fixed(
    500, code="improperly_configured", message="This address is not set up correctly. The server's log says why."
)

_table.update(
    {
        ApiError: lambda exc, safe: exc.problem(),
        Http404: _fixed(404),
        django_errors.ObjectDoesNotExist: _fixed(404),
        django_errors.PermissionDenied: _spoken(403),
        django_errors.ValidationError: _django_validation,
        django_errors.BadRequest: _spoken(400),
        django_errors.ImproperlyConfigured: _misconfigured,
        django_errors.FieldError: _misconfigured,
        django_errors.SuspiciousOperation: _fixed(400),
        django_errors.RequestDataTooBig: _fixed(413),
        django_errors.TooManyFieldsSent: _fixed(413),
        django_errors.TooManyFilesSent: _fixed(413),
        MultiPartParserError: _fixed(400, code="parse_error"),
        UnreadablePostError: _fixed(400, code="parse_error"),
        database_errors.IntegrityError: _integrity_error,
        models.ProtectedError: _fixed(409, code="protected_object", message=_PROTECTED),
        models.RestrictedError: _fixed(409, code="protected_object", message=_PROTECTED),
        database_errors.DataError: _database(400, "data_error", "A value does not fit its column."),
        database_errors.OperationalError: _database(503, "db_operational_error", _UNAVAILABLE),
        database_errors.InterfaceError: _database(503, "db_operational_error", _UNAVAILABLE),
        database_errors.ProgrammingError: _database(500, "db_error", _FAILED),
        database_errors.DatabaseError: _database(500, "db_error", _FAILED),
    }
)
