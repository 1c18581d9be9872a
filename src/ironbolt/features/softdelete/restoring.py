"""Restoring: what was deleted comes back, with everything that went in the same deletion."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import router
from django.db.models import CASCADE, PROTECT, RESTRICT, ForeignKey, Model
from django.db.models.deletion import get_candidate_relations_to_delete

from ironbolt.core.errors import ApiError
from ironbolt.core.unit import unit_of_work
from ironbolt.features.softdelete.columns import DELETED_AT, DELETED_BY, IS_DELETED, is_soft_deletable, knows_who
from ironbolt.features.softdelete.deleting import Count

_BELONGS = (CASCADE, PROTECT, RESTRICT)
"""What a relation says of rows that can't be without the one they refer to."""

_BATCH = 2_000


class StillDeletedError(ApiError):
    """409: what is to be restored belongs to something that is deleted itself."""

    status = 409

    def __init__(self) -> None:
        super().__init__("It belongs to something that is deleted; restore that first.")


def restore(instance: Model, *, using: str | None = None) -> Count:
    """Bring back one object and what went with it: rows that hang on it by CASCADE and carry the same ``deleted_at``.

    Nothing is counted, and nothing done, where it is not deleted.

    Args:
        instance: a deleted object; it knows afterwards that it is alive.
        using: the alias of the database, by default that of the object.

    Returns:
        How many rows came back, in all and by the label of their model.

    Raises:
        StillDeletedError: a row that it belongs to is deleted.
        IntegrityError: a living row has taken a value of it that is unique.
    """
    return restore_all([instance], using=using)


def restore_all(instances: Iterable[Model], *, using: str | None = None) -> Count:
    """The same for several objects of one model, in a number of queries that does not grow with them.

    Raises:
        StillDeletedError, IntegrityError: as :func:`restore`; then none of them is restored.
    """
    instances = list(instances)
    if not instances:
        return 0, {}
    alias = using or router.db_for_write(type(instances[0]), instance=instances[0])
    back: Counter[str] = Counter()
    with unit_of_work(alias):
        found = _Found(alias)
        found.add(type(instances[0]), instances)
        found.check()
        for model, rows in found.rows.items():
            if revived := _revive(model, list(rows), alias):
                back[model._meta.label] += revived
    for one in instances:
        for name, value in _cleared(type(one)).items():
            setattr(one, name, value)
    return sum(back.values()), dict(back)


def _cleared(model: type[Model]) -> dict[str, Any]:
    values: dict[str, Any] = {IS_DELETED: False, DELETED_AT: None}
    return {**values, DELETED_BY: None} if knows_who(model) else values


def _revive(model: type[Model], keys: Sequence[Any], using: str) -> int:
    rows = model._base_manager.using(using).filter(**{IS_DELETED: True})
    values = _cleared(model)
    return sum(rows.filter(pk__in=keys[at : at + _BATCH]).update(**values) for at in range(0, len(keys), _BATCH))


class _Found:
    """What comes back, by model and key."""

    def __init__(self, using: str) -> None:
        self._using = using
        self.rows: dict[type[Model], dict[Any, Model]] = {}

    def add(self, model: type[Model], rows: Iterable[Model]) -> None:
        """Take rows, and all that went with them."""
        known = self.rows.setdefault(model, {})
        new = {row.pk: row for row in rows if row.pk not in known}
        known.update(new)
        for at in range(0, len(new), _BATCH):
            batch = list(new.values())[at : at + _BATCH]
            for kind, children in self._children(model, batch):
                self.add(kind, children)

    def _children(self, model: type[Model], rows: list[Model]) -> Iterator[tuple[type[Model], list[Model]]]:
        candidates: Iterable[Any] = get_candidate_relations_to_delete(model._meta)
        for related in candidates:
            field, kind = related.field, related.related_model
            if field.remote_field.on_delete is CASCADE and is_soft_deletable(kind):
                children = kind._base_manager.using(self._using).filter(**{f"{field.name}__in": rows})
                by_key = {getattr(row, field.target_field.attname): row for row in rows}
                yield kind, self._same(children, lambda child, f=field, k=by_key: k.get(getattr(child, f.attname)))
        for private in model._meta.private_fields:
            if hasattr(private, "bulk_related_objects") and is_soft_deletable(private.related_model):
                children = private.bulk_related_objects(rows, self._using)
                key_of = private.object_id_field_name
                by_text = {str(row.pk): row for row in rows}
                yield (
                    private.related_model,
                    self._same(children, lambda c, n=key_of, k=by_text: k.get(str(getattr(c, n)))),
                )

    def _same(self, children: Any, parent_of: Any) -> list[Model]:
        """Those of the deleted children that went together with their parent."""
        found = children.order_by().filter(**{IS_DELETED: True})
        return [child for child in found if _when(child) == _when(parent_of(child))]

    def check(self) -> None:
        """See that nothing comes back without what it belongs to.

        Raises:
            StillDeletedError: something would.
        """
        for model, rows in self.rows.items():
            for field in model._meta.concrete_fields:
                if isinstance(field, ForeignKey) and _belongs(field):
                    self._check_targets(field, list(rows.values()))

    def _check_targets(self, field: Any, rows: list[Model]) -> None:
        target, key = field.related_model, field.target_field.attname
        wanted = {getattr(row, field.attname) for row in rows} - {None}
        returning = {
            getattr(row, key) for kind, some in self.rows.items() if issubclass(kind, target) for row in some.values()
        }
        left = list(wanted - returning)
        deleted = target._base_manager.using(self._using).filter(**{IS_DELETED: True})
        for at in range(0, len(left), _BATCH):
            if deleted.filter(**{f"{key}__in": left[at : at + _BATCH]}).exists():
                raise StillDeletedError


def _belongs(field: Any) -> bool:
    """Whether a row can't be without the one that a field refers to, which may be deleted softly."""
    remote = field.remote_field
    return remote.on_delete in _BELONGS and not remote.parent_link and is_soft_deletable(field.related_model)


def _when(row: Any) -> Any:
    return getattr(row, DELETED_AT, None)
