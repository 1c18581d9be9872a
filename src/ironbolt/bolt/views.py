"""Class-based views: one class for a path, or for everything that can be done with a resource."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError
from django.db.models import Model, QuerySet

from ironbolt.bolt.auth import Authentication
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.reading import RowReader, row_reader
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs import clean, public_names
from ironbolt.core import context, lifecycle
from ironbolt.core.errors import ValidationFailed
from ironbolt.core.scope import Scope
from ironbolt.core.unit import current_unit

_F = TypeVar("_F", bound=Callable[..., Any])

READ, WRITE = "read", "write"
FIXED_KEY = "The key of an object can't be changed."


class APIView:
    """Handlers named after HTTP methods, for one path; a fresh instance answers each request.

    Attributes:
        auth: ways to authenticate, for every handler; None takes those of the API.
        guards: who may, for every handler; None takes those of the API.
        tags: the headings it stands under in the API description.
        SAFE_DB_ERRORS: whether database texts are kept out of its answers; None for what the setting says.
        request: the request being answered.
        action: the name of the handler that answers it.
    """

    auth: ClassVar[list[Authentication] | None] = None
    guards: ClassVar[list[Guard] | None] = None
    tags: ClassVar[list[str]] = []
    SAFE_DB_ERRORS: ClassVar[bool | None] = None

    request: Request
    action: str

    def handle_exception(self, error: Exception) -> Any:
        """Answer what a handler raised; override it to answer an error of one's own, and call super for the rest."""
        raise error


class ViewSet(APIView):
    """Actions on a resource: ``list``, ``create``, ``retrieve``, ``update``, ``partial_update``, ``destroy``."""

    lookup_field: ClassVar[str] = "pk"


def default_action(kind: str) -> Callable[[_F], _F]:
    """Mark an action whose behaviour is Ironbolt's own, so that the door knows how to run and describe it."""

    def mark(function: _F) -> _F:
        function.__ironbolt_default__ = kind  # type: ignore[attr-defined]  # a mark on a plain function
        return function

    return mark


class ReadOnlyModelViewSet(ViewSet):
    """List and retrieve the rows of a model.

    Attributes:
        queryset: the rows; a fresh clone is taken for each request.
        serializer_class: the Struct that a client gets.
        list_serializer_class: the one it gets in lists, if another.
        detail_serializer_class: the one it gets for a single object, if another.
        pagination_class: how lists are cut into pages; None answers them whole.
        scope: which rows a caller may see, if not all.
    """

    queryset: ClassVar["QuerySet[Any]"]
    serializer_class: ClassVar[type[msgspec.Struct]]
    list_serializer_class: ClassVar[type[msgspec.Struct] | None] = None
    detail_serializer_class: ClassVar[type[msgspec.Struct] | None] = None
    pagination_class: ClassVar[type[PageNumberPagination] | None] = None
    scope: ClassVar[Scope | None] = None

    @classmethod
    def model(cls) -> type[Model]:
        """The model that the view set is about."""
        if not hasattr(cls, "queryset"):
            raise ImproperlyConfigured(f"{cls.__name__} needs a queryset.")
        return cast("type[Model]", cls.queryset.model)

    @classmethod
    def list_struct(cls) -> type[msgspec.Struct]:
        """What a client gets for each object of a list."""
        return cls.list_serializer_class or cls.serializer_class

    @classmethod
    def detail_struct(cls) -> type[msgspec.Struct]:
        """What a client gets for a single object, after a write as well."""
        return cls.detail_serializer_class or cls.serializer_class

    def get_queryset(self) -> "QuerySet[Any]":
        """The rows this request may see."""
        queryset = type(self).queryset.all()
        return self.scope.apply(queryset, context.current()) if self.scope else queryset

    def get_object(self, lookup: Any) -> Any:
        """The row that the path names.

        Raises:
            ObjectDoesNotExist: there is none, which is answered 404.
        """
        rows = self.get_queryset()
        if unit := current_unit():
            rows = rows.using(unit.using)  # what is about to be written is not read from a replica
        return rows.get(**{self.lookup_field: lookup})

    @default_action(READ)
    def list(self, request: Request) -> Any:
        """List all."""
        reader = self._reader(self.list_struct())
        queryset = reader.prepare(self.get_queryset())
        if self.pagination_class is None:
            return [reader.read(row) for row in queryset]
        return self.pagination_class().paginate(queryset, request, reader.read)

    @default_action(READ)
    def retrieve(self, request: Request, lookup: Any) -> Any:
        """Get one."""
        reader = self._reader(self.detail_struct())
        return reader.read(reader.prepare(self.get_queryset()).get(**{self.lookup_field: lookup}))

    def _reader(self, struct: type[msgspec.Struct]) -> RowReader:
        return row_reader(struct, self.model())


