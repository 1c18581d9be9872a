"""The serializer of a list that writes its objects together."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import router
from django.db.models import Manager, Model, QuerySet
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField, PrimaryKeyRelatedField
from rest_framework.serializers import BaseSerializer

from ironbolt.core.errors import ValidationFailed
from ironbolt.core.saving import FIXED_KEY, columns_of
from ironbolt.drf.names import public_names
from ironbolt.drf.serializers import AppModelSerializer
from ironbolt.drf.writing.attempts import split
from ironbolt.features.bulk import Draft
from ironbolt.features.bulk.eligibility import needs_rows, references_need_rows
from ironbolt.features.bulk.together import insert, update

_CREATING = (serializers.ModelSerializer.create,)
_UPDATING = (serializers.ModelSerializer.update, AppModelSerializer.update)


class BulkListSerializer(serializers.ListSerializer[Any]):
    """``list_serializer_class`` of a ``ModelSerializer``: ``many=True`` saves by ``bulk_create`` and ``bulk_update``.

    Rows are written one by one where the child has a ``create`` or ``update`` of its own, or signals, overridden
    methods or parents of the model want it. An update takes the instances in the order of the data.
    """

    child: Any

    def to_internal_value(self, data: Any) -> list[Any]:
        """The valid values of every item.

        Raises:
            ValidationError: it is no list, too long, or items are at fault: index → field → messages.
        """
        outcomes = [(index, *outcome) for index, outcome in enumerate(self.each(self._items(data)))]
        faults: Any = {index: error.detail for index, _, error in outcomes if error}
        if faults:
            raise serializers.ValidationError(faults)
        return [values for _, values, _ in outcomes]

    def each(self, data: Sequence[Any]) -> Iterator[tuple[Any, serializers.ValidationError | None]]:
        """For each item its valid values, or what is wrong with it."""
        instances = repeat(None) if self.instance is None else self.instance
        with _related_at_once(self.child, data):
            for sent, instance in zip(data, instances, strict=False):
                self.child.instance = instance
                self.child.initial_data = sent
                try:
                    yield self.child.run_validation(sent), None
                except serializers.ValidationError as error:
                    yield None, error

    def one(self, sent: Any, values: Any, instance: Any = None) -> BaseSerializer[Any]:
        """The child as if this item had come alone, valid already."""
        serializer: Any = copy.copy(self.child)
        serializer.initial_data, serializer.instance = sent, instance
        serializer._validated_data, serializer._errors = values, {}  # noqa: SLF001 - as is_valid() does
        if isinstance(serializer, AppModelSerializer) and isinstance(instance, Model):
            serializer._as_read = columns_of(instance)  # noqa: SLF001 - as it does where it gets the data itself
        return serializer  # type: ignore[no-any-return]  # a copy is what it was

    def saves_itself(self, *, is_new: bool) -> bool:
        """Whether the child's way of saving is a ``ModelSerializer``'s, which can be done for all objects at once."""
        child, kind = self.child, type(self.child)
        if not isinstance(child, serializers.ModelSerializer) or kind.save is not BaseSerializer.save:
            return False
        method, known = (kind.create, _CREATING) if is_new else (kind.update, _UPDATING)
        fields = list(child._writable_fields)  # noqa: SLF001 - there is no other name for them
        plain = all("." not in (field.source or "") and not isinstance(field, BaseSerializer) for field in fields)
        return plain and method in known and (not is_new or _is_plainly_managed(child.Meta.model))

    def create(self, validated_data: list[Any]) -> list[Any]:
        """Save new objects."""
        model = self._model()
        if model is not None and self.saves_itself(is_new=True) and not needs_rows(model, "create"):
            drafts = [draft_of(model, None, values, {}) for values in validated_data]
            if not references_need_rows(drafts):
                insert(model, drafts, router.db_for_write(model))
                return [draft.instance for draft in drafts]
        return [self.child.create(values) for values in validated_data]

    def update(self, instance: Any, validated_data: list[Any]) -> list[Any]:
        """Save changed objects, each with what was sent for it."""
        model, rows = self._model(), list(instance)
        pairs = list(zip(rows, validated_data, strict=True))
        if model is not None and self.saves_itself(is_new=False) and not needs_rows(model, "update"):
            drafts = [draft_of(model, row, values, public_names(self)) for row, values in pairs]
            if not references_need_rows(drafts):
                update(model, drafts, router.db_for_write(model))
                return rows
        return [self.child.update(row, values) for row, values in pairs]

    def _model(self) -> type[Model] | None:
        return getattr(getattr(self.child, "Meta", None), "model", None)

    def _items(self, data: Any) -> list[Any]:
        """What was sent as a list within its limits, by REST framework's own method and no look at any item."""
        limits = copy.copy(self)
        limits.child = _Anything()
        items: list[Any] = super(BulkListSerializer, limits).to_internal_value(data)
        return items


