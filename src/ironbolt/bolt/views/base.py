"""What every class-based view is: handlers, a fresh instance for each request, and where its rows come from."""

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import msgspec
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db.models import Model, QuerySet

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.exceptions import NotFound
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON, NoContent, Response
from ironbolt.bolt.structs.deriving import read_struct
from ironbolt.bolt.structs.shaping import Shape, needs_database, shaped
from ironbolt.bolt.views.hooks import ReadingHooks, rows_of
from ironbolt.bolt.views.listing import Listing
from ironbolt.bolt.views.measured import Measured
from ironbolt.bolt.views.querysets import awaitable
from ironbolt.bolt.views.validated import Validated
from ironbolt.core import context
from ironbolt.core.envelope import SUCCESS, wrap
from ironbolt.core.handled import Handled
from ironbolt.core.rows import find, searchable
from ironbolt.core.scope import Scope
from ironbolt.core.threads import reaches_database
from ironbolt.core.unit import current_unit

Serializer = type[msgspec.Struct]


class APIView(Measured, Validated):
    """Handlers named after HTTP methods, for one path; a fresh instance answers each request.

    Attributes:
        auth: ways to authenticate, for every handler; None takes those of the API.
        guards: who may, for every handler; None takes those of the API.
        tags: the headings it stands under in the API description.
        SAFE_DB_ERRORS: whether database texts are kept out of its answers; None for what the setting says.
        LOG_REQUESTS: whether each request and its answer are a line in the log ``ironbolt.requests``, without secrets.
        request: the request being answered.
        action: the name of the handler that answers it.
    """

    auth: ClassVar[list[Authentication] | None] = None
    guards: ClassVar[list[Guard] | None] = None
    tags: ClassVar[list[str]] = []
    SAFE_DB_ERRORS: ClassVar[bool | None] = None
    LOG_REQUESTS: ClassVar[bool] = False

    request: Request
    action: str = ""

    def handle_exception(self, error: Exception) -> Any:
        """Answer what a handler raised; override it to answer an error of one's own, and call super for the rest."""
        raise error

    def handled(self, answer: Any) -> NoReturn:
        """End the handler here, from within a hook for instance, and keep what it has done.

        What is raised instead undoes it, as does an answer with a status of 400 or above.

        Args:
            answer: what the handler would have returned.
        """
        raise Handled(answer)

    def success_response(
        self, data: Any = None, message: str = SUCCESS, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A success as ``{"message", "data"}``, whatever the API does by default; a 204 has no body at all.

        Args:
            data: anything that can be JSON, or rows, which are shown by the Struct of the action. On an event loop
                only those whose relations are loaded.
            message: a sentence for people.
            status_code: the HTTP status.
            headers: extra headers, name → value.
        """
        if status_code == 204:
            return NoContent(headers)
        if needs_database(data):
            data = shaped(data, Shape(), self)
        return JSON(wrap(data, message), status_code, headers)


class ViewSet(ReadingHooks, Listing, APIView):
    """Actions on a resource: ``list``, ``create``, ``retrieve``, ``update``, ``partial_update``, ``destroy``.

    Attributes:
        model: the model it is about, where no queryset says so.
        queryset: the rows; a fresh clone is taken for each request.
        lookup_field: what a path names an object by; inferred from the handlers where they all use one name.
        serializer_class: the Struct that a client gets and, but for keys and kept columns, sends.
        list_serializer_class: the one it gets in lists, if another.
        detail_serializer_class: the one it gets for a single object, if another.
        create_serializer_class: the Struct that a client sends to create.
        update_serializer_class: the one it sends to update, if another.
        scope: which rows a caller may see, if not all.
    """

    model: ClassVar[type[Model] | None] = None
    queryset: ClassVar["QuerySet[Any] | None"] = None
    lookup_field: ClassVar[str] = "pk"
    serializer_class: ClassVar[Serializer | None] = None
    list_serializer_class: ClassVar[Serializer | None] = None
    detail_serializer_class: ClassVar[Serializer | None] = None
    create_serializer_class: ClassVar[Serializer | None] = None
    update_serializer_class: ClassVar[Serializer | None] = None
    scope: ClassVar[Scope | None] = None

    @classmethod
    def model_class(cls) -> type[Model] | None:
        """The model that the view set is about, None for one over plain data."""
        return cls.model if cls.queryset is None else cls.queryset.model

    @classmethod
    def check_features(cls) -> None:
        """Refuse at start what the mixins of features could not work with.

        Raises:
            ImproperlyConfigured: the model lacks what one of them needs.
        """

    def get_queryset(self) -> Any:
        """The rows this request may see, as a fresh queryset; it may be awaited, and need not be."""
        cls = type(self)
        if cls.queryset is None and cls.model is None:
            raise ImproperlyConfigured(
                f"{cls.__name__} has neither a queryset nor a model; set one of them, or override get_queryset()."
            )
        rows = cls.queryset if cls.queryset is not None else cls.model._default_manager.all()  # type: ignore[union-attr]  # one of them is there
        rows = awaitable(rows)
        return self.scope.apply(rows, context.current()) if self.scope else rows

    @reaches_database
    def get_object(self, lookup: Any = msgspec.UNSET, **lookups: Any) -> Any:
        """One of those rows; on an event loop an awaitable of it.

        Args:
            lookup: the value of ``lookup_field``.
            lookups: other conditions, such as ``slug="a"``.

        Raises:
            NotFound: there is none.
            AmbiguousLookup: there are several.
        """
        if lookup is not msgspec.UNSET:
            lookups[self.lookup_field] = lookup
        rows = searchable(rows_of(self), self)
        if unit := current_unit():
            rows = rows.using(unit.using)  # what is about to be written is not read from a replica
        try:
            return find(rows, lookups)
        except ObjectDoesNotExist:
            raise NotFound from None

    def get_serializer_class(self, action: str | None = None) -> Serializer:
        """The Struct for an action: its own, else the general one.

        Raises:
            ImproperlyConfigured: there is none.
        """
        action = action or self.action
        chain = {
            "list": (self.list_serializer_class,),
            "retrieve": (self.detail_serializer_class,),
            "create": (self.create_serializer_class,),
            "update": (self.update_serializer_class, self.create_serializer_class),
            "partial_update": (self.update_serializer_class, self.create_serializer_class),
        }.get(action, ())
        for candidate in (*chain, self.serializer_class):
            if candidate is not None:
                return candidate
        if self.model is not None:
            return read_struct(self.model)
        raise ImproperlyConfigured(f"{type(self).__name__} has no serializer_class.")
