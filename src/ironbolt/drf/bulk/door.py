"""A viewset of this door as bulk writes see it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import router
from django.db.models import Model, QuerySet, prefetch_related_objects
from rest_framework import serializers

from ironbolt.core import lifecycle
from ironbolt.core.errors import NON_FIELD_ERRORS, ValidationFailed
from ironbolt.core.rows import searchable
from ironbolt.core.unit import current_unit
from ironbolt.core.validation import NOT_AN_OBJECT, NULL
from ironbolt.drf.bulk.serializers import BulkListSerializer, draft_of
from ironbolt.drf.lifecycle import LifecycleMixin
from ironbolt.drf.names import public_names
from ironbolt.drf.owners import DOOR, are_of
from ironbolt.drf.shown_relations import shown_relations
from ironbolt.features.bulk import Draft, Item, Kind
from ironbolt.features.bulk.acting import key_field_of
from ironbolt.features.bulk.door import MISSING_KEY
from ironbolt.features.bulk.faults import problem_with
from ironbolt.features.bulk.payload import name_of_key
from ironbolt.features.bulk.showing import rows_again

_OWN: dict[Kind, tuple[str, ...]] = {
    "create": ("before_perform_create", "after_perform_create", "perform_create"),
    "update": ("before_perform_update", "after_perform_update", "perform_update"),
    "destroy": ("before_perform_destroy", "after_perform_destroy", "perform_destroy", "_delete_row"),
}
"""What of a viewset, if it is somebody's own, wants each row to be written by itself."""


