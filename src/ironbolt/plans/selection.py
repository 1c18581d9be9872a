"""From the sources of a Struct to a flat list of columns, and the text of what makes the Struct of a row."""

import re
from collections.abc import Iterator
from functools import partial
from inspect import signature
from typing import Any

import msgspec
from django.db import models
from django.db.models.fields.files import FieldFile, FileDescriptor, ImageFieldFile, ImageFileDescriptor
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init

from ironbolt.plans.making import Template
from ironbolt.plans.refusal import CannotPlan
from ironbolt.plans.sources import Annotation, Column, Computed, Keys, LeftOut, Many, One, Plan, Source

_value_alone = re.compile(r"^\{v(\d+)\}$")
_value_remembered = re.compile(r"^(\w+)\(\{v(\d+)\}\)$")

_COLUMNS = (DeferredAttribute, ForeignKeyDeferredAttribute)
_FILES = (FileDescriptor, ImageFileDescriptor)
"""What Django itself puts where an instance has a column: the value is that of the row."""


class Related(msgspec.Struct, frozen=True):
    """Rows at the other end of a relation to many, fetched by one query of their own.

    Attributes:
        variable: what the text of the maker calls them: parent's value → list of what was made.
        position: where a row of the parent has the value by which they are found.
        model: whose relation it is.
        name: the accessor of the relation.
        plan: how they are read; None for their keys alone.
    """

    variable: str
    position: int
    model: type[models.Model]
    name: str
    plan: Plan | None


class Selection(msgspec.Struct, frozen=True):
    """What is asked of the database for a Struct, and how it is made of that.

    Attributes:
        paths: columns as ``values_list`` names them, in the order of a row.
        template: what is made of a row.
        related: the relations to many.
    """

    paths: tuple[str, ...]
    template: Template
    related: tuple[Related, ...]


KEYS, KEYS_SHOWN = Template("{v0}", {}, 1), Template("{t0}", {}, 1)
"""What is made of rows of which nothing but the key is wanted."""


def selection_of(plan: Plan, annotations: frozenset[str], *, shown: bool = False) -> Selection:
    """Work out what a plan selects.

    Args:
        plan: how rows are read.
        annotations: what the queryset adds to them.
        shown: whether the Structs are for nobody but the encoder, so that a number may stand in them as the
            text that JSON has for it.

    Raises:
        CannotPlan: an instance of the model is needed for it.
    """
    return _Selector(annotations, shown=shown).selection(plan)


class _Selector:
    """Collects columns, each once, and writes the text that puts them into Structs."""

    def __init__(self, annotations: frozenset[str], *, shown: bool) -> None:
        self._annotations = annotations
        self._shown = shown
        self._positions: dict[str, int] = {}
        self._names: dict[str, Any] = {}
        self._related: list[Related] = []

    def selection(self, plan: Plan) -> Selection:
        text = self._struct(plan, "")
        keys = tuple(related.position for related in self._related)
        lists = tuple(related.variable for related in self._related)
        template = Template(text, self._names, len(self._positions), keys, lists)
        return Selection(tuple(self._positions), template, tuple(self._related))

    def _struct(self, plan: Plan, prefix: str) -> str:
        _check_model(plan)
        struct = self._named(plan.struct)
        return f"{struct}({', '.join(self._arguments(plan, prefix))})"

    def _arguments(self, plan: Plan, prefix: str) -> Iterator[str]:
        parameters = signature(plan.struct).parameters.values()
        by_name = any(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)
        shown = self._shown and not _looks_at_values(plan.struct)
        for filled in plan.fields:
            text = self._value(filled.source, plan.model, prefix)
            if shown and isinstance(filled.source, Column | Annotation):
                text = _value_alone.sub(r"{t\1}", text)
            yield f"{filled.name}={text}" if by_name else text

    def _value(self, source: Source, model: type[models.Model], prefix: str) -> str:
        text: str | None = None
        match source:
            case Column():
                text = self._column(source, model, prefix)
            case Computed(function, inputs, is_remembered):
                arguments = ", ".join(self._value(one, model, prefix) for one in inputs)
                text = f"{self._named(function)}({arguments})"
                if is_remembered:
                    text = _value_remembered.sub(r"{r\2_\1}", text)
            case Annotation():
                text = self._annotation(source, prefix)
            case One(name, plan, joined):
                text = self._one(name, plan, model, prefix, joined=joined)
            case Many(name, plan):
                text = self._many(name, plan, model, prefix)
            case Keys(name):
                text = self._many(name, None, model, prefix)
            case LeftOut():
                text = self._named(msgspec.UNSET)
        if text is None:
            raise CannotPlan("a property or a method of the model needs an instance")
        return text

    def _column(self, source: Column, model: type[models.Model], prefix: str) -> str:
        for relation in source.path[:-1]:
            model = _joined_model(model, relation)
            _check_instances(model)
        field: Any = model._meta.get_field(source.path[-1])
        _check_field(field, model)
        text = self._at(prefix + "__".join((*source.path[:-1], field.name if not field.is_relation else field.attname)))
        return f"{self._named(partial(_url, field))}({text})" if source.is_file else text

    def _annotation(self, source: Annotation, prefix: str) -> str:
        if not prefix and source.name in self._annotations:
            return self._at(source.name)
        field = source.field
        if field.required:
            raise CannotPlan(f"the queryset has no annotation {source.name!r}")
        if field.default_factory is not msgspec.NODEFAULT:
            return f"{self._named(field.default_factory)}()"
        return self._named(field.default)

    def _one(self, name: str, plan: Plan, model: type[models.Model], prefix: str, *, joined: bool) -> str:
        if not joined:
            raise CannotPlan(f"{name!r} can't be joined")
        _joined_model(model, name)
        inner = f"{prefix}{name}__"
        text = self._struct(plan, inner)
        relation = model._meta.get_field(name)
        if not relation.null and not prefix and not isinstance(relation, models.OneToOneRel):
            return text
        return f"({text} if {self._at(inner + plan.model._meta.pk.name)} is not None else None)"

    def _many(self, name: str, plan: Plan | None, model: type[models.Model], prefix: str) -> str:
        variable = f"many{len(self._related)}"
        key = self._at(prefix + key_of(model, name))
        position = self._positions[prefix + key_of(model, name)]
        self._related.append(Related(variable, position, model, name, plan))
        return f"{variable}[{key}]"

    def _at(self, path: str) -> str:
        return f"{{v{self._positions.setdefault(path, len(self._positions))}}}"

    def _named(self, value: Any) -> str:
        name = f"name{len(self._names)}"
        self._names[name] = value
        return name


