"""The default create and update as one statement each: no instance, where nobody would look at it."""

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS, models, router
from django.db.models import QuerySet

from ironbolt.bolt.structs.cleaning import clean, glances_of
from ironbolt.bolt.structs.fields import sources_of
from ironbolt.bolt.structs.inputs import nested_models
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.hooks import overridden_in
from ironbolt.bolt.views.mixins import CreateMixin, UpdateMixin
from ironbolt.core import context
from ironbolt.core.quick_checks import has_changing_choices
from ironbolt.plans.changed_rows import ChangedRows
from ironbolt.plans.new_rows import Entry, NewRows
from ironbolt.plans.own_ways import is_listened_to, why_django_writes, why_not_returned
from ironbolt.plans.querysets import all_rows
from ironbolt.plans.refusal import CannotPlan, NotWritten
from ironbolt.plans.relations import column_of
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.told import Told, check_told

PLANNED_WRITES = ("create", "update", "partial_update")

Form = type[msgspec.Struct]

_AROUND_CREATE = (
    "create_object",
    "before_perform_create",
    "get_create_kwargs",
    "after_perform_create",
    "after_commit_create",
)
_AROUND_UPDATE = (
    "update_object",
    "before_perform_update",
    "get_update_kwargs",
    "after_perform_update",
    "after_commit_update",
)
_TO_FIND = ("get_queryset", "get_object")


def reason_against_writing(view: type[ViewSet], action: str, form: Any, lookup: str) -> str:
    """Why a write needs an instance, nothing where one statement is enough.

    Args:
        view: the view set.
        action: ``create``, ``update`` or ``partial_update``, which is Ironbolt's own.
        form: what the client fills in.
        lookup: what a path names an object by.
    """
    model = view.model_class()
    if model is None:
        return "there is no model"
    if reason := _overridden(view, action) or ("" if _is_form(form) else "the form depends on the request"):
        return reason
    reason = why_django_writes(model) or _why_not_written(form, model)
    if not reason and action != "create":
        reason = _why_not_found(view, lookup)
    return reason or _why_not_told(view, model)


def _overridden(view: type[ViewSet], action: str) -> str:
    own: Any = CreateMixin if action == "create" else UpdateMixin
    names = _AROUND_CREATE if action == "create" else _AROUND_UPDATE
    changed = [name for name in names if getattr(view, name) is not getattr(own, name)]
    if view.get_serializer_class is not ViewSet.get_serializer_class:
        changed.append("get_serializer_class")
    if action != "create":
        changed += [name for name in _TO_FIND if getattr(view, name) is not getattr(ViewSet, name)]
        if not hasattr(view.update, "__ironbolt_default__"):  # type: ignore[attr-defined]  # a view set with updates
            changed.append("update")
        if overridden_in(view).lists:
            return "a hook takes rows"
    return f"{changed[0]} is overridden" if changed else ""


def _is_form(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, msgspec.Struct)


def _why_not_written(form: Form, model: type[models.Model]) -> str:
    if nested_models(form, model):
        return "something nested is written along"
    many = {field.name for field in model._meta.many_to_many}
    for _, source in sources_of(form):
        if source in many:
            return f"{source!r} is written to a table of its own"
        column = column_of(model, source)
        if isinstance(column, models.FileField) or (column is None and hasattr(model, source)):
            return f"{source!r} is no plain column"
    return ""


def _why_not_found(view: type[ViewSet], lookup: str) -> str:
    model: Any = view.model_class()
    field = model._meta.pk if lookup == "pk" else column_of(model, lookup)
    return "" if field is not None and field.unique else f"{lookup!r} may name several rows"


def _why_not_told(view: type[ViewSet], model: type[models.Model]) -> str:
    try:
        check_told(plan_of(_shown_struct(view), model))
    except CannotPlan as refusal:
        return str(refusal)
    return ""


def _shown_struct(view: type[ViewSet]) -> Form:
    asked = view()
    asked.action = "retrieve"
    return asked.get_serializer_class("retrieve")


