"""The base classes of serializers: strict where asked, and no query to find what the database knows."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.utils.html import is_html_input
from rest_framework.validators import UniqueValidator

from ironbolt.drf.strictness import faults


class StrictMixin(serializers.Serializer[Any]):
    """``Meta.strict = True`` refuses unknown fields and values of the wrong JSON type.

    Forms have no types, so they are read as REST framework reads them.
    """

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
        return values


def is_strict(serializer: Any) -> bool:
    """Whether a serializer takes nothing but what it names."""
    return bool(getattr(getattr(serializer, "Meta", None), "strict", False))


class AppSerializer(StrictMixin):
    """A ``Serializer`` that can be strict."""


class AppModelSerializer(StrictMixin, serializers.ModelSerializer[Any]):
    """A ``ModelSerializer`` that leaves uniqueness to the database, which answers it by 409.

    Asking first costs a query and can't be relied on: another request may come between.
    """

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


def _without_uniqueness(kwargs: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in kwargs.pop("validators", ()) if not isinstance(one, UniqueValidator)]
    return kwargs | {"validators": kept} if kept else kwargs
