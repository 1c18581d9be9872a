"""Soft delete through this door: ``DELETE`` marks, the trash is listed, what is in it comes back."""

from collections.abc import Sequence
from functools import wraps
from inspect import iscoroutine, iscoroutinefunction
from typing import Any, ClassVar

from django.db.models import Manager, Model, QuerySet
from django.utils.functional import classproperty

from ironbolt.bolt.guards import Guard, IsStaff
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.featured import Facts, actor_of, feature_action, json_object
from ironbolt.bolt.views.hooks import rows_of
from ironbolt.bolt.views.mixins import DestroyMixin
from ironbolt.bolt.views.model import ModelViewSet
from ironbolt.core import lifecycle
from ironbolt.core.keys import keys_schema, possible_keys, read_keys
from ironbolt.core.scope import Scope
from ironbolt.core.threads import finished, reaches_database
from ironbolt.core.unit import current_unit
from ironbolt.features.softdelete.columns import require_soft_deletable
from ironbolt.features.softdelete.deleting import soft_delete_as
from ironbolt.features.softdelete.requests import Restored, most_of, told
from ironbolt.features.softdelete.restoring import restore, restore_all
from ironbolt.features.softdelete.rows import LIVING, living, trash


def _keys_of(view: Any) -> Any:
    return json_object(keys_schema(view.model_class(), most_of(view)))


class SoftDeleteMixin(DestroyMixin, ViewSet):
    """``DELETE`` marks; ``deleted``, ``{id}/restore`` and ``bulk_restore``. Deleted rows are in no other answer.

    Attributes:
        trash_guards: who sees the trash, beside what the class asks; staff.
        restore_guards: who restores one; staff. ``[]`` leaves it to the guards of the class. Who restores many at once
            is asked both.
        max_restored: the most that ``bulk_restore`` takes; None for what the settings say of bulk writes.
    """

    trash_guards: ClassVar[Sequence[Guard]] = (IsStaff(),)
    restore_guards: ClassVar[Sequence[Guard]] = (IsStaff(),)
    max_restored: ClassVar[int | None] = None

    @classproperty
    def _guards_of_many(cls) -> Sequence[Guard]:  # noqa: N805 - a property of the class
        return (*cls.trash_guards, *(guard for guard in cls.restore_guards if guard not in cls.trash_guards))

    def __init_subclass__(cls, **more: Any) -> None:
        """Hide what is deleted from the rows of the class, wherever it says that they come from."""
        super().__init_subclass__(**more)
        cls.scope = _with_living(cls.scope)
        if "get_queryset" in cls.__dict__:
            cls.get_queryset = _hiding(cls.__dict__["get_queryset"])  # type: ignore[method-assign]  # what is asked of it, and more
        if cls.queryset is None and cls.model is not None and _hides_by_itself(cls.model):
            # What the manager of a class gives may differ from time to time; of ours it is known that it does not.
            cls.queryset = cls.model._default_manager.all()

    @feature_action(methods=["GET"], detail=False, facts=Facts(answers="list", guards="trash_guards"))
    @reaches_database
    def deleted(self, request: Request) -> Any:
        """List what is in the trash."""
        self._look_into_the_trash()
        return finished(self.paginate_queryset(rows_of(self, self.filter_queryset)))

    @feature_action(methods=["POST"], detail=True, facts=Facts(writes=True, guards="restore_guards"))
    @reaches_database
    def restore(self, request: Request, **lookup: Any) -> Any:
        """Take one out of the trash, with all that went there together with it."""
        self._look_into_the_trash()
        found = finished(self.get_object(**lookup))
        lifecycle.perform(self, "restore", found, lambda: restore(found))
        model: Any = type(found)
        return row_reader(self.get_serializer_class("retrieve"), model).read(found)

    @feature_action(
        methods=["POST"],
        detail=False,
        facts=Facts(answers=Restored, writes=True, body=_keys_of, guards="_guards_of_many"),
    )
    @reaches_database
    def bulk_restore(self, request: Request, data: dict[str, Any]) -> Restored:
        """Take several out of the trash, all of those that are there or none."""
        self._look_into_the_trash()
        rows = rows_of(self)
        keys = read_keys(data, rows.model, most_of(self))
        if unit := current_unit():
            rows = rows.using(unit.using)
        found = list(rows.filter(pk__in=possible_keys(rows.model, keys)))
        lifecycle.perform_all(self, "restore", found, lambda: restore_all(found))
        return told(keys, found)

    def before_perform_restore(self, instance: Any) -> Any:
        """Called before an object is restored."""

    def after_perform_restore(self, instance: Any) -> Any:
        """Called after it was restored, in the same transaction."""

    def after_commit_restore(self, instance: Any) -> Any:
        """Called once it is there for everybody."""

    def delete_object(self, instance: Any) -> Any:
        """Mark what was found as deleted."""
        if not isinstance(instance, Model):
            return super().delete_object(instance)
        return soft_delete_as(instance, lambda: actor_of(self))

    def _look_into_the_trash(self) -> None:
        """Let this request find what is deleted, and nothing else, by whatever ways its class finds rows."""
        find = self.get_queryset

        def get_queryset() -> Any:
            rows = find()
            return _awaited(rows, trash) if iscoroutine(rows) else trash(rows)

        self.get_queryset = get_queryset  # type: ignore[method-assign]  # for this one request

    @classmethod
    def check_features(cls) -> None:
        """Refuse a model without the columns.

        Raises:
            ImproperlyConfigured: it has not got them.
        """
        super().check_features()
        if model := cls.model_class():
            require_soft_deletable(model, cls.__name__)


def _with_living(scope: Scope | None) -> Scope:
    if scope is None:
        return LIVING
    return scope if LIVING in (scope, *scope.others) else scope & LIVING


def _hiding(get_queryset: Any) -> Any:
    """A ``get_queryset`` without what is deleted, asynchronous where the one that was written is."""
    if iscoroutinefunction(get_queryset):

        @wraps(get_queryset)
        async def hidden_later(view: Any) -> Any:
            return _of_rows(living, await get_queryset(view))

        return hidden_later

    @wraps(get_queryset)
    def hidden(view: Any) -> Any:
        return _of_rows(living, get_queryset(view))

    return hidden


async def _awaited(rows: Any, narrow: Any) -> Any:
    return _of_rows(narrow, await rows)


def _of_rows(narrow: Any, rows: Any) -> Any:
    if isinstance(rows, Manager):
        rows = rows.all()
    return narrow(rows) if isinstance(rows, QuerySet) else rows


def _hides_by_itself(model: type[Model]) -> bool:
    # Late, since models can only be looked at once the apps are ready.
    from ironbolt.features.softdelete.models import SoftDeleteManager

    get_queryset = type(model._default_manager).get_queryset
    return get_queryset is SoftDeleteManager.get_queryset


class SoftDeleteViewSet(SoftDeleteMixin, ModelViewSet):
    """A ``ModelViewSet`` with a trash."""
