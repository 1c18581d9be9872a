"""What a name such as ``author__name__icontains`` means for a model: the column, the lookup, and what lies between."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models.functions import ExtractIsoYear, ExtractYear

Annotations = Mapping[str, Any]
"""Name → expression, of what a queryset is annotated with."""

_KEY_LOOKUPS = ("exact", "in", "isnull")
"""What a relation can be asked: its keys are names, not quantities."""


class Year(models.SmallIntegerField):  # type: ignore[type-arg]  # of a value that no model has
    """The year of a date, which is compared as the days that it begins and ends with."""


class Column(msgspec.Struct, frozen=True):
    """What a path leads to.

    Attributes:
        path: the way from the model, without the lookup.
        field: the field that values are compared with; of a relation the key that it points to.
        lookup: how they are compared, ``exact`` where the path says nothing.
        relation: whether the path ends at a relation, so that its values are keys.
        many: whether a relation to many is on the way, so that one row could be found several times.
        nullable: whether there may be nothing at the end of the path.
        transformed: whether something is computed of the column, such as the year of a date.
    """

    path: str
    field: Any
    lookup: str = "exact"
    relation: bool = False
    many: bool = False
    nullable: bool = False
    transformed: bool = False

    @property
    def condition(self) -> str:
        """Path and lookup, as a queryset's ``filter`` takes them."""
        return f"{self.path}__{self.lookup}"


def column_of(model: type[models.Model], path: str, where: str, annotated: Annotations | None = None) -> Column:
    """What ``path`` leads to from ``model``.

    Args:
        model: the model to begin at.
        path: names of fields, transforms and at last a lookup, joined by two underscores.
        where: who asks, for the message of an error.
        annotated: what the rows have besides the fields.

    Raises:
        ImproperlyConfigured: there is no such thing; the message lists what there is.
    """
    walk = _Walk(model, where, annotated or {})
    for part in path.split("__"):
        walk.step(part)
    return walk.column()


class _Walk:
    """Goes along a path, part by part."""

    def __init__(self, model: type[models.Model], where: str, annotated: Annotations) -> None:
        self.model: type[models.Model] | None = model
        self.where = where
        self.annotated = annotated
        self.field: Any = None
        self.names: list[str] = []
        self.lookup = ""
        self.many = self.nullable = self.transformed = False

    def step(self, part: str) -> None:
        if self.lookup:
            raise self._refusal(f"nothing can stand behind the lookup {self.lookup!r}")
        if self.model is not None and self._enter(part):
            self.names.append(part)
            return
        if self.field is None or (self.model is not None and part not in _KEY_LOOKUPS):
            raise self._refusal(f"{self._model_name()} has no field {part!r}; it has {self._fields()}")
        self._compare(part)

    def column(self) -> Column:
        relation = self.model is not None
        return Column(
            path="__".join(self.names),
            field=_key_of(self.field) if relation else self.field,
            lookup=self.lookup or "exact",
            relation=relation,
            many=self.many,
            nullable=self.nullable,
            transformed=self.transformed,
        )

    def _enter(self, part: str) -> bool:
        """Go to a field of the model, and with a relation on to the model behind it."""
        assert self.model is not None
        if self.field is None and part in self.annotated:
            self.field, self.model, self.nullable = self.annotated[part].output_field, None, True
            return True
        try:
            found: Any = self.model._meta.pk if part == "pk" else self.model._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        self.field = found
        if not found.is_relation:
            self.nullable = self.nullable or found.null
            self.model = None
            return True
        if not hasattr(found, "path_infos") or found.related_model is None:
            raise self._refusal(f"{part!r} points to rows of any model, and can't be followed")
        self.many = self.many or any(step.m2m for step in found.path_infos)
        forward = isinstance(found, models.ForeignKey)
        self.nullable = self.nullable or not forward or found.null
        self.model = found.related_model
        return True

    def _compare(self, part: str) -> None:
        """Take a transform, else a lookup, of the field reached."""
        if self.model is None and (transform := self._transform(part)) is not None:
            output = getattr(transform, "output_field", None)
            is_year = isinstance(transform, type) and issubclass(transform, ExtractYear | ExtractIsoYear)
            self.field = Year() if is_year else output if isinstance(output, models.Field) else self.field
            self.names.append(part)
            self.transformed = True
            return
        if self.model is None and self.field.get_lookup(part) is None:
            raise self._refusal(f"there is no lookup {part!r}; there is {', '.join(sorted(self.field.get_lookups()))}")
        self.lookup = part

    def _transform(self, part: str) -> Any:
        is_json = isinstance(self.field, models.JSONField)
        if is_json and self.field.get_lookup(part):  # what is no lookup is a key to it, whatever it is
            return None
        return self.field.get_transform(part)

    def _model_name(self) -> str:
        return self.model.__name__ if self.model else "it"

    def _fields(self) -> str:
        names = [field.name for field in self.model._meta.get_fields()] if self.model else []
        beginning = self.field is None
        return ", ".join(sorted({*names, *(self.annotated if beginning else ())}))

    def _refusal(self, reason: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"{self.where}: {reason}.")


def _key_of(relation: Any) -> Any:
    """The field that holds the values of a relation's keys."""
    if isinstance(relation, models.ForeignKey):
        target: Any = relation.target_field
        return _key_of(target) if target.is_relation else target
    key: Any = relation.related_model._meta.pk
    return _key_of(key) if key.is_relation else key