class ModelViewSet(ReadOnlyModelViewSet):
    """List, retrieve, create, update and delete the rows of a model.

    Attributes:
        create_serializer_class: the Struct that a client sends to create.
        update_serializer_class: the one it sends to update, if another.
    """

    create_serializer_class: ClassVar[type[msgspec.Struct] | None] = None
    update_serializer_class: ClassVar[type[msgspec.Struct] | None] = None

    @classmethod
    def create_struct(cls) -> type[msgspec.Struct]:
        """What a client sends to create."""
        return cls.create_serializer_class or cls.serializer_class

    @classmethod
    def update_struct(cls) -> type[msgspec.Struct]:
        """What a client sends to update."""
        return cls.update_serializer_class or cls.create_struct()

    @default_action(WRITE)
    def create(self, request: Request, data: msgspec.Struct) -> Any:
        """Create one."""
        instance = self.model()()
        lifecycle.create(self, data, lambda: self._save(instance, data))
        return self._answer(instance)

    @default_action(WRITE)
    def update(self, request: Request, data: msgspec.Struct, lookup: Any) -> Any:
        """Replace one."""
        instance = self.get_object(lookup)
        lifecycle.update(self, (instance, data), data, lambda: self._save(instance, data))
        return self._answer(instance)

    @default_action(WRITE)
    def partial_update(self, request: Request, data: msgspec.Struct, lookup: Any) -> Any:
        """Change some fields of one."""
        return self.update(request, data, lookup)

    @default_action(WRITE)
    def destroy(self, request: Request, lookup: Any) -> Any:
        """Delete one."""
        instance = self.get_object(lookup)
        lifecycle.destroy(self, instance, instance.delete)
        return {"deleted": True}

    def before_perform_create(self, data: Any) -> None:
        """Called before an object is saved for the first time; what it raises is the answer."""

    def after_perform_create(self, instance: Any, data: Any) -> None:
        """Called after it was saved, in the same transaction."""

    def after_commit_create(self, instance: Any) -> None:
        """Called once it is durable."""

    def before_perform_update(self, instance: Any, data: Any) -> None:
        """Called before an object is changed; ``instance`` still is as it was."""

    def after_perform_update(self, instance: Any, data: Any) -> None:
        """Called after it was changed, in the same transaction."""

    def after_commit_update(self, instance: Any) -> None:
        """Called once the change is durable."""

    def before_perform_destroy(self, instance: Any) -> None:
        """Called before an object is deleted."""

    def after_perform_destroy(self, instance: Any) -> None:
        """Called after it was deleted, in the same transaction; it keeps its primary key."""

    def after_commit_destroy(self, instance: Any) -> None:
        """Called once it is durably gone."""

    def _save(self, instance: Any, data: msgspec.Struct) -> Any:
        values = clean(data, self.model())
        relations = {field.name for field in self.model()._meta.many_to_many}
        references = {name: values.pop(name) for name in list(values) if name in relations}
        if not instance._state.adding:
            self._keep_key(instance, values, type(data))
        for name, value in values.items():
            setattr(instance, self._attribute(name), value)
        if unit := current_unit():
            unit.attempt(instance, references)
        if instance._state.adding:
            instance.save(force_insert=True)
        else:
            self._update(instance, values)
        for name, keys in references.items():
            getattr(instance, name).set(keys)
        return instance

    def _attribute(self, name: str) -> str:
        """Where a value belongs: a relation is written by its key, whichever of its two names a Struct uses."""
        for field in self.model()._meta.concrete_fields:
            if field.name == name:
                return field.attname
        return name

    def _keep_key(self, instance: Any, values: dict[str, Any], struct: type[msgspec.Struct]) -> None:
        """An update can't move an object to another key, which would make a second one of it."""
        for field in self.model()._meta.pk_fields:
            for name in {"pk", field.name, field.attname} & values.keys():
                if field.to_python(values.pop(name)) != getattr(instance, field.attname):
                    public = public_names(struct, self.model()).get(name, name)
                    raise ValidationFailed({public: [FIXED_KEY]})

    def _update(self, instance: Any, values: dict[str, Any]) -> None:
        """Write the fields that were sent, and the timestamps that keep themselves."""
        columns = [
            field.name
            for field in self.model()._meta.concrete_fields
            if not {field.name, field.attname}.isdisjoint(values) or getattr(field, "auto_now", False)
        ]
        try:
            instance.save(update_fields=columns)
        except DatabaseError as error:
            if error.__cause__ is not None:
                raise
            # Not the database but Django says so: the row has gone since it was read.
            raise self.model().DoesNotExist from error  # type: ignore[attr-defined]  # every model has one

    def _answer(self, instance: Any) -> Any:
        """The object as the database has it now, whether or not the caller could find it in a list."""
        reader = self._reader(self.detail_struct())
        rows = self.model()._base_manager.using(instance._state.db)
        row = reader.prepare(rows.all()).filter(pk=instance.pk).first()
        if row is None:
            # It was just saved, so a join came out empty: a key points to nothing, which the
            # database would only have noticed at commit.
            raise IntegrityError("A foreign key points to nothing.")
        return reader.read(row)
