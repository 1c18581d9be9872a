"""Transactions beside the unit of work: those of ``ATOMIC_REQUESTS``, and in other databases that a view writes to."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.models import Model
from rest_framework.response import Response

from ironbolt.core.unit import Unit

_CREATING = frozenset({"create", "bulk_create"})

_EXEMPT = "_non_atomic_requests"
"""Where Django keeps what ``@transaction.non_atomic_requests`` was told."""


def written_database(view: Any, model: type[Model] | None) -> str:
    """The alias of the database that a request writes to: as the router says, who is told where the rows are read.

    New rows go where the router sends them, whatever database the queryset of the view names.
    """
    if model is None:
        return DEFAULT_DB_ALIAS
    return router.db_for_write(model) if _is_new(view) else _database_of_rows(view, model)


def databases_beside(view: Any, model: type[Model] | None, unit: str | None) -> set[str]:
    """The databases that a request has transactions in beside its unit of work, if it has one.

    An action of a project's own may change rows, and make new ones that go elsewhere.
    """
    exempt = getattr(type(view).dispatch, _EXEMPT, ())
    asked = {alias for alias, said in connections.settings.items() if said["ATOMIC_REQUESTS"] and alias not in exempt}
    written = {router.db_for_write(model), _database_of_rows(view, model)} if unit and model else set()
    return (asked | written) - {unit}


def _is_new(view: Any) -> bool:
    action = getattr(view, "action", None)
    return action in _CREATING if action else view.request.method == "POST"


def _database_of_rows(view: Any, model: type[Model]) -> str:
    """Where the rows of a view's queryset are saved, as ``save()`` would ask of each."""
    named: str | None = getattr(getattr(view, "queryset", None), "_db", None)
    if named is None:
        return router.db_for_write(model)
    row = model()
    row._state.db = named
    return router.db_for_write(model, instance=row)


def in_transactions(databases: Collection[str], answer: Callable[[], Response], *, undoes_refusals: bool) -> Response:
    """What is answered, in a transaction of each database: what is raised undoes them all.

    Args:
        databases: their aliases.
        answer: makes the answer.
        undoes_refusals: whether an answer with a status of 400 or above undoes them, too.

    Raises:
        TransactionManagementError: somebody has swallowed an error after which one of them can only be undone.
    """
    if not databases:
        return answer()
    with ExitStack() as stack:
        for alias in databases:
            stack.enter_context(transaction.atomic(using=alias))
        response = answer()
        for alias in databases if undoes_refusals else ():
            if response.status_code >= 400:
                transaction.set_rollback(True, using=alias)
            else:
                Unit(alias).check()
    return response
