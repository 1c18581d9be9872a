"""What a client may narrow, search and order a list by, once for both doors: worked out at start, bound per request."""

from ironbolt.core.filtering.asked import Asked, Condition, Filters, FilterShape
from ironbolt.core.filtering.columns import Column, column_of
from ironbolt.core.filtering.days import date_ranges
from ironbolt.core.filtering.ordering import ORDERING, Ordering, ordering_of
from ironbolt.core.filtering.searching import MOST_SEARCHED, SEARCH, Search, search_of, words_of
from ironbolt.core.filtering.values import MOST_LISTED, ValueReader, reader_for

__all__ = [
    "MOST_LISTED",
    "MOST_SEARCHED",
    "ORDERING",
    "SEARCH",
    "Asked",
    "Column",
    "Condition",
    "FilterShape",
    "Filters",
    "Ordering",
    "Search",
    "ValueReader",
    "column_of",
    "date_ranges",
    "ordering_of",
    "reader_for",
    "search_of",
    "words_of",
]
