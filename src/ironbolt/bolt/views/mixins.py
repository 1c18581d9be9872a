"""What can be done with a resource, one mixin each; together they are the model view sets."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, router
from django.db.models import Model, QuerySet

from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.filling import filled
from ironbolt.bolt.structs.reading import RowReader, row_reader
from ironbolt.bolt.structs.writing import save
from ironbolt.bolt.views.actions import READ, WRITE, default_action
from ironbolt.bolt.views.base import ViewSet
from ironbolt.core import lifecycle
from ironbolt.core.threads import finished, reaches_database
from ironbolt.core.unit import current_unit, unit_of_work

if TYPE_CHECKING:
    _Base = ViewSet
else:
    _Base = object


def _reader(view: ViewSet, action: str) -> RowReader:
    model = view.model_class()
    if model is None:
        raise ImproperlyConfigured(f"{type(view).__name__} has rows, but neither a queryset nor a model.")
    return row_reader(view.get_serializer_class(action), model)


class ListMixin(_Base):
    """``GET`` on the collection."""

    @default_action(READ)
    @reaches_database
    def list(self, request: Request) -> Any:
        """List all."""
        rows = finished(self.filter_queryset(finished(self.get_queryset())))
        if not isinstance(rows, QuerySet):
            return rows
        reader = _reader(self, "list")
        rows = reader.prepare(rows)
        if self.pagination_class is None:
            return [reader.read(row) for row in rows]
        return self.pagination_class().paginate(rows, request, reader.read)


class RetrieveMixin(_Base):
    """``GET`` on one object."""

    @default_action(READ)
    @reaches_database
    def retrieve(self, request: Request, **lookup: Any) -> Any:
        """Get one."""
        if type(self).get_object is ViewSet.get_object:
            reader = _reader(self, "retrieve")
            return reader.read(reader.prepare(finished(self.get_queryset())).get(**lookup))
        return _shown(self, finished(self.get_object(**lookup)))


def _unit_for(view: ViewSet) -> AbstractContextManager[Any]:
    """The unit that the pipeline has opened, else one of its own: somebody called the action by hand."""
    model = view.model_class()
    return nullcontext() if model is None or current_unit() else unit_of_work(router.db_for_write(model))


def _shown(view: ViewSet, found: Any) -> Any:
    return _reader(view, "retrieve").read(found) if isinstance(found, Model) else found


class _Write(_Base):
    def _answer(self, written: Any) -> Any:
        """The object as the database has it now, whether or not the caller could find it in a list."""
        if not isinstance(written, Model):
            return written
        reader = _reader(self, "retrieve")
        rows = type(written)._base_manager.using(written._state.db)
        row = reader.prepare(rows.all()).filter(pk=written.pk).first()
        if row is None:
            # It was just saved, so a join came out empty: a key points to nothing, which the
            # database would only have noticed at commit.
            raise IntegrityError("A foreign key points to nothing.")
        return reader.read(row)


class CreateMixin(_Write):
    """``POST`` on the collection."""

    @default_action(WRITE)
    @reaches_database
    def create(self, request: Request, data: Any) -> Any:
        """Create one."""
        data = filled(self, "create", data)
        with _unit_for(self):
            return self._answer(lifecycle.create(self, data, lambda: finished(self.create_object(data))))

    def create_object(self, data: Any) -> Any:
        """Make what was asked for; override it for anything but a row."""
        model = self.model_class()
        if model is None:
            raise ImproperlyConfigured(f"{type(self).__name__} must say by create_object how something is created.")
        return save(model(), data)

    def before_perform_create(self, data: Any) -> None:
        """Called before an object is saved for the first time; what it raises is the answer."""

    def after_perform_create(self, instance: Any, data: Any) -> None:
        """Called after it was saved, in the same transaction."""

    def after_commit_create(self, instance: Any) -> None:
        """Called once it is durable."""


class UpdateMixin(_Write):
    """``PUT`` and ``PATCH`` on one object."""

    @default_action(WRITE)
    @reaches_database
    def update(self, request: Request, data: Any, **lookup: Any) -> Any:
        """Replace one."""
        data = filled(self, self.action, data)
        with _unit_for(self):
            found = finished(self.get_object(**lookup))
            written = lifecycle.update(self, (found, data), data, lambda: finished(self.update_object(found, data)))
            return self._answer(written)

    @default_action(WRITE)
    @reaches_database
    def partial_update(self, request: Request, data: Any, **lookup: Any) -> Any:
        """Change some fields of one."""
        return self.update(request, data, **lookup)

    def update_object(self, instance: Any, data: Any) -> Any:
        """Change what was found; override it for anything but a row."""
        if not isinstance(instance, Model):
            raise ImproperlyConfigured(f"{type(self).__name__} must say by update_object how something is changed.")
        return save(instance, data)

    def before_perform_update(self, instance: Any, data: Any) -> None:
        """Called before an object is changed; ``instance`` still is as it was."""

    def after_perform_update(self, instance: Any, data: Any) -> None:
        """Called after it was changed, in the same transaction."""

    def after_commit_update(self, instance: Any) -> None:
        """Called once the change is durable."""


class DestroyMixin(_Base):
    """``DELETE`` on one object."""

    @default_action(WRITE)
    @reaches_database
    def destroy(self, request: Request, **lookup: Any) -> Any:
        """Delete one."""
        with _unit_for(self):
            found = finished(self.get_object(**lookup))
            lifecycle.destroy(self, found, lambda: finished(self.delete_object(found)))
        return {"deleted": True}

    def delete_object(self, instance: Any) -> Any:
        """Delete what was found; override it for anything but a row."""
        if not isinstance(instance, Model):
            raise ImproperlyConfigured(f"{type(self).__name__} must say by delete_object how something is deleted.")
        return instance.delete()

    def before_perform_destroy(self, instance: Any) -> None:
        """Called before an object is deleted."""

    def after_perform_destroy(self, instance: Any) -> None:
        """Called after it was deleted, in the same transaction; it keeps its primary key."""

    def after_commit_destroy(self, instance: Any) -> None:
        """Called once it is durably gone."""
