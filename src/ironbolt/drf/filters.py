"""Filters of this door: django-filter's, and REST framework's search and ordering, that tell what is wrong."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django_filters import filters as django_filters  # type: ignore[import-untyped]  # it has no types
from django_filters.rest_framework import DjangoFilterBackend, FilterSet  # type: ignore[import-untyped]  # as above
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.drainage import set_override
from rest_framework.filters import BaseFilterBackend, OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.settings import api_settings

from ironbolt.core.errors import NON_FIELD_ERRORS, ValidationFailed
from ironbolt.core.filtering import Column, Filters, Search, column_of, date_ranges, reader_for, search_of, words_of
from ironbolt.core.filtering.asked import once
from ironbolt.core.filtering.ordering import decided, refusal, tie_break_of
from ironbolt.core.filtering.searching import MOST_SEARCHED
from ironbolt.drf.names import model_of
from ironbolt.drf.unless_behind import UnlessBehind

Rows = QuerySet[Any]

_MAY_BE_EMPTY = {"required": False, "allowEmptyValue": True}
"""What the schema of the API says of a parameter that a form may send without a value."""


class _ColumnField(forms.Field):
    """Reads the text of a filter by the rules of both doors."""

    def __init__(self, read: Any, **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def clean(self, value: Any) -> Any:
        return self.read(value) if value else super().clean(value or None)


class ColumnFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter has no types
    """A filter over one column: what no row could have is refused, and no row comes twice."""

    field_class = _ColumnField

    def __init__(self, column: Column, where: str, **options: Any) -> None:
        reader = reader_for(column, where)
        super().__init__(column.path, column.lookup, read=reader.read, **options)
        self.column = column
        self.field_class = _ColumnField
        schema = msgspec.json.schema(reader.annotation)
        set_override(self, "field", schema["items"] if reader.listed else schema)

    def filter(self, qs: Rows, value: Any) -> Rows:
        """Narrow the rows to those that a value fits."""
        if value is None:
            return qs
        condition = Q((self.column.condition, value))
        condition = once(qs, condition) if self.column.many else condition
        return qs.exclude(condition) if self.exclude else qs.filter(condition)


class ColumnListFilter(ColumnFilter, django_filters.BaseCSVFilter):  # type: ignore[misc]  # django-filter has no types
    """The same for several values with commas between; the schema of the API tells them by django-filter's class."""