ListSerializer = BulkListSerializer


class _Anything(serializers.Field[Any, Any, Any, Any]):
    """Takes every item as it is."""

    def run_validation(self, data: Any = None) -> Any:
        return data


def draft_of(model: type[Model], instance: Model | None, values: Mapping[str, Any], names: Mapping[str, str]) -> Draft:
    """Valid values as a row to be written; those of an old one are set on it.

    Raises:
        ValidationFailed: it would give the row another key; ``names`` says how clients call it.
    """
    attributes, references = split(model, values)
    if instance is None:
        return Draft(model(**attributes), frozenset(attributes), references)
    for name in {"pk", *(field.name for field in instance._meta.pk_fields)} & attributes.keys():
        if attributes.pop(name) != getattr(instance, name):
            raise ValidationFailed({names.get(name, name): [FIXED_KEY]})
    for name, value in attributes.items():
        setattr(instance, name, value)
    return Draft(instance, frozenset(attributes), references)


def _is_plainly_managed(model: type[Model]) -> bool:
    """Whether ``Model.objects.create`` is Django's own."""
    manager: Any = model._default_manager
    return type(manager).create is Manager.create and type(manager.get_queryset()).create is QuerySet.create


# --- related objects -----------------------------------------------------------------------------------


@contextmanager
def _related_at_once(child: Any, data: Sequence[Any]) -> Iterator[None]:
    """Look up by one query for each field what the items refer to, where each would have asked by itself."""
    with ExitStack() as stack:
        for field in getattr(child, "_writable_fields", ()):
            relation = field.child_relation if isinstance(field, ManyRelatedField) else field
            if _asks_by_key(relation):
                named = [
                    item[field.field_name] for item in data if isinstance(item, Mapping) and field.field_name in item
                ]
                keys = [key for one in named for key in (one if isinstance(one, list) else [one])]
                stack.enter_context(_looked_up(relation, keys))
        yield


def _asks_by_key(field: Any) -> bool:
    own = getattr(type(field), "to_internal_value", None)
    return own is PrimaryKeyRelatedField.to_internal_value and field.pk_field is None


@contextmanager
def _looked_up(field: Any, keys: Sequence[Any]) -> Iterator[None]:
    wanted = {key for key in keys if type(key) in (int, str)}
    try:
        rows = field.get_queryset().filter(pk__in=wanted) if wanted else ()
        found = {key: row for row in rows for key in (row.pk, str(row.pk))}  # forms and CSV have texts, as UUIDs are
    except (TypeError, ValueError, OverflowError, DjangoValidationError):
        found, wanted = {}, set()  # one of them can't be a key; each is asked for by itself
    ask = field.to_internal_value

    def read(key: Any) -> Any:
        if type(key) not in (int, str):  # not true for 1, which it equals to Python
            return ask(key)
        if key not in found and type(key) is int and key in wanted:
            field.fail("does_not_exist", pk_value=key)
        return found[key] if key in found else ask(key)

    field.to_internal_value = read
    try:
        yield
    finally:
        del field.to_internal_value
