"""The rows that were written, as the database has them now."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.query import ModelIterable

from ironbolt.features.bulk.finding import batches


def rows_again(queryset: "QuerySet[Any]", keys: Sequence[Any], using: str) -> list[Any]:
    """Rows with what a queryset joins, prefetches and annotates, whether or not it would have found them."""
    rows = unnarrowed(queryset, using)
    return [row for some in batches(keys, using) for row in rows.filter(pk__in=some)]


def unnarrowed(queryset: "QuerySet[Any]", using: str) -> "QuerySet[Any]":
    """All rows, with what a queryset joins, prefetches and annotates."""
    rows = queryset.using(using)
    if rows.query.combinator or not issubclass(rows._iterable_class, ModelIterable):  # noqa: SLF001 - no other way to tell
        rows = queryset.model._base_manager.using(using).all()
    # What it adds is wanted, not what it leaves out: by a condition, a slice or a join.
    rows.query.clear_where()
    rows.query.clear_limits()
    rows.query.clear_ordering(force=True)
    rows.query.promote_joins(list(rows.query.alias_map))
    return rows
