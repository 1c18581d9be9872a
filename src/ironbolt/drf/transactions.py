"""Transactions beside the unit of work: those of ``ATOMIC_REQUESTS``, and in other databases that a view writes to."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.models import Model
from rest_framework.response import Response

_EXEMPT = "_non_atomic_requests"
"""Where Django keeps what ``@transaction.non_atomic_requests`` was told."""


def written_database(view: Any, model: type[Model] | None) -> str:
    """The alias of the database that the rows of a view are written to: that of its queryset, if this names one."""
    if model is None:
        return DEFAULT_DB_ALIAS
    named: str | None = getattr(getattr(view, "queryset", None), "_db", None)
    return named or router.db_for_write(model)


def databases_beside(view: Any, model: type[Model] | None, unit: str | None) -> set[str]:
    """The databases that a request has transactions in beside its unit of work, if it has one.

    New rows go where the router says, even if the queryset of the view names another database.
    """
    exempt = getattr(type(view).dispatch, _EXEMPT, ())
    asked = {alias for alias, said in connections.settings.items() if said["ATOMIC_REQUESTS"] and alias not in exempt}
    written = {router.db_for_write(model)} if unit and model else set()
    return (asked | written) - {unit}


def in_transactions(databases: Collection[str], answer: Callable[[], Response], *, undoes_refusals: bool) -> Response:
    """What is answered, in a transaction of each database: what is raised undoes them all.

    Args:
        databases: their aliases.
        answer: makes the answer.
        undoes_refusals: whether an answer with a status of 400 or above undoes them, too.
    """
    if not databases:
        return answer()
    with ExitStack() as stack:
        for alias in databases:
            stack.enter_context(transaction.atomic(using=alias))
        response = answer()
        if undoes_refusals and response.status_code >= 400:
            for alias in databases:
                transaction.set_rollback(True, using=alias)
    return response
