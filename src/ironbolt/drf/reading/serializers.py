"""The serializer that only shows: rows go straight from the database into the answer."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Manager
from rest_framework import serializers
from rest_framework.fields import empty

from ironbolt.drf.reading.along import fetched_along
from ironbolt.drf.reading.reader import Reader, Shown, reader_of, shown_of
from ironbolt.drf.reading.showing import shown_to
from ironbolt.drf.reading.varying import is_touched


class ShownRows(serializers.ListSerializer[Any]):
    """A list of rows, of which no instances are made as long as nobody has fetched them."""

    def to_representation(self, data: Any) -> list[Shown]:
        """What is shown of each; by the ORM where they are fetched already, or a plan can't read them."""
        with shown_to(self.context.get("request")):
            found = self._by_plan(data.all() if isinstance(data, Manager) else data)
        return super().to_representation(self._fetched(data)) if found is None else found

    def _by_plan(self, data: Any) -> list[Shown] | None:
        if self.root is not self:  # it is one of many, and its rows were fetched along with all others
            return None
        serializer_class: Any = type(self.child)
        reader = reader_of(serializer_class)
        if reader is None or is_touched(self.child):
            return None
        return shown_of(data, reader)

    def _fetched(self, data: Any) -> Any:
        """The same, with what is shown of objects fetched for all of them."""
        reader = reader_of(type(self.child)) if self.root is self else None
        if reader is None:
            return data
        return fetched_along(list(data.all() if isinstance(data, Manager) else data), reader.model, reader.followed)


class AppReadOnlyModelSerializer(serializers.ModelSerializer[Any]):
    """A ``ModelSerializer`` that is only read, and reads lists several times faster: the same values, no instances.

    Its fields are columns and relations, nested serializers of this kind among them. What needs an instance
    (a ``SerializerMethodField``, a property, a ``to_representation`` of one's own) is refused when the view
    that uses it is made, or else when it is first used. One that makes its fields by code of its own (``__init__``,
    ``get_fields``, ``fields``) may show others to everyone, and makes instances.
    """

    def __init__(self, instance: Any = None, data: Any = empty, **kwargs: Any) -> None:
        """As any serializer.

        Raises:
            ImproperlyConfigured: it was given data to write.
        """
        if data is not empty:
            raise ImproperlyConfigured(f"{type(self).__name__} only reads; write through an AppModelSerializer.")
        super().__init__(instance, **kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """The list of it, unless its ``Meta`` names another class for that."""
        made: Any = super().many_init(*args, **kwargs)
        if type(made) is serializers.ListSerializer:
            made.__class__ = ShownRows
        return made

    def get_fields(self) -> dict[str, Any]:
        """The fields, all of them to be read."""
        fields: dict[str, Any] = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        return fields

    def to_representation(self, instance: Any) -> Any:
        """What is shown of an object; of the rows that it leads to nobody asks for each by itself."""
        reader = reader_of(type(self)) if self.root is self else None
        if reader is not None and reader.leads_on:
            (instance,) = fetched_along([instance], reader.model, reader.followed)
        return super().to_representation(instance)


def reader_for(view: Any) -> Reader | None:
    """The reader of what a view shows its rows by; None where that makes instances."""
    try:
        serializer_class: Any = view.get_serializer_class() if hasattr(view, "get_serializer_class") else None
    except Exception:  # noqa: BLE001 - it has none for this action: who needs one asks again, and tells so then
        return None
    is_read = isinstance(serializer_class, type) and issubclass(serializer_class, AppReadOnlyModelSerializer)
    return reader_of(serializer_class) if is_read else None
