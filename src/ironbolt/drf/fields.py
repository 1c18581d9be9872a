"""Serializer fields for keys of other objects, checked by the database and not by a query."""

from typing import Any

from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db.models import Model
from rest_framework import serializers

from ironbolt.core.validation import MOST_KEYS, NOT_A_LIST, NOT_AN_INTEGER, TOO_MANY


class ReferenceField(serializers.IntegerField):
    """The integer key of an object of ``model``: ``author_id = ReferenceField(Author)``.

    The field is named like the attribute that holds the key, or says so by ``source="author_id"``. A
    key that belongs to no object is refused by the database, as 409 with the field in the details.
    """

    default_error_messages = {"invalid": NOT_AN_INTEGER}

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        limits = [one for one in model._meta.pk.validators if isinstance(one, BaseValidator)]
        for name, kind in (("min_value", MinValueValidator), ("max_value", MaxValueValidator)):
            for limit in limits:
                if isinstance(limit, kind):
                    kwargs.setdefault(name, limit.limit_value)
        super().__init__(**kwargs)


class ReferencesField(serializers.ListField):
    """A list of such keys: ``category_ids = ReferencesField(Category, source="categories")``.

    A key that is there twice counts once. There may be ``core.validation.MOST_KEYS`` of them, unless
    ``max_length`` says otherwise.
    """

    default_error_messages = {
        "not_a_list": NOT_A_LIST,
        "max_length": TOO_MANY.replace("{limit}", "{max_length}"),
    }

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MOST_KEYS)
        super().__init__(child=ReferenceField(model), **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        """The keys, each once, in their order."""
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            # Before each key is looked at, which takes its time.
            self.fail("max_length", max_length=self.max_length)
        return list(dict.fromkeys(super().to_internal_value(data)))

    def to_representation(self, data: Any) -> list[Any]:
        """The keys of the related objects."""
        return [one.pk for one in data.all()]
