"""What to change so that a relation comes with the list: the path to it from the listed row, and the call."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Model

from ironbolt.features.nplusone.relations import Relation

_STEPS, _NODES = 4, 2_000


def mend_of(relation: Relation | None, rows: Sequence[Sequence[Model]]) -> str:
    """A sentence that says what to add to the queryset.

    Args:
        relation: what is loaded row by row; None for a query of another kind.
        rows: the rows that are being read, frame by frame, outermost last.
    """
    if relation is None:
        return (
            "Let the list's queryset bring it along: annotate(...) for a value that the database can work out, "
            "else prefetch_related(...)."
        )
    steps, has_many = _path(relation.row, rows)
    path = "__".join([*steps, relation.name])
    return _call(relation, path, has_many=has_many)


def _call(relation: Relation, path: str, *, has_many: bool) -> str:
    match relation.how:
        case "one":
            method = "prefetch_related" if has_many else "select_related"
            return f'Add {method}("{path}") to the queryset.'
        case "generic" | "many":
            return f'Add prefetch_related("{path}") to the queryset.'
        case "counted":
            return (
                f'Work it out in the list\'s own query: annotate(...=Count("{path}")), or Exists(...); or add '
                f'prefetch_related("{path}") and look at .all() only.'
            )
        case "narrowed":
            return (
                f'Add prefetch_related(Prefetch("{path}", queryset=..., to_attr=...)) as it is asked here to '
                "the queryset, and read that attribute: anything but .all() asks anew."
            )
    return f'"{path}" is deferred but read: take it out of defer(...), or name it in only(...).'


def _path(target: Model, rows: Sequence[Sequence[Model]]) -> tuple[list[str], bool]:
    """The names that lead from the outermost row which reaches it to the target, and whether one leads to many."""
    for together in reversed(rows):
        found = [path for row in together if (path := _search(row, target)) is not None]
        if found:
            return max(found, key=lambda path: len(path[0]))
    return [], False


def _search(row: Model, target: Model) -> tuple[list[str], bool] | None:
    waiting: deque[tuple[Model, list[str], bool]] = deque([(row, [], False)])
    seen: set[int] = set()
    while waiting and len(seen) < _NODES:
        current, steps, has_many = waiting.popleft()
        if current is target:
            return steps, has_many
        if id(current) in seen or len(steps) == _STEPS:
            continue
        seen.add(id(current))
        waiting.extend((other, [*steps, name], has_many or many) for name, other, many in _loaded(current))
    return None


def _loaded(row: Model) -> Iterator[tuple[str, Model, bool]]:
    """What is loaded beside a row: the name of the relation, the object, whether it is one of many."""
    for name, other in row._state.fields_cache.items():
        if isinstance(other, Model):
            yield name, other, False
    prefetched: dict[str, Any] = getattr(row, "_prefetched_objects_cache", {})
    for name, others in prefetched.items():
        for other in others:
            yield name, other, True
