"""What can be done with a resource, one mixin each; together they are the model view sets."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
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
from ironbolt.bolt.views.featured import actor_of
from ironbolt.bolt.views.hooks import inert, overridden_in, rows_of
from ironbolt.bolt.views.written import written_row
from ironbolt.core import lifecycle, saving
from ironbolt.core.rows import find, searchable
from ironbolt.core.threads import finished, reaches_database
from ironbolt.core.unit import current_unit, unit_of_work
from ironbolt.features.softdelete.deleting import delete_as
from ironbolt.plans.inserting import is_as_stored
from ironbolt.plans.refusal import CannotPlan

if TYPE_CHECKING:
    _Base = ViewSet
else:
    _Base = object


def _reader(view: ViewSet, model: type[Model]) -> RowReader:
    """How a row of the view set is shown; ``model`` is what the row is of, where the view set does not say."""
    return row_reader(view.get_serializer_class("retrieve"), view.model_class() or model)


class ListMixin(_Base):
    """``GET`` on the collection."""

    @default_action(READ)
    @reaches_database
    def list(self, request: Request) -> Any:
        """List all."""
        rows = rows_of(self, self.filter_queryset)
        if not isinstance(rows, QuerySet):
            return rows
        return finished(self.paginate_queryset(rows))


class RetrieveMixin(_Base):
    """``GET`` on one object."""

    @default_action(READ)
    @reaches_database
    def retrieve(self, request: Request, **lookup: Any) -> Any:
        """Get one."""
        kind = type(self)
        hooked = overridden_in(kind).retrieves
        if kind.get_object is not ViewSet.get_object:
            found = finished(self.get_object(**lookup))
            return lifecycle.retrieve(self, found, lambda: _shown(self, found)) if hooked else _shown(self, found)
        rows = searchable(rows_of(self), self)
        reader = _reader(self, rows.model)
        found = find(reader.prepare(rows), lookup)
        return lifecycle.retrieve(self, found, lambda: reader.read(found)) if hooked else reader.read(found)


def _unit_for(view: ViewSet) -> AbstractContextManager[Any]:
    """The unit that the pipeline has opened, else one of its own: somebody called the action by hand."""
    model = view.model_class()
    return nullcontext() if model is None or current_unit() else unit_of_work(router.db_for_write(model))


def _shown(view: ViewSet, found: Any) -> Any:
    return _reader(view, type(found)).read(found) if isinstance(found, Model) else found


class _Write(_Base):
    def _answer(self, written: Any) -> Any:
        """The object as the database has it now, whether or not the caller could find it in a list."""
        if not isinstance(written, Model):
            return written
        reader = _reader(self, type(written))
        if is_as_stored(written) and reader.is_of_one_table and not overridden_in(type(self)).after_create:
            return reader.read(written)
        shown = self._read_again(written, reader)
        if shown is None:
            # It was just saved, so a join came out empty: a key points to nothing, which the
            # database would only have noticed at commit.
            raise IntegrityError("A foreign key points to nothing.")
        return shown

    def _read_again(self, written: Model, reader: RowReader) -> Any:
        using = written._state.db
        if not reader.annotations and using is not None:
            plan = written_row(self.get_serializer_class("retrieve"), type(written), using)
            with suppress(CannotPlan):
                return plan.read(written.pk)
        row = reader.prepare(self._rows_like(written, reader)).filter(pk=written.pk).first()
        return None if row is None else reader.read(row)

    def _rows_like(self, written: Model, reader: RowReader) -> Any:
        if not reader.annotations:
            return type(written)._base_manager.using(written._state.db).all()
        rows = finished(self.get_queryset()).using(written._state.db)
        # What it annotates is wanted, not what it leaves out: by a condition, a slice or a join.
        rows.query.clear_where()
        rows.query.clear_limits()
        rows.query.promote_joins(list(rows.query.alias_map))
        return rows


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
        return save(model(), data, lifecycle.more_values(self, "get_create_kwargs", data))

    def before_perform_create(self, data: Any) -> Any:
        """Called before an object is saved for the first time; what it raises is the answer."""

    def get_create_kwargs(self, data: Any) -> Any:
        """More values to be saved than the client sent, such as the owner: name of the model's field → value.

        They go before what was sent, and the client's Struct need not have them. An override of
        :meth:`create_object` asks for them itself.
        """
        return {}

    @inert
    def after_perform_create(self, instance: Any, data: Any) -> Any:
        """Called after it was saved, in the same transaction."""

    def after_commit_create(self, instance: Any) -> Any:
        """Called once it is durable."""


class UpdateMixin(_Write):
    """``PUT`` and ``PATCH`` on one object."""

    _as_read: Mapping[str, Any] | None = None

    @default_action(WRITE)
    @reaches_database
    def update(self, request: Request, data: Any, **lookup: Any) -> Any:
        """Replace one."""
        data = filled(self, self.action, data)
        with _unit_for(self):
            found = finished(self.get_object(**lookup))
            if overridden_in(type(self)).updates and isinstance(found, Model):
                self._as_read = saving.columns_of(found)
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
        more = lifecycle.more_values(self, "get_update_kwargs", instance, data)
        return save(instance, data, more, self._as_read)

    @inert
    def before_perform_update(self, instance: Any, data: Any) -> Any:
        """Called before an object is changed; ``instance`` still is as it was, and what is set on it is saved."""

    def get_update_kwargs(self, instance: Any, data: Any) -> Any:
        """More values to be saved than the client sent, such as the editor; as :meth:`get_create_kwargs`."""
        return {}

    def after_perform_update(self, instance: Any, data: Any) -> Any:
        """Called after it was changed, in the same transaction."""

    def after_commit_update(self, instance: Any) -> Any:
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
        return delete_as(instance, lambda: actor_of(self))

    def before_perform_destroy(self, instance: Any) -> Any:
        """Called before an object is deleted."""

    def after_perform_destroy(self, instance: Any) -> Any:
        """Called after it was deleted, in the same transaction; it keeps its primary key."""

    def after_commit_destroy(self, instance: Any) -> Any:
        """Called once it is durably gone."""
