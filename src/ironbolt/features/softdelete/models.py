"""What a model inherits to be deleted softly: its columns, its managers, its methods."""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.db import models

from ironbolt.features.softdelete.columns import IS_DELETED
from ironbolt.features.softdelete.deleting import Count, soft_delete, soft_delete_all
from ironbolt.features.softdelete.restoring import restore, restore_all
from ironbolt.features.softdelete.rows import trash

_M = TypeVar("_M", bound=models.Model)


class SoftDeleteQuerySet(models.QuerySet[_M]):
    """Rows whose ``delete()`` marks them."""

    def delete(self, *, by: Any = None) -> Count:
        """Delete them softly, with all that would go with them; ``by`` is who does it.

        Raises:
            ProtectedError, RestrictedError: a living row refers to one of them that forbids it.
            TypeError: they are a slice, or distinct on some columns.
        """
        if self.query.is_sliced or self.query.distinct_fields:
            raise TypeError("Neither a slice nor rows that are distinct on some columns can be deleted.")
        return soft_delete_all(self, by=by)

    delete.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own
    delete.queryset_only = True  # type: ignore[attr-defined]  # as Django marks its own

    def hard_delete(self) -> Count:
        """Delete them for good, as Django does."""
        return super().delete()

    hard_delete.alters_data = True  # type: ignore[attr-defined]  # as above
    hard_delete.queryset_only = True  # type: ignore[attr-defined]  # as above

    def deleted(self) -> Self:
        """The deleted ones in the place of the living ones, under the same other conditions."""
        return trash(self)  # type: ignore[return-value]  # a clone of this one

    def restore(self) -> Count:
        """Bring back those of them that are deleted, each with what went with it.

        Raises:
            StillDeletedError: one belongs to something that is deleted.
            IntegrityError: a living row has taken a value of one that is unique.
        """
        return restore_all(list(self.filter(**{IS_DELETED: True})), using=self.db)

    restore.alters_data = True  # type: ignore[attr-defined]  # as above
    restore.queryset_only = True  # type: ignore[attr-defined]  # as above


class AllRowsManager(models.Manager[_M]):
    """All rows, the deleted ones too."""

    if TYPE_CHECKING:
        # As querysets they know more than the stubs suppose.
        def all(self) -> SoftDeleteQuerySet[_M]: ...
        def filter(self, *args: Any, **kwargs: Any) -> SoftDeleteQuerySet[_M]: ...
        def exclude(self, *args: Any, **kwargs: Any) -> SoftDeleteQuerySet[_M]: ...

    def get_queryset(self) -> SoftDeleteQuerySet[_M]:
        """Those."""
        hints: Any = getattr(self, "_hints", None)  # for a router; the stubs do not know them
        return SoftDeleteQuerySet(self.model, using=self._db, hints=hints)

    def deleted(self) -> SoftDeleteQuerySet[_M]:
        """The deleted ones alone."""
        return self.get_queryset().deleted()


class SoftDeleteManager(AllRowsManager[_M]):
    """The rows that are not deleted."""

    def get_queryset(self) -> SoftDeleteQuerySet[_M]:
        """Those."""
        return super().get_queryset().filter(**{IS_DELETED: False})


class SoftDeleteModel(models.Model):
    """A row that ``delete()`` marks: hidden from ``objects`` and from relations to many, and restored on demand.

    A foreign key that leads to it still resolves. ``hard_delete()`` is the end of it.
    """

    is_deleted = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    deletes_softly = True
    """Tells views that ``delete()`` itself marks, with whatever a model adds to it."""

    objects = SoftDeleteManager()
    all_objects = AllRowsManager()

    class Meta:
        abstract = True

    def delete(self, using: str | None = None, keep_parents: bool = False, *, by: Any = None) -> Count:
        """Delete it softly; ``by`` is the user who does. ``keep_parents`` is Django's, and means nothing here.

        Raises:
            ProtectedError, RestrictedError: a living row refers to it that forbids it.
        """
        return soft_delete(self, by=by, using=using)

    delete.alters_data = True  # type: ignore[attr-defined]  # as Django marks its own

    def soft_delete(self, by: Any = None) -> Count:
        """The same by the name of what it is."""
        return self.delete(by=by)

    soft_delete.alters_data = True  # type: ignore[attr-defined]  # as above

    def hard_delete(self, **options: Any) -> Count:
        """Delete the row for good, as Django does, with Django's arguments."""
        return super().delete(**options)

    hard_delete.alters_data = True  # type: ignore[attr-defined]  # as above

    def restore(self) -> Count:
        """Bring it back with what went with it.

        Raises:
            StillDeletedError: it belongs to something that is deleted.
            IntegrityError: a living row has taken a value of it that is unique.
        """
        return restore(self)

    restore.alters_data = True  # type: ignore[attr-defined]  # as above