class AppFilterSet(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """django-filter's, whose filters over columns read their values as the Bolt door does.

    Filters that are declared, and kinds of columns with overrides of their own, stay what they are.
    """

    @classmethod
    def filter_for_field(cls, field: Any, field_name: str, lookup_expr: str | None = None) -> Any:
        """The filter for a column."""
        if isinstance(field, tuple(cls._meta.filter_overrides or ())):
            return super().filter_for_field(field, field_name, lookup_expr)
        where = f"{cls.__name__}.{field_name}"
        column = column_of(cls._meta.model, f"{field_name}__{lookup_expr or 'exact'}", where)
        kind = ColumnListFilter if column.lookup in ("in", "range") else ColumnFilter
        return kind(column, where)


class AppFilterBackend(DjangoFilterBackend):  # type: ignore[misc]  # django-filter has no types
    """``filterset_fields`` and ``filterset_class``; a bad value is invalid input, under its own name."""

    filterset_base = AppFilterSet

    def get_filterset_class(self, view: Any, queryset: Rows | None = None) -> Any:
        """That of the view; the one for its ``filterset_fields`` is made once."""
        fields = getattr(view, "filterset_fields", None)
        fixed = fields is not None and fields is getattr(type(view), "filterset_fields", None)
        if not fixed or queryset is None or getattr(view, "filterset_class", None):
            return super().get_filterset_class(view, queryset)
        kind: Any = type(view)
        model: Any = queryset.model
        return _made(self.filterset_base, kind, model)

    def filter_queryset(self, request: Request, queryset: Rows, view: Any) -> Rows:
        """Narrow the rows.

        Raises:
            ValidationFailed: with every value that a filter can't take.
        """
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid() and self.raise_exception:
            found = filterset.errors.as_data().items()
            faults = {name: [text for error in errors for text in error.messages] for name, errors in found}
            raise ValidationFailed({NON_FIELD_ERRORS if name == "__all__" else name: faults[name] for name in faults})
        rows: Rows = filterset.qs
        return rows

    def to_html(self, request: Request, queryset: Rows, view: Any) -> str:
        """The form of the browsable API; none where its template is missing, since django_filters is not installed."""
        return str(super().to_html(request, queryset, view)) if apps.is_installed("django_filters") else ""


class FilterSchema(DjangoFilterExtension):
    """Our filters in the schema of the API, where an empty value is as good as none."""

    target_class = "ironbolt.drf.filters.AppFilterBackend"
    priority = 1

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> Any:
        """The parameters."""
        found = super().get_schema_operation_parameters(auto_schema, *args, **kwargs)  # type: ignore[no-untyped-call]  # spectacular's is untyped
        return [item if item.get("required") else {**item, "allowEmptyValue": True} for item in found]


@cache
def _made(base: Any, view: Any, rows: type[models.Model]) -> Any:
    class Meta(getattr(base, "Meta", object)):  # type: ignore[misc]  # made at run time
        model = rows
        fields = view.filterset_fields

    return type(f"{view.__name__}Filters", (base,), {"Meta": Meta})


class AppSearchFilter(SearchFilter):
    """``search_fields``: every word must be found somewhere, and no row comes twice."""

    def get_search_terms(self, request: Request) -> Any:
        """The words and quoted phrases.

        Raises:
            ValidationFailed: they are too long, or have characters that no column can have.
        """
        try:
            return words_of(request.query_params.get(self.search_param, ""))
        except ValidationError as error:
            raise ValidationFailed({self.search_param: error.messages}) from None

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow the rows to those in which all words are found."""
        names = tuple(str(name) for name in self.get_search_fields(view, request) or ())
        words = self.get_search_terms(request)
        if not names or not words:
            return queryset
        if any(name.startswith("$") for name in names):
            self._check_patterns(words)
            return super().filter_queryset(request, queryset, view)
        search = _search(queryset, names, f"{type(view).__name__}.search_fields")
        return queryset.filter(*(search.condition(queryset, word) for word in words))

    def get_schema_operation_parameters(self, view: Any) -> Any:
        """The parameter, for the schema of the API."""
        (parameter,) = super().get_schema_operation_parameters(view)
        return [{**parameter, "schema": {"type": "string", "maxLength": MOST_SEARCHED}, **_MAY_BE_EMPTY}]

    def _check_patterns(self, words: Sequence[str]) -> None:
        for word in words:
            try:
                re.compile(word)
            except re.error:
                raise ValidationFailed({self.search_param: ["This is no regular expression."]}) from None


def _search(queryset: Rows, names: tuple[str, ...], where: str) -> Search:
    if annotated := queryset.query.annotations:
        return search_of(queryset.model, names, where, annotated)
    model: Any = queryset.model
    return _search_over_columns(model, names, where)


@cache
def _search_over_columns(model: type[models.Model], names: tuple[str, ...], where: str) -> Search:
    return search_of(model, names, where)


class AppOrderingFilter(OrderingFilter):
    """``ordering_fields`` and ``ordering``; an unknown name is invalid input, and the key decides between equals."""

    def get_default_valid_fields(self, queryset: Any, view: Any, context: Any = None) -> Any:
        """Where the view offers nothing to order by, a client can't."""
        return []

    def remove_invalid_fields(self, queryset: Any, fields: Any, view: Any, request: Request) -> Any:
        """The terms, each column once.

        Raises:
            ValidationFailed: one of them names nothing that is offered.
        """
        offered = [str(name) for name, _ in self.get_valid_fields(queryset, view, {"request": request})]
        terms: dict[str, str] = {}
        for term in filter(None, fields) if offered else ():
            name = term.removeprefix("-")
            if name not in offered:
                raise ValidationFailed({self.ordering_param: [refusal(term, offered)]})
            terms.setdefault(name, term)
        return list(terms.values())

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """The rows in the order that the client asks for, else in that of the view."""
        ordering = self.get_ordering(request, queryset, view)
        if not ordering:
            return queryset
        return queryset.order_by(*decided(tuple(ordering), tie_break_of(queryset.model)))

    def get_schema_operation_parameters(self, view: Any) -> Any:
        """The parameter, for the schema of the API; none where nothing is offered."""
        offered = getattr(view, "ordering_fields", None)
        if not offered or offered == "__all__":
            return super().get_schema_operation_parameters(view) if offered else []
        names = [item if isinstance(item, str) else item[0] for item in offered]
        terms = {"type": "string", "enum": [sign + name for name in names for sign in ("", "-")]}
        about = "What to order by, the largest first after a minus."
        parameter = {"name": self.ordering_param, "in": "query", "description": about, **_MAY_BE_EMPTY}
        return [{**parameter, "schema": {"type": "array", "items": terms}, "style": "form", "explode": False}]


class DateRangeFilter(BaseFilterBackend):
    """``date_range_fields``: for each column of dates ``NAME_after`` and ``NAME_before``, both days included."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """Narrow the rows.

        Raises:
            ValidationFailed: with every value that is no date.
        """
        filters = _ranges(queryset.model, view)
        return filters.apply(queryset, filters.read(request.query_params))

    def get_schema_operation_parameters(self, view: Any) -> Any:
        """The parameters, for the schema of the API; none where nobody can say what the view is about."""
        model = model_of(view)
        return [
            {
                "name": condition.name,
                "in": "query",
                "description": condition.description,
                **_MAY_BE_EMPTY,
                "schema": msgspec.json.schema(condition.annotation),
            }
            for condition in (_ranges(model, view).conditions if model else ())
        ]


def _ranges(model: Any, view: Any) -> Filters:
    return _ranges_over(model, tuple(getattr(view, "date_range_fields", ())), type(view).__name__)


@cache
def _ranges_over(model: type[models.Model], names: tuple[str, ...], where: str) -> Filters:
    return Filters(tuple(one for name in names for one in date_ranges(model, name, f"{where}.date_range_fields")))


_BACKENDS: Mapping[str, type[Any]] = {
    "filterset_fields": AppFilterBackend,
    "filterset_class": AppFilterBackend,
    "date_range_fields": DateRangeFilter,
    "search_fields": AppSearchFilter,
    "ordering_fields": AppOrderingFilter,
    "ordering": AppOrderingFilter,
}
"""Attribute of a view → what it needs to mean something."""


class DeclaredBackends(UnlessBehind):
    """``filter_backends`` of a class that has none of its own: those that its attributes call for.

    What a class behind ours says, or ``DEFAULT_FILTER_BACKENDS``, goes first.
    """

    def worked_out(self, view: Any, owner: type[Any]) -> Sequence[type[Any]]:
        """The backends."""
        if api_settings.DEFAULT_FILTER_BACKENDS:
            return api_settings.DEFAULT_FILTER_BACKENDS  # type: ignore[return-value]  # names in the settings are classes by now
        asked = owner if view is None else view
        needed = [backend for name, backend in _BACKENDS.items() if getattr(asked, name, None)]
        return tuple(dict.fromkeys(needed))
