"""Searching: every word must be found somewhere in the columns that are searched."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from ironbolt.core.errors import Details
from ironbolt.core.filtering.columns import Annotations, Column, column_of
from ironbolt.core.validation import TOO_LONG, check_characters

SEARCH = "search"
"""The parameter that is searched for."""

MOST_SEARCHED = 200
"""The most characters of a search: each word of it is looked for in every column."""

PREFIXES = {"^": "istartswith", "=": "iexact", "@": "search"}
"""What stands before the name of a column → how words are looked for in it; without one they may stand anywhere."""

_PHRASES = re.compile(r'"([^"]*)"|\'([^\']*)\'(?=[\s,]|$)|[^\s,"]+')
"""A phrase in quotes, or a word; an apostrophe inside a word is no quote."""


class Search(msgspec.Struct, frozen=True):
    """Where words are looked for.

    Attributes:
        columns: lookups of columns of which a row has one.
        related: lookups of columns behind relations to many.
    """

    columns: tuple[str, ...]
    related: tuple[str, ...] = ()

    def read(self, text: str, faults: Details) -> tuple[str, ...]:
        """The words of a search; what is wrong with it goes to the faults."""
        if not text:
            return ()
        try:
            return words_of(text)
        except ValidationError as error:
            faults[SEARCH] = error.messages
            return ()

    def condition(self, queryset: "QuerySet[Any]", word: str) -> Q:
        """That a word is found somewhere."""
        found = _any_of(self.columns, word)
        if self.related:
            rows = queryset.model._base_manager.filter(_any_of(self.related, word), pk=OuterRef("pk"))
            found |= Q(Exists(rows))
        return found


def words_of(text: str) -> tuple[str, ...]:
    """The words and quoted phrases of a search, none of them twice.

    Raises:
        ValidationError: it is too long, or has characters that no column can have.
    """
    check_characters(text)
    if len(text) > MOST_SEARCHED:
        raise ValidationError(TOO_LONG.format(limit=MOST_SEARCHED))
    found = (
        next((group for group in match.groups() if group is not None), match[0]) for match in _PHRASES.finditer(text)
    )
    return tuple(dict.fromkeys(word for item in found if (word := item.strip())))


def search_of(
    model: type[models.Model], names: Iterable[str], where: str, annotated: Annotations | None = None
) -> Search:
    """The search over some columns, such as ``("title", "^isbn", "author__name")``.

    Raises:
        ImproperlyConfigured: there is no such column, or it can't be searched.
    """
    columns: dict[bool, list[str]] = {False: [], True: []}
    for name in names:
        found = _column(model, name, where, annotated)
        columns[found.many].append(found.condition)
    return Search(tuple(columns[False]), tuple(columns[True]))


def _column(model: type[models.Model], name: str, where: str, annotated: Annotations | None) -> Column:
    if name.startswith("$"):
        raise ImproperlyConfigured(
            f"{where}: {name!r} would take a client's regular expression, which can keep the database busy for ever; "
            f"search {name[1:]!r} instead."
        )
    plain = name[1:] if name[:1] in PREFIXES else name
    found = column_of(model, plain, where, annotated)
    if found.relation and found.lookup == "exact":
        raise ImproperlyConfigured(f"{where}: {plain!r} is a relation; name a column behind it, such as {plain}__name.")
    if found.lookup != "exact" and plain.endswith(f"__{found.lookup}"):
        return found
    return column_of(model, f"{plain}__{PREFIXES.get(name[:1], 'icontains')}", where, annotated)


def _any_of(lookups: Iterable[str], word: str) -> Q:
    condition = Q()
    for lookup in lookups:
        condition |= Q((lookup, word))
    return condition
