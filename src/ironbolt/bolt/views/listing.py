"""What a view set says of its lists: by what clients narrow, search and order them, and how they come in pages."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from ironbolt.bolt.binding import Parameter
from ironbolt.bolt.filters import filters_of, parameters_of
from ironbolt.bolt.pagination import CursorPagination, Pagination
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.core.filtering import Asked, Filters
from ironbolt.core.threads import reaches_database


class Listing:
    """Filters and pages of a list, as attributes.

    Attributes:
        filterset_fields: columns that a client may ask for by name, ``["genre", "author"]``, or by lookups,
            ``{"price": ["gte", "lte"], "genre": ["exact", "in"]}``: then it says ``price__gte``.
        filterset_class: a Struct whose fields are filters of names of one's own; see ``lookup``.
        date_range_fields: columns of dates, for each of which there is ``NAME_after`` and ``NAME_before``.
        search_fields: columns that ``?search=`` looks for words in, anywhere, or after ``^`` at the beginning of the
            column, after ``=`` as the whole of it.
        ordering_fields: columns that ``?ordering=`` may name, or pairs of a column and its name for the client.
        ordering: how the rows stand where the client does not say.
        pagination_class: how lists are cut into pages; None answers them whole.
    """

    filterset_fields: ClassVar[Sequence[str] | Mapping[str, Sequence[str]]] = ()
    filterset_class: ClassVar[type[msgspec.Struct] | None] = None
    date_range_fields: ClassVar[Sequence[str]] = ()
    search_fields: ClassVar[Sequence[str]] = ()
    ordering_fields: ClassVar[Sequence[str | tuple[str, str]]] = ()
    ordering: ClassVar[str | Sequence[Any]] = ()
    pagination_class: ClassVar[type[Pagination] | None] = None

    if TYPE_CHECKING:
        request: Request

        def get_serializer_class(self, action: str | None = None) -> type[msgspec.Struct]: ...

    @classmethod
    def _filters(cls) -> Filters:
        view: Any = cls
        return filters_of(view)

    @cached_property
    def asked(self) -> Asked:
        """What the client asks of a list: its shape, which has an SQL of its own, and the values apart from it.

        Raises:
            ValidationFailed: with every fault, under the name of its parameter, those of pages included.
        """
        pages = self.pagination_class
        return self._filters().read(self.request.query, pages.faults if pages else None)

    def filter_queryset(self, queryset: Any) -> Any:
        """The rows that the client asks for, in the order it asks for; still lazy.

        Override it for filters of one's own, call super for those of the class. May be awaited where it is given
        what :meth:`get_queryset` returns.

        Raises:
            ValidationFailed: the query has a value that a filter can't take.
        """
        filters = self._filters()
        if not filters:
            return queryset
        if not isinstance(queryset, QuerySet):
            raise ImproperlyConfigured(f"{type(self).__name__} has filters, which only a queryset can be given.")
        return filters.apply(queryset, self.asked)

    @reaches_database
    def paginate_queryset(self, queryset: "QuerySet[Any]") -> Any:
        """One page of these rows as the client gets it, or all of them in a list where nothing is said of pages.

        On an event loop an awaitable of it.

        Raises:
            ValidationFailed: the query does not name a page.
        """
        model: Any = queryset.model
        reader = row_reader(self.get_serializer_class("list"), model)
        rows = reader.prepare(queryset)
        if self.pagination_class is None:
            return [reader.read(row) for row in rows]
        pages = self.pagination_class()
        ordering = self._filters().ordering
        if ordering:
            pages.asked_ordering = self.asked.shape.ordering or ordering.default
        return pages.paginate(rows, self.request, reader.read)

    @classmethod
    def documented_parameters(cls) -> tuple[Parameter, ...]:
        """The query parameters of the list, for the API description."""
        pages = cls.pagination_class.parameters() if cls.pagination_class else ()
        return (*parameters_of(cls._filters()), *pages)

    @classmethod
    def check_lists(cls) -> None:
        """Work out the filters, and whether lists can be cut into pages.

        Raises:
            ImproperlyConfigured: an attribute says what can't be.
        """
        pages: Any = cls.pagination_class
        if pages is not None and not (isinstance(pages, type) and issubclass(pages, Pagination)):
            raise ImproperlyConfigured(f"{cls.__name__}.pagination_class is no subclass of Pagination but {pages!r}.")
        filters = cls._filters()
        model = cls.model_class()  # type: ignore[attr-defined]  # that of the view set
        if cls.pagination_class is None or model is None:
            return
        ordering = filters.ordering
        offered = [(column,) for column in ordering.offered.values()] if ordering else []
        default = ordering.default if ordering else ()
        cls.pagination_class.check(model, [default, *offered])
        rows = cls.queryset  # type: ignore[attr-defined]  # that of the view set
        if issubclass(cls.pagination_class, CursorPagination) and rows is not None and rows.all().query.is_sliced:
            raise ImproperlyConfigured(f"{cls.__name__}.queryset is a slice, and pages by cursor need all of one.")
