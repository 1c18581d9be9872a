"""What a model has under a name: a column, or a relation seen from either side."""

from typing import Any

from django.db import models


def column_of(model: type[models.Model], name: str) -> "models.Field[Any, Any] | None":
    """The column of a name, of ``pk``, or of the attribute that holds a foreign key."""
    if name == "pk":
        return model._meta.pk if model._meta.pk in model._meta.concrete_fields else None
    return next((field for field in model._meta.concrete_fields if name in (field.name, field.attname)), None)


def relation_of(model: type[models.Model], name: str) -> Any:
    """The relation whose accessor is ``name``, on whichever side it is declared; None where there is none."""
    for field in model._meta.get_fields():
        accessor = field.get_accessor_name() if isinstance(field, models.ForeignObjectRel) else field.name
        if accessor == name:
            return field if field.is_relation else None
    return None


def is_many(relation: Any) -> bool:
    """Whether a relation leads to any number of rows."""
    return bool(relation.many_to_many or relation.one_to_many)


def is_joined(relation: Any) -> bool:
    """Whether ``select_related`` takes the accessor of a relation."""
    if isinstance(relation, models.ForeignKey):
        return True
    if isinstance(relation, models.OneToOneRel):
        return relation.get_accessor_name() == relation.field.related_query_name()
    return False


def all_names(model: type[models.Model]) -> list[str]:
    """The names of columns and relations in the order of the model, those of the other sides last."""
    columns = [name for field in model._meta.concrete_fields for name in (field.name, field.attname)]
    many = [field.name for field in model._meta.many_to_many]
    others = [name for field in model._meta.related_objects if (name := field.get_accessor_name())]
    return list(dict.fromkeys([*columns, *many, *others]))


def names_of(model: type[models.Model]) -> str:
    """The columns and relations of a model, for a message to whoever has named another."""
    return ", ".join(all_names(model))
