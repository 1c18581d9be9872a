"""Pages that paginators cut out of a queryset and fetch: rows as they are shown stand in them for objects."""

import logging
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.db.models.query import ModelIterable

from ironbolt.core.origins import home_of
from ironbolt.drf.reading.reader import Reader, Shown

logger = logging.getLogger("ironbolt.plans")

_CUTTING = frozenset(
    {
        "rest_framework.pagination.PageNumberPagination.paginate_queryset",
        "rest_framework.pagination.LimitOffsetPagination.paginate_queryset",
        "ironbolt.drf.pagination.AppPageNumberPagination.paginate_queryset",
        "ironbolt.drf.pagination.LimitOffsetPagination.paginate_queryset",
    }
)
"""What takes a part of the rows and hands it over without a look at any of them."""

_OWN = "ironbolt.drf.pagination."

_KEPT_AS = "_ironbolt_as_shown"


def cuts(pagination_class: Any) -> bool:
    """Whether rows may stand for objects in the pages of a class."""
    method = getattr(pagination_class, "paginate_queryset", None)
    name = f"{home_of(method)}.{getattr(method, '__qualname__', '')}"
    if name not in _CUTTING:
        return False
    # Ours that count exactly leave the rows to the serializer, and count them by a plan too.
    return not name.startswith(_OWN) or getattr(pagination_class, "counts", "exact") != "exact"


class Row:
    """A row as it is shown; whoever asks anything else of it, such as a paginator of the project, gets its object's.

    Attributes:
        shown: what a serializer shows of it.
    """

    __slots__ = ("_at", "_objects", "shown")

    def __init__(self, shown: Shown, objects: "QuerySet[Any]", at: int) -> None:
        self.shown = shown
        self._objects = objects
        self._at = at

    def __getattr__(self, name: str) -> Any:
        """What the object has under a name."""
        if name.startswith("__") or name in Row.__slots__:  # Python itself asks a copy that has nothing yet
            raise AttributeError(name)
        return getattr(self._object(), name)

    @property  # type: ignore[misc]  # as mocks do it: isinstance() asks for it
    def __class__(self) -> type[Any]:
        return self._objects.model

    def __str__(self) -> str:
        return str(self._object())

    def __eq__(self, other: object) -> bool:
        return bool(self._object() == (other._object() if isinstance(other, Row) else other))

    def __hash__(self) -> int:
        return hash(self._object())

    def _object(self) -> Any:
        """The object itself; those of a page are fetched together, once."""
        return list(self._objects)[self._at]


class _AsShown(ModelIterable):  # type: ignore[misc, type-arg, unused-ignore]  # the stubs have it generic
    """Rows of a queryset by a plan, and objects where the ORM has to read them."""

    reader: Reader

    def __iter__(self) -> Iterator[Any]:
        queryset: Any = self.queryset  # type: ignore[attr-defined, unused-ignore]  # not in the stubs
        objects = queryset.all()
        objects._iterable_class = ModelIterable  # noqa: SLF001 - Django has no other way to say so
        rows = self.reader.rows(objects)
        if rows is None:
            return super().__iter__()
        queryset._prefetch_done = True  # noqa: SLF001 - the plan has read along what that would fetch
        return (Row(shown, objects, at) for at, shown in enumerate(rows))


def as_shown(queryset: Any, reader: Reader) -> Any:
    """The same rows, of which nobody gets objects; what is no queryset of objects, or fetched already, as it is."""
    if not isinstance(queryset, QuerySet) or queryset._result_cache is not None:  # noqa: SLF001 - nothing else tells
        return queryset
    if queryset._iterable_class is not ModelIterable:  # type: ignore[attr-defined, unused-ignore]  # noqa: SLF001
        return queryset
    marked: Any = queryset.all()
    marked._iterable_class = _iterable_of(reader)  # noqa: SLF001 - as above
    return marked


def _iterable_of(reader: Reader) -> Any:
    kept = vars(reader).get(_KEPT_AS)
    if kept is None:  # two threads may come here at once, and make the same twice
        kept = type("AsShown", (_AsShown,), {"reader": reader})
        setattr(reader, _KEPT_AS, kept)
    return kept


def shown_in(page: Any) -> list[Shown] | None:
    """What is shown on a page of rows; None where there are objects on it."""
    if not isinstance(page, list) or not all(type(row) is Row for row in page):
        return None
    return [row.shown for row in page]


def tell_of_objects(view: Any, told: set[str]) -> None:
    """Say, once for a view, that its pages cost objects."""
    name = type(view.paginator).__name__
    if name not in told:
        told.add(name)
        logger.info(
            "The ORM answers for the pages of %s: %s fetches objects. AppPageNumberPagination and "
            "LimitOffsetPagination of ironbolt.drf.pagination read rows.",
            type(view).__name__,
            name,
        )