class PlannedWrite:
    """What a planned create and a planned update share.

    Attributes:
        model: the model of the rows.
        is_new: whether a row is made.
        is_for_the_loop: whether no code of the project has a part in it that might wait for something.
    """

    is_new = False

    def __init__(self, view: type[ViewSet], form: Form) -> None:
        model: Any = view.model_class()
        self.model: type[models.Model] = model
        self._view = view
        self._form = form
        names = (*(_AROUND_CREATE if self.is_new else (*_AROUND_UPDATE, *_TO_FIND)), "get_serializer_class")
        self._untouched = tuple((name, getattr(view, name)) for name in names)
        self._sources = plan_of(_shown_struct(view), model)
        columns = {source: column_of(model, source) for _, source in sources_of(form)}
        self._attributes = {source: column.attname for source, column in columns.items() if column is not None}
        self._is_direct = all(self._attributes.get(source) == source for source in columns)
        self.is_for_the_loop = _is_quick(model, filter(None, columns.values()))
        self._rows: dict[str, Any] = {}

    @property
    def using(self) -> str:
        """The alias of the database to write to, for this request."""
        return router.db_for_write(self.model) if router.routers else DEFAULT_DB_ALIAS

    def may_run(self) -> bool:
        """Whether nobody listens to the model, and the class is as it was, as of now."""
        view = self._view
        for name, own in self._untouched:
            if getattr(view, name) is not own:
                return False
        return not is_listened_to(self.model)

    def told(self, found: Rows) -> Any:
        """The row as clients get it, of what the statement gives back.

        Raises:
            NotWritten: there is no such row.
        """
        if len(found.rows) != 1:
            raise NotWritten
        return found.made(())[0]

    def _values(self, data: msgspec.Struct) -> dict[str, Any]:
        """What is written: attribute → value.

        Raises:
            ValidationFailed: with every field that breaks a rule of the model.
        """
        cleaned = clean(data, self.model)
        if self._is_direct:
            return cleaned
        attributes = self._attributes
        return {attributes[source]: value for source, value in cleaned.items() if source in attributes}

    def _on(self, using: str) -> Any:
        found = self._rows.get(using)
        if found is None:
            found = self._rows[using] = self._made(using)
        if isinstance(found, CannotPlan):
            raise found.again()
        return found

    def _made(self, using: str) -> Any:
        if reason := why_not_returned(using):
            return CannotPlan(reason)
        try:
            return self._rows_of(Told(self._sources, using))
        except CannotPlan as refusal:
            return refusal.again()

    def _rows_of(self, told: Told) -> Any:
        """What writes the rows; each kind of write says it."""
        raise NotImplementedError


class PlannedCreate(PlannedWrite):
    """``POST`` on the collection."""

    is_new = True

    def query(self, arguments: Sequence[Any], using: str) -> tuple[Statement, Params]:
        """The statement that makes the row.

        Raises:
            ValidationFailed: with every field that breaks a rule of the model.
            CannotPlan, TooSlow: the ORM, or a thread, has to do it.
        """
        _, data = arguments
        rows: NewRows = self._on(using)
        return rows.at_a_glance(data) or rows.query(self._values(data))

    def _rows_of(self, told: Told) -> NewRows:
        glances = glances_of(self._form, self.model)
        if glances is None:
            return NewRows(told)
        attributes = self._attributes
        written = (one for one in glances if one[1] in attributes)
        return NewRows(told, {attributes[source]: Entry(name, glance) for name, source, glance in written if glance})


class PlannedUpdate(PlannedWrite):
    """``PUT`` and ``PATCH`` on one object."""

    def __init__(self, view: type[ViewSet], form: Form, lookup: str) -> None:
        super().__init__(view, form)
        self._scope = view.scope
        self._lookup = lookup

    def query(self, arguments: Sequence[Any], using: str) -> tuple[Statement, Params]:
        """The statement that changes the row.

        Raises:
            ValidationFailed: with every field that breaks a rule of the model.
            CannotPlan, TooSlow: the ORM, or a thread, has to do it.
        """
        _, data, key = arguments
        if isinstance(key, str) and "\0" in key:
            raise CannotPlan("databases refuse it, each in its own way")
        seen = () if self._scope is None else self._scope.values(context.current())
        if any(value is None for value in seen):
            raise CannotPlan("the scope has no value")
        rows: ChangedRows = self._on(using)
        return rows.query(self._values(data), (key, *seen))

    def _rows_of(self, told: Told) -> ChangedRows:
        queryset = self._view.queryset
        rows: Any = all_rows(self.model._default_manager) if queryset is None else queryset.all()
        return ChangedRows(rows, self._build, told)

    def _build(self, queryset: "QuerySet[Any]", values: Sequence[Any]) -> "QuerySet[Any]":
        if self._scope is not None:
            queryset = self._scope.narrow(queryset, values[1:])
        return queryset.filter(**{self._lookup: values[0]}).order_by()


def planned_write(view: type[ViewSet], action: str, form: Any, lookup: str) -> "PlannedCreate | PlannedUpdate | None":
    """The plan of a default write, None where an instance is needed."""
    if action not in PLANNED_WRITES or reason_against_writing(view, action, form, lookup):
        return None
    return PlannedCreate(view, form) if action == "create" else PlannedUpdate(view, form, lookup)


def _is_quick(model: type[models.Model], columns: Iterable[Any]) -> bool:
    """Whether all functions that are called for a row are Django's or Python's, which wait for nothing."""
    columns = list(columns)
    if any(has_changing_choices(column) for column in columns):
        return False
    targets = [column.target_field if column.is_relation else column for column in columns]
    called = [validator for column in targets for validator in column.validators]
    called += [field.default for field in model._meta.concrete_fields if callable(field.default)]
    return all(_is_known(function) for function in called)


def _is_known(function: Any) -> bool:
    if isinstance(function, partial):
        return _is_known(function.func)
    limit = getattr(function, "limit_value", None)  # which validators call
    if callable(limit) and not _is_known(limit):
        return False
    module = getattr(function, "__module__", None) or type(function).__module__
    root = module.partition(".")[0]
    return root == "django" or root in sys.stdlib_module_names
