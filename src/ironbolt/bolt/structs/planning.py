"""From a Struct and a model to a plan: every field is traced to its source, or refused with what there is."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from ironbolt.bolt.structs.computing import Computation, computation_in
from ironbolt.bolt.structs.fields import (
    Unresolved,
    declaration_of,
    fields_of,
    is_struct,
    nested_struct,
    source_in,
    takes,
)
from ironbolt.plans.relations import column_of, is_joined, is_many, names_of, relation_of
from ironbolt.plans.sources import (
    Annotation,
    Attribute,
    Column,
    Computed,
    Filled,
    Keys,
    LeftOut,
    Many,
    One,
    Plan,
    Source,
)

Struct = type[msgspec.Struct]
Field = msgspec.structs.FieldInfo

_LISTS = (list, tuple, set, frozenset, Collection, Sequence, AbstractSet)


@cache
def plan_of(struct: Struct, model: type[models.Model]) -> Plan:
    """Trace every field of ``struct`` to what fills it from a row of ``model``.

    Raises:
        ImproperlyConfigured: a field is nothing that the model has, a nested Struct is about another model,
            or a Struct contains itself without an end.
        Unresolved: a type in quotes is not defined where the Struct stands.
    """
    return _Tracer(struct, model, ()).plan()


class _Tracer:
    """Traces the fields of one Struct; those above it are known, to end where one contains itself."""

    def __init__(self, struct: Struct, model: type[models.Model], above: tuple[Struct, ...]) -> None:
        self.struct = struct
        self.model = model
        self.chain = (*above, struct)
        self.from_model: Callable[[Any], Any] | None = getattr(struct, "from_model", None)
        self.joins: list[str] = []
        self.prefetches: list[str] = []

    def plan(self) -> Plan:
        self._check_struct()
        filled = []
        for field in fields_of(self.struct):
            try:
                found = self._source(field)
            except Unresolved:
                raise
            except ImproperlyConfigured:
                if self.from_model is None:
                    raise
                continue  # it is filled by from_model, and there is nothing to load along for it
            filled.append(Filled(field.name, field.encode_name, found))
        hints = getattr(self.struct, "Meta", None)
        return Plan(
            self.struct,
            self.model,
            tuple(filled),
            self.from_model,
            tuple(dict.fromkeys([*self.joins, *getattr(hints, "select_related", ())])),
            tuple(dict.fromkeys([*self.prefetches, *getattr(hints, "prefetch_related", ())])),
        )

    def _refusal(self, name: str, why: str) -> ImproperlyConfigured:
        return ImproperlyConfigured(f"{self.struct.__name__}.{name}: {why}")

    def _check_struct(self) -> None:
        declared = declaration_of(self.struct)
        if declared and not issubclass(self.model, declared.model._meta.concrete_model or declared.model):
            wanted, got = declared.model.__name__, self.model.__name__
            raise ImproperlyConfigured(f"{self.struct.__name__} is about {wanted}, and was given rows of {got}.")
        if inspect.iscoroutinefunction(self.from_model):
            raise self._refusal("from_model", "it is called for every row, which an async function can't be.")

    def _source(self, field: Field) -> Source:
        if computation := computation_in(field.type):
            return self._computed(field.name, computation)
        named = source_in(field.type)
        *relations, last = (named or field.name).split(".")
        path, model, nullable = self._through(field.name, relations)
        relation = relation_of(model, last)
        nested = nested_struct(field.type)
        if relation is not None and (nested is not None or is_many(relation)):
            return self._related(field, (*path, last), relation, nested)
        source, may_be_null = self._value(field, model, path, last)
        self._check_null(field, nullable=nullable or may_be_null)
        return source

    def _through(self, name: str, relations: list[str]) -> tuple[tuple[str, ...], type[models.Model], bool]:
        """Follow relations to one; what is met at the end may be missing where one of them may."""
        model, nullable, joined = self.model, False, True
        for index, step in enumerate(relations):
            relation = relation_of(model, step)
            if relation is None or relation.related_model is None:
                raise self._refusal(name, f"{model.__name__} has no relation {step!r}. It has: {names_of(model)}.")
            if is_many(relation):
                why = (
                    f"{step!r} of {model.__name__} leads to many; nest a Struct that has the field: {step}: list[...]."
                )
                raise self._refusal(name, why)
            joined = joined and is_joined(relation)
            (self.joins if joined else self.prefetches).append("__".join(relations[: index + 1]))
            nullable = nullable or relation.null
            model = relation.related_model
        return tuple(relations), model, nullable

    def _value(self, field: Field, model: type[models.Model], path: tuple[str, ...], last: str) -> tuple[Source, bool]:
        """What a name stands for that is no nested Struct, and whether it may be null."""
        if (column := column_of(model, last)) is not None:
            may_be_null = column.null and not isinstance(column, models.GeneratedField)
            is_file = isinstance(column, models.FileField)
            return Column((*path, column.attname), is_file), may_be_null or is_file
        relation = relation_of(model, last)
        if relation is not None and relation.related_model is not None:  # the other side of a relation to one
            (self.joins if is_joined(relation) else self.prefetches).append("__".join((*path, last)))
            return Column((*path, last, relation.related_model._meta.pk.attname)), True
        if hasattr(model, last):
            return Attribute((*path, last), self._is_called(field.name, model, last)), False
        if not path and (source_in(field.type) or not field.required):
            if len(self.chain) > 1 and field.required:
                raise self._refusal(field.name, f"{model.__name__} has no {last!r}, and nothing annotates nested rows.")
            return Annotation(last, field), False
        hint = "" if path else f" An annotation of the queryset is named by source({last!r})."
        raise self._refusal(field.name, f"{model.__name__} has no {last!r}. It has: {names_of(model)}.{hint}")

    def _is_called(self, name: str, model: type[models.Model], last: str) -> bool:
        found = getattr(model, last)
        if getattr(found, "alters_data", False):
            raise self._refusal(name, f"{last!r} of {model.__name__} changes data, so nobody reads it.")
        return callable(found)

    def _related(self, field: Field, path: tuple[str, ...], relation: Any, nested: Struct | None) -> Source:
        *before, name = path
        if before:
            raise self._refusal(field.name, f"nest a Struct for {before[0]!r} that has {name!r}.")
        many = is_many(relation)
        if many is not _is_list(field.type):
            how = "many: declare a list" if many else "one at most: declare no list"
            raise self._refusal(field.name, f"{name!r} of {self.model.__name__} leads to {how}.")
        if nested is None:
            self.prefetches.append(name)
            return Keys(name)
        if not many:
            self._check_null(field, nullable=relation.null)
        if relation.related_model is None:
            raise self._refusal(field.name, f"{name!r} leads to rows of any model, which no one Struct can show.")
        if self._ends_here(field, nested):
            return LeftOut()
        plan = _Tracer(nested, relation.related_model, self.chain).plan()
        joined = not many and is_joined(relation)
        # What lies behind a relation to many can't be joined, only fetched along.
        target = self.joins if joined else self.prefetches
        target.extend([name, *(f"{name}__{inner}" for inner in plan.joins)])
        self.prefetches.extend(f"{name}__{inner}" for inner in plan.prefetches)
        return Many(name, plan) if many else One(name, plan, joined)

    def _ends_here(self, field: Field, nested: Struct) -> bool:
        """Whether a Struct that contains itself has done so as often as it wants to."""
        if nested not in self.chain:
            return False
        name = nested.__name__
        depth = getattr(getattr(nested, "Meta", None), "depth", None)
        if depth is None:
            raise self._refusal(
                field.name, f"{name} contains itself without an end; say how many levels of it in Meta: depth = 1."
            )
        if self.chain.count(nested) <= depth:
            return False
        if not takes(field.type, msgspec.UnsetType):
            raise self._refusal(
                field.name,
                f'below {depth} levels of {name} this is left out, so it must be optional: "... | UnsetType" = UNSET.',
            )
        return True

    def _check_null(self, field: Field, *, nullable: bool) -> None:
        """A declared Struct promises nothing that a column or a relation can't keep."""
        if nullable and declaration_of(self.struct) and self.from_model is None and not takes(field.type, type(None)):
            raise self._refusal(field.name, "the model may have nothing there; add None to its type: ... | None.")

    def _computed(self, name: str, computation: Computation) -> Computed:
        return Computed(computation.function, tuple(self._inputs(name, computation)))

    def _inputs(self, name: str, computation: Computation) -> Iterator[Column]:
        for dotted in computation.inputs:
            *relations, last = dotted.split(".")
            path, model, _ = self._through(name, relations)
            column = column_of(model, last)
            if column is None:
                raise self._refusal(
                    name, f"it is computed of {dotted!r}, which is no column. {model.__name__} has: {names_of(model)}."
                )
            yield Column((*path, column.attname), isinstance(column, models.FileField))


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in _LISTS or annotation in _LISTS:
        return True
    if annotation is Any:
        return True
    members = get_args(annotation) if get_origin(annotation) is not dict else ()
    return any(_is_list(member) for member in members if not is_struct(member))
