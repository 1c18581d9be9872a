"""A view set of this door as bulk writes see it."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from django.db import router
from django.db.models import Model, QuerySet

from ironbolt.bolt.binding.bodies import BodyReader
from ironbolt.bolt.exceptions import ParseError
from ironbolt.bolt.structs.cleaning import clean
from ironbolt.bolt.structs.fields import public_names, sent
from ironbolt.bolt.structs.filling import form_for
from ironbolt.bolt.structs.inputs import nested_models
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.bolt.structs.writing import meant, placed
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.hooks import rows_of
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, UpdateMixin
from ironbolt.core import lifecycle, saving
from ironbolt.core.errors import Details, ValidationFailed
from ironbolt.core.rows import searchable
from ironbolt.core.threads import finished
from ironbolt.core.unit import current_unit
from ironbolt.features.bulk import Draft, Item, Kind
from ironbolt.features.bulk.acting import key_field_of
from ironbolt.features.bulk.door import MISSING_KEY
from ironbolt.features.bulk.faults import invalid, problem_with
from ironbolt.features.bulk.payload import name_of_key
from ironbolt.features.bulk.showing import rows_again

_OWN: dict[Kind, tuple[Any, tuple[str, ...]]] = {
    "create": (CreateMixin, ("before_perform_create", "after_perform_create", "create_object")),
    "update": (UpdateMixin, ("before_perform_update", "after_perform_update", "update_object")),
    "destroy": (DestroyMixin, ("before_perform_destroy", "after_perform_destroy", "delete_object")),
}
"""What of a view set, if it is somebody's own, wants each row to be written by itself."""

_OBJECT = BodyReader(dict[str, msgspec.Raw])


def key_name_of(view: Any, shown: Any) -> str:
    """Its name in the Struct that clients get."""
    return name_of_key(key_field_of(view.model_class(), view.lookup_field), public_names(shown, view.model_class()))


class BulkDoor:
    """The view set, with the form of its single action.

    Attributes:
        view: the view set.
        model: the model of its rows.
        using: the alias of the database.
    """

    def __init__(self, view: Any) -> None:
        self.view = view
        self.model: type[Model] = view.model_class()
        unit = current_unit()
        self.using = unit.using if unit else router.db_for_write(self.model)

    # --- names -----------------------------------------------------------------------------------------

    @property
    def safe(self) -> bool | None:
        """Whether texts of the database are kept back."""
        safe: bool | None = self.view.SAFE_DB_ERRORS
        return safe

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Field of the model → field of the form."""
        return public_names(self._form, self.model)

    @property
    def key_field(self) -> Any:
        """What items name their row by."""
        return key_field_of(self.model, self.view.lookup_field)

    @cached_property
    def key_name(self) -> str:
        """Its name for clients."""
        return key_name_of(self.view, self.view.get_serializer_class("retrieve"))

    # --- what was sent ---------------------------------------------------------------------------------

    @cached_property
    def _form(self) -> type[msgspec.Struct]:
        action = self.view.action
        return form_for(self.view, self.view.get_serializer_class(action), action)

    def key_of(self, item: Item) -> Any:
        """The key in an item, which is taken out of it unless the form has such a field."""
        faults: Details = {}
        members = _OBJECT.decode(bytes(item.sent), faults)
        if faults:
            raise ValidationFailed(faults)
        key = members.get(self.key_name)
        if key is None:
            return MISSING_KEY
        if all(field.encode_name != self.key_name for field in msgspec.structs.fields(self._form)):
            del members[self.key_name]
        item.sent = msgspec.json.encode(members)
        return msgspec.json.decode(key)

    def fill(self, items: Sequence[Item]) -> None:
        """Read every item as the body of a single action is read, by the form's types and the model's rules."""
        reader = BodyReader(self._form, self.model)
        for item in items:
            faults: Details = {}
            try:
                item.form = reader.decode(bytes(item.sent), faults)
                if not faults:
                    item.values = self._values(item)
            except ParseError:
                raise
            except Exception as exc:  # noqa: BLE001 - what a rule says of an item is told with it
                item.problem = problem_with(exc, self)
            if faults:
                item.problem = invalid(faults)

    def _values(self, item: Item) -> Mapping[str, Any]:
        kind: Kind = "create" if item.instance is None else "update"
        base, (*_, method) = _OWN[kind]
        is_ours = getattr(type(self.view), method) is getattr(base, method)
        return clean(item.form, self.model) if is_ours else sent(item.form)

    # --- rows ------------------------------------------------------------------------------------------

    def rows(self) -> "QuerySet[Any]":
        """The rows, as ``get_object`` looks in them."""
        return searchable(rows_of(self.view), self.view)

    def finds_itself(self) -> bool:
        """Whether somebody has written a ``get_object``."""
        return type(self.view).get_object is not ViewSet.get_object

    def find(self, key: Any) -> Any:
        """What that finds."""
        return finished(self.view.get_object(key))

    def admit(self, instance: Any) -> None:
        """Guards have judged the request; about an object this door knows no more than its scope."""

    # --- writing ---------------------------------------------------------------------------------------

    def needs_rows(self, kind: Kind) -> bool:
        """Whether hooks or ``…_object`` are somebody's own, or objects are nested in the form."""
        base, names = _OWN[kind]
        if any(getattr(type(self.view), name) is not getattr(base, name) for name in names):
            return True
        return kind != "destroy" and bool(nested_models(self._form, self.model))

    def draft(self, item: Item) -> Draft:
        """A row with what was sent and the values of ``get_…_kwargs``."""
        if item.instance is None:
            more, instance = lifecycle.more_values(self.view, "get_create_kwargs", item.form), self.model()
        else:
            instance = item.instance
            more = lifecycle.more_values(self.view, "get_update_kwargs", instance, item.form)
        values, references = meant(instance, item.form, more)
        placed(instance, values)
        return Draft(instance, frozenset(values), references)

    def write(self, kind: Kind, item: Item) -> Any:
        """Between all the hooks of the single action."""
        view, data, found = self.view, item.form, item.instance
        if kind == "create":
            return lifecycle.create(view, data, lambda: finished(view.create_object(data)))
        if kind == "destroy":
            lifecycle.destroy(view, found, lambda: finished(view.delete_object(found)))
            return found
        view._as_read = saving.columns_of(found)  # noqa: SLF001 - as its single update does
        written: Any = lifecycle.update(view, (found, data), data, lambda: finished(view.update_object(found, data)))
        return written

    def settle(self, kind: Kind, item: Item) -> None:
        """Between hooks that do nothing before the commit."""
        found, data = item.instance, item.form
        if kind == "create":
            lifecycle.create(self.view, data, lambda: found)
        elif kind == "update":
            lifecycle.update(self.view, (found, data), data, lambda: found)
        else:
            lifecycle.destroy(self.view, found, lambda: None)

    def show_unsaved(self, item: Item) -> Any:
        """What a ``create_object`` has given in the place of a row."""
        return item.instance

    def show(self, keys: Sequence[Any]) -> Mapping[Any, Any]:
        """Rows as ``retrieve`` shows them."""
        reader = row_reader(self.view.get_serializer_class("retrieve"), self.model)
        rows = finished(self.view.get_queryset()) if reader.annotations else self.model._base_manager.all()
        return {row.pk: reader.read(row) for row in rows_again(reader.prepare(rows), keys, self.using)}