class BulkDoor:
    """The viewset, and the serializer that its single action would have had.

    Attributes:
        view: the viewset.
        model: the model of its rows.
        using: the alias of the database.
    """

    def __init__(self, view: Any, model: type[Model], *, replaces: bool = False) -> None:
        self.view = view
        self.model = model
        unit = current_unit()
        self.using = unit.using if unit else router.db_for_write(model)
        self._replaces = replaces

    # --- names -----------------------------------------------------------------------------------------

    @property
    def safe(self) -> bool | None:
        """Whether texts of the database are kept back."""
        safe: bool | None = self.view.SAFE_DB_ERRORS
        return safe

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Field of the model → field of the serializer."""
        return public_names(self._serializer)

    @property
    def key_field(self) -> Any:
        """The field that addresses name an object by, if it is unique; else the primary key."""
        return key_field_of(self.model, self.view.lookup_field)

    @property
    def key_name(self) -> str:
        """Its name in the serializer."""
        return name_of_key(self.key_field, self.names)

    # --- what was sent ---------------------------------------------------------------------------------

    def key_of(self, item: Item) -> Any:
        """The key in an item, which the serializer sees only where it may be written."""
        if not isinstance(item.sent, Mapping):
            raise ValidationFailed({NON_FIELD_ERRORS: [NULL if item.sent is None else NOT_AN_OBJECT]})
        field = self._serializer.child.fields.get(self.key_name)
        key = item.sent.get(self.key_name, MISSING_KEY)
        if field is None or field.read_only:
            item.sent = {name: value for name, value in item.sent.items() if name != self.key_name}
        return key

    def fill(self, items: Sequence[Item]) -> None:
        """Have the serializer look at every item."""
        if self._makes_serializers:
            items = [item for item in items if not self._is_filled(item)]
        serializer = self._serializer
        serializer.instance = None if all(item.instance is None for item in items) else [one.instance for one in items]
        for item, (values, error) in zip(items, serializer.each([item.sent for item in items]), strict=True):
            if error is not None:
                item.problem = problem_with(error, self)
            else:
                item.values = values if isinstance(values, Mapping) else {}
                item.form = serializer.one(item.sent, values, item.instance)

    @cached_property
    def _serializer(self) -> BulkListSerializer:
        """The serializer of the single action, as the child of one for all items."""
        made: Any = self.view.get_serializer(partial=self._is_partial)
        child = made.child if isinstance(made, serializers.ListSerializer) else made
        declared = getattr(getattr(type(child), "Meta", None), "list_serializer_class", serializers.ListSerializer)
        kind: Any = declared if issubclass(declared, BulkListSerializer) else BulkListSerializer
        serializer: BulkListSerializer = kind(data=[], child=child, partial=self._is_partial, context=made.context)
        return serializer

    @property
    def _is_partial(self) -> bool:
        return bool(self.view.action == "partial_update")

    @cached_property
    def _makes_serializers(self) -> bool:
        """Whether somebody has written a ``get_serializer``, which may look at what it is given."""
        return not are_of(type(self.view), ("get_serializer",), DOOR)

    def _is_filled(self, item: Item) -> bool:
        """Have the serializer look at one item that somebody makes for it alone; False where it is not for one."""
        make = self.view.get_serializer
        if item.instance is None:
            form = make(data=item.sent)
        else:
            form = make(item.instance, data=item.sent, partial=self._is_partial)
        if isinstance(form, serializers.ListSerializer):  # of an array in the place of an object
            return False
        if form.is_valid():
            item.values = form.validated_data if isinstance(form.validated_data, Mapping) else {}
            item.form = form
        else:
            item.problem = problem_with(serializers.ValidationError(form.errors), self)
        return True

    # --- rows ------------------------------------------------------------------------------------------

    def rows(self) -> "QuerySet[Any]":
        """The filtered rows, as ``get_object`` looks in them."""
        return searchable(self.view.filter_queryset(self.view.get_queryset()), self.view)

    def finds_itself(self) -> bool:
        """Whether somebody has written a ``get_object``."""
        return self._finds_itself

    @cached_property
    def _finds_itself(self) -> bool:
        return not are_of(type(self.view), ("get_object",), DOOR)

    def find(self, key: Any) -> Any:
        """What that finds."""
        name = self.view.lookup_url_kwarg or self.view.lookup_field
        before = self.view.kwargs
        self.view.kwargs = {**before, name: str(key)}
        try:
            return self.view.get_object()
        finally:
            self.view.kwargs = before

    def admit(self, instance: Any) -> None:
        """Ask the permissions about an object, unless ``get_object`` has done so."""
        if not self.finds_itself():
            self.view.check_object_permissions(self.view.request, instance)

    # --- writing ---------------------------------------------------------------------------------------

    def needs_rows(self, kind: Kind) -> bool:
        """Whether hooks, ``perform_…`` or the serializer's way of saving are somebody's own."""
        view = type(self.view)
        names = _OWN[kind]
        if any(getattr(view, name) is not getattr(LifecycleMixin, name) for name in names):
            return True
        if not are_of(view, names, DOOR):
            return True
        return kind != "destroy" and not self._serializer.saves_itself(is_new=kind == "create")

    def draft(self, item: Item) -> Draft:
        """A row with the valid values and those of ``get_…_kwargs``."""
        hook = "get_create_kwargs" if item.instance is None else "get_update_kwargs"
        more = lifecycle.more_values(self.view, hook, item.form)
        return draft_of(self.model, item.instance, {**item.values, **more}, self.names)

    def write(self, kind: Kind, item: Item) -> Any:
        """Between all the hooks of the single action."""
        if kind == "destroy":
            self.view.perform_destroy(item.instance)
            return item.instance
        perform = self.view.perform_create if kind == "create" else self.view.perform_update
        perform(item.form)
        return item.form.instance

    def settle(self, kind: Kind, item: Item) -> None:
        """Between hooks that do nothing before the commit."""
        if kind == "destroy":
            lifecycle.destroy(self.view, item.instance, lambda: None)
            return
        item.form.instance = item.instance
        if kind == "create":
            lifecycle.create(self.view, item.form, lambda: item.instance)
        else:
            lifecycle.update(self.view, (item.form,), item.form, lambda: item.instance)

    def show_unsaved(self, item: Item) -> Any:
        """What was sent, as the serializer shows it: a ``perform_create`` has saved no row."""
        return item.form.data

    def show(self, keys: Sequence[Any]) -> Mapping[Any, Any]:
        """Rows as the serializer of the single action shows them."""
        rows = rows_again(self.view.get_queryset(), keys, self.using)
        child: serializers.Serializer[Any] = self.view.get_serializer()
        prefetch_related_objects(rows, *shown_relations(child))
        return {row.pk: child.to_representation(row) for row in rows}
