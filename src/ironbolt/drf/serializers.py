"""The base classes of serializers: strict where asked, and no query to find what the database knows."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.serializers import raise_errors_on_nested_writes
from rest_framework.utils import model_meta
from rest_framework.utils.html import is_html_input
from rest_framework.validators import UniqueValidator

from ironbolt.core import saving
from ironbolt.core.errors import NON_FIELD_ERRORS, ValidationFailed
from ironbolt.core.saving import columns_of
from ironbolt.core.validation import NOT_AN_OBJECT, NULL, without_negative_zero
from ironbolt.drf.names import public_names
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.write_only import WriteOnlyMixin
from ironbolt.drf.writing.strictness import faults

__all__ = [
    "AppModelSerializer",
    "AppReadOnlyModelSerializer",
    "AppSerializer",
    "AppWriteOnlyModelSerializer",
    "StrictMixin",
    "is_strict",
]


class StrictMixin(serializers.Serializer[Any]):
    """``Meta.strict = True`` refuses unknown fields and values of the wrong JSON type.

    Forms have no types, so they are read as REST framework reads them.
    """

    default_error_messages = {"invalid": NOT_AN_OBJECT}

    def run_validation(self, data: Any = empty) -> Any:
        """The valid values, of data that is there at all.

        Raises:
            ValidationError: with every field at fault.
        """
        if data is None and getattr(self, "parent", None) is None and not self.allow_null:
            raise serializers.ValidationError({NON_FIELD_ERRORS: [NULL]}, code="null")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        """The valid values.

        Raises:
            ValidationError: with every field at fault.
        """
        if not is_strict(self) or not isinstance(data, Mapping) or is_html_input(data):
            return super().to_internal_value(data)
        found = faults(self, data)
        try:
            values = super().to_internal_value({name: value for name, value in data.items() if name not in found})
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                found = {**error.detail, **found}
            raise serializers.ValidationError(found) from None
        if found:
            raise serializers.ValidationError(found)
        return {name: without_negative_zero(value) for name, value in values.items()}


def is_strict(serializer: Any) -> bool:
    """Whether a serializer takes nothing but what it names."""
    return bool(getattr(getattr(serializer, "Meta", None), "strict", False))


class AppSerializer(StrictMixin):
    """A ``Serializer`` that can be strict."""


class AppModelSerializer(StrictMixin, serializers.ModelSerializer[Any]):
    """A ``ModelSerializer`` that leaves uniqueness to the database, which answers it by 409.

    Asking first costs a query and can't be relied on: another request may come between. An update writes
    what was sent and what a hook set on the object; what others wrote meanwhile stays.
    """

    def __init__(self, instance: Any = None, data: Any = empty, **kwargs: Any) -> None:
        super().__init__(instance, data, **kwargs)
        self._as_read = columns_of(instance) if isinstance(instance, Model) and data is not empty else None

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Write what was sent.

        Raises:
            ValidationFailed: it would give the object another key.
            ObjectDoesNotExist: the row has gone since it was read.
        """
        raise_errors_on_nested_writes("update", self, validated_data)
        self._keep_key(instance, validated_data)
        relations = model_meta.get_field_info(type(instance)).relations
        many = {name for name in validated_data if name in relations and relations[name].to_many}
        for name in validated_data.keys() - many:
            setattr(instance, name, validated_data[name])
        saving.update(instance, validated_data.keys() - many, self._as_read)
        for name in many:
            getattr(instance, name).set(validated_data[name])
        return instance

    def _keep_key(self, instance: Any, values: dict[str, Any]) -> None:
        for name in {"pk", *(field.name for field in instance._meta.pk_fields)} & values.keys():
            if values.pop(name) != getattr(instance, name):
                raise ValidationFailed({public_names(self).get(name, name): [saving.FIXED_KEY]})

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """The field for a column, without the query for uniqueness."""
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        return field_class, _without_uniqueness(kwargs)

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """The field for a relation, without the query for uniqueness."""
        field_class, kwargs = super().build_relational_field(field_name, relation_info)
        return field_class, _without_uniqueness(kwargs)

    def get_uniqueness_extra_kwargs(self, field_names: Any, declared_fields: Any, extra_kwargs: Any) -> Any:
        """Nothing more is asked of fields that are unique together."""
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        """None: the database does it."""
        return []


class AppWriteOnlyModelSerializer(WriteOnlyMixin, AppModelSerializer):
    """An ``AppModelSerializer`` for what is sent: it validates in a fraction of the time, and shows no rows itself.

    Its fields are made once for the class instead of for each request. Code of its own that makes them (``__init__``,
    ``get_fields``, ``fields``), or a relation whose ``limit_choices_to`` is a function, has them made each time. A view
    set that would show rows by it does not start.

    Attributes:
        read_serializer_class: shows what was written, as the view's own rows have it; ``Meta`` may name it too. Fields
            that are only read are left to it. Without one the answer has the fields of this serializer.
    """


def _without_uniqueness(kwargs: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in kwargs.pop("validators", ()) if not isinstance(one, UniqueValidator)]
    return kwargs | {"validators": kept} if kept else kwargs
