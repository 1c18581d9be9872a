"""What speaks against an item, and the one error that tells it of all of them."""

from collections.abc import Iterable, Mapping

import msgspec
from django.db.models import Model
from django.db.utils import IntegrityError

from ironbolt.core import integrity
from ironbolt.core.errors import (
    NON_FIELD_ERRORS,
    ApiError,
    Details,
    Problem,
    joined,
    problem_of,
    validation_problem,
)
from ironbolt.core.integrity import MISSING
from ironbolt.core.settings import get_settings
from ironbolt.features.bulk.door import Door
from ironbolt.features.bulk.items import Item

MOST_FAULTS = 100
"""No answer lists more faults than this, whatever was sent."""

TWICE = "Item {index} has this value too."
TWICE_TOGETHER = "Item {index} has these values together too."


class BulkFailed(ApiError):
    """Nothing was done, for some items could not be: ``3.isbn`` is the field ``isbn`` of the item at index 3.

    Where items fail for several reasons, what is wrong in itself goes first: the lowest status counts.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        failed = [(item, item.problem) for item in items if item.problem is not None]
        first = min((problem for _, problem in failed), key=_weight)
        details: Details = {}
        for item, problem in failed:
            if len(details) >= MOST_FAULTS:
                break
            details.update(_placed(item, problem))
        super().__init__(first.message, details=details, headers=first.headers)
        self.status = first.status
        self.code = first.code


def _weight(problem: Problem) -> tuple[bool, int]:
    # Invalid input may be a 422 by the settings, and goes first all the same.
    return problem.status != get_settings().VALIDATION_STATUS, problem.status


def _placed(item: Item, problem: Problem) -> Details:
    if not problem.details:
        return {item.path: [problem.message]}
    return {
        joined(item.path, "" if path == NON_FIELD_ERRORS else path): messages
        for path, messages in problem.details.items()
    }


def problem_with(exc: Exception, door: Door) -> Problem:
    """What a client is told of ``exc``, which came of one item.

    Raises:
        Exception: ``exc`` itself, where the fault is the server's.
    """
    if isinstance(exc, IntegrityError) and not integrity.details_of(exc):
        integrity.explain(exc, door.model, public_names=door.names, using=door.using)
    problem = problem_of(exc, safe=door.safe)
    if problem.status >= 500:
        raise exc
    return problem


def invalid(details: Details) -> Problem:
    """Invalid input."""
    return validation_problem(details)


def not_found(details: Details) -> Problem:
    """There is no such row, or none that this caller may find."""
    return Problem.of_status(404, details=details)


def violated(fields: Mapping[str, str], door: Door) -> Problem:
    """What the database would say of an item: name of the model's field → message."""
    exc = IntegrityError("A row breaks a constraint.")
    details = {door.names[name]: [message] for name, message in fields.items() if name in door.names}
    return msgspec.structs.replace(problem_of(exc, safe=True), details=details)


def dangling(names: Iterable[str], door: Door) -> Problem:
    """Relations of an item lead to nothing."""
    return violated(dict.fromkeys(names, MISSING), door)


def gone(model: type[Model]) -> Exception:
    """A row has gone since it was read."""
    missing: Exception = model.DoesNotExist()  # type: ignore[attr-defined]  # every model has one
    return missing