def _looks_at_values(struct: Any) -> bool:
    """Whether a Struct does something with the values that it is given, beside keeping them."""
    return hasattr(struct, "__post_init__") or struct.__struct_config__.omit_defaults


def relation_named(model: type[models.Model], accessor: str) -> Any:
    """The relation of this accessor, on whichever side it is declared."""
    for field in model._meta.get_fields():
        name = field.get_accessor_name() if isinstance(field, models.ForeignObjectRel) else field.name
        if name == accessor:
            return field
    raise CannotPlan(f"{model.__name__} has no relation {accessor!r}")


def key_of(model: type[models.Model], accessor: str) -> str:
    """The column of ``model`` by which the rows at the other end are found."""
    relation = relation_named(model, accessor)
    if isinstance(relation, models.ManyToOneRel):
        target = relation.field.target_field
        return str(target.attname)
    if isinstance(relation, models.ManyToManyField | models.ManyToManyRel):
        return str(model._meta.pk.attname)
    raise CannotPlan(f"{accessor!r} of {model.__name__} is a relation of its own kind")


def _joined_model(model: type[models.Model], name: str) -> type[models.Model]:
    """The model at the other end of a relation to one, that a query can follow by its accessor."""
    relation = relation_named(model, name)
    found: type[models.Model] | None = relation.related_model
    if found is None:
        raise CannotPlan(f"{name!r} of {model.__name__} leads to rows of any model")
    if relation.name != name:
        raise CannotPlan(f"{name!r} of {model.__name__} has another name in queries")
    if isinstance(relation, models.ForeignKey) and not getattr(relation, "db_constraint", True):
        raise CannotPlan(f"{name!r} of {model.__name__} may point to nothing")
    return found


def _check_model(plan: Plan) -> None:
    if plan.from_model is not None:
        raise CannotPlan(f"{plan.struct.__name__}.from_model wants an instance")
    _check_instances(plan.model)


def _check_instances(model: type[models.Model]) -> None:
    """Refuse a model whose instances may differ from their rows."""
    changed = [name for name in ("__init__", "__getattribute__", "from_db") if _is_overridden(model, name)]
    if changed:
        raise CannotPlan(f"{model.__name__} has its own {changed[0]}")
    if post_init.has_listeners(model):
        raise CannotPlan(f"something listens to post_init of {model.__name__}")


def _is_overridden(model: type[models.Model], name: str) -> bool:
    own, plain = getattr(model, name), getattr(models.Model, name)
    return getattr(own, "__func__", own) is not getattr(plain, "__func__", plain)


def _check_field(field: Any, model: type[models.Model]) -> None:
    """Refuse a column that an instance of the model shows otherwise than the row has it."""
    attribute = next(vars(cls)[field.attname] for cls in model.__mro__ if field.attname in vars(cls))
    if isinstance(field, models.FileField):
        if field.attr_class not in (FieldFile, ImageFieldFile) or type(attribute) not in _FILES:
            raise CannotPlan(f"{field} has files of its own kind")
    elif type(attribute) not in _COLUMNS:
        raise CannotPlan(f"{field} has an attribute of its own kind")


def _url(field: "models.FileField", name: str | None) -> str | None:
    return field.storage.url(name) if name else None
