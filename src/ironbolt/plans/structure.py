"""What a query is apart from its values: queries of one structure have the same SQL, with other parameters."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

import msgspec
from django.db.models import F, Field, ForeignObjectRel, Lookup, QuerySet
from django.db.models.expressions import BaseExpression, Col
from django.db.models.lookups import In
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable, Join
from django.db.models.sql.where import NothingNode, WhereNode
from django.utils.datastructures import OrderedSet

from ironbolt.plans.refusal import CannotPlan

Leaves = list[tuple["Lookup[Any]", Any]]
"""Lookups whose right side is a value, each with that value."""

Key = Any
"""Something hashable; types are, but not for those who check them."""

Read = Callable[[Any, Leaves], Key]

MOST_LEAVES, MOST_ITEMS = 32, 1_000
"""How many values a structure may have, and how many of them one list; more would cost more than they save."""

VALUES = frozenset(
    {
        int,
        float,
        Decimal,
        str,
        uuid.UUID,
        datetime.datetime,
        datetime.date,
        datetime.time,
        datetime.timedelta,
    }
)
"""Types of values that may be other ones with every request; true and false have other SQL each."""

_LISTS = (list, tuple, set, frozenset, OrderedSet)

_NEVER = {
    "extra": "it has SQL of its own",
    "extra_tables": "it has SQL of its own",
    "extra_order_by": "it has SQL of its own",
    "combinator": "it is a combination of querysets",
    "combined_queries": "it is a combination of querysets",
    "select_for_update": "it locks its rows",
    "distinct_fields": "it is distinct on some columns",
    "explain_info": "it asks how it would be answered",
    "filter_is_sticky": "it is not finished",
    "_filtered_relations": "it has relations with conditions",
}
"""Attributes of a query that have to be empty, and what it means where they aren't."""

_WORKED_OUT = frozenset({"_annotation_select_cache", "_extra_select_cache", "base_table", "used_aliases"})
"""Attributes of a query that follow from the others, or only matter while it is being made."""

_ATTRIBUTES = frozenset(
    {
        *("model", "alias_refcount", "alias_map", "alias_cols", "external_aliases", "table_map", "_lookup_joins"),
        *("where", "annotations", "select", "group_by", "order_by", "low_mark", "high_mark", "distinct", "_db"),
        *("select_related", "max_depth", "values_select", "selected", "annotation_select_mask", "combinator_all"),
        *("extra_select_mask", "deferred_loading", "default_cols", "default_ordering", "standard_ordering"),
        *("subquery", "contains_subquery", "alias_prefix", "subq_aliases", "select_for_update_nowait"),
        *("select_for_update_skip_locked", "select_for_update_of", "select_for_no_key_update"),
    }
)
"""All other attributes that Django gives a query."""

_OF_EXPRESSIONS = frozenset(
    {
        *("_constructor_args", "contains_aggregate", "contains_over_clause", "contains_column_references"),
        *("contains_subquery", "convert_value", "_output_field_or_none", "allowed_default", "identity"),
    }
)
"""Attributes of an expression that follow from the others, or from what it was before it was resolved."""


class Structure(msgspec.Struct, frozen=True):
    """A query, taken apart.

    Attributes:
        key: the same for queries that have the same SQL.
        leaves: the lookups that have the values.
        values: one for each of them, as its lookup has prepared it.
    """

    key: Key
    leaves: tuple["Lookup[Any]", ...]
    values: tuple[Any, ...]


def structure_of(rows: "QuerySet[Any]") -> Structure:
    """Take the query of some rows apart; nothing of it is compiled.

    Raises:
        CannotPlan: there is something in it of which it is not known on what its SQL depends.
    """
    leaves: Leaves = []
    key = _query(rows.query, leaves)
    return Structure(key, tuple(leaf for leaf, _ in leaves), tuple(value for _, value in leaves))


def _any(value: Any, leaves: Leaves) -> Key:
    return _reader_of(type(value))(value, leaves)


def _query(query: Query, leaves: Leaves) -> Key:
    if type(query) is not Query:
        raise CannotPlan(_unknown(type(query)))
    key: list[Key] = [Query]
    for name, value in query.__dict__.items():
        if name in _ATTRIBUTES:
            key.append(name)
            key.append(value if value is None or value is True or value is False else _any(value, leaves))
        elif name in _NEVER:
            if value:
                raise CannotPlan(_NEVER[name])
        elif name not in _WORKED_OUT and name not in _OF_EXPRESSIONS:
            raise CannotPlan(f"nothing is known of {name!r} in its query")
    return tuple(key)


def _node(node: WhereNode, leaves: Leaves) -> Key:
    children = [_lookup(child, leaves) if isinstance(child, Lookup) else _any(child, leaves) for child in node.children]
    return (node.connector, node.negated, *children)


def _lookup(lookup: "Lookup[Any]", leaves: Leaves) -> Key:
    kind = type(lookup)
    if _reader_of(kind) is not _lookup:
        raise CannotPlan(_unknown(kind))  # one of somebody's own, whatever it does
    key: list[Key] = [kind]
    for name, value in lookup.__dict__.items():
        if name == "lhs":
            key.append(_column(value, leaves) if type(value) is Col else _any(value, leaves))
        elif name == "rhs":
            key.append(_any(value, leaves) if hasattr(value, "as_sql") else _leaf(lookup, value, leaves))
        elif name not in _OF_EXPRESSIONS and value != []:
            key.append((name, _any(value, leaves)))
    return tuple(key)


def _leaf(lookup: "Lookup[Any]", value: Any, leaves: Leaves) -> Key:
    """What is fixed of a value: its type, and of several of them their number."""
    kind = type(value)
    if kind in VALUES:
        return _place(lookup, value, kind, leaves)
    if value is None or kind is bool or isinstance(value, Enum):
        return kind, value
    if kind not in _LISTS:
        raise CannotPlan(f"it compares with a {kind.__name__}")
    if len(value) > MOST_ITEMS:
        raise CannotPlan(f"it compares with more than {MOST_ITEMS} values")
    several = tuple(dict.fromkeys(item for item in value if item is not None) if isinstance(lookup, In) else value)
    kinds = frozenset(map(type, several))
    if not kinds <= VALUES | {bool}:
        raise CannotPlan("it compares with a list of values of their own kind")
    if not several:
        return kind, ()
    return _place(lookup, several, (len(several), kinds, several if bool in kinds else ()), leaves)


def _place(lookup: "Lookup[Any]", value: Any, fixed: Key, leaves: Leaves) -> Key:
    for index, (leaf, _) in enumerate(leaves):
        if leaf is lookup:
            return index, fixed
    if len(leaves) >= MOST_LEAVES:
        raise CannotPlan(f"it has more than {MOST_LEAVES} values")
    leaves.append((lookup, value))
    return fixed


def _column(column: Col, leaves: Leaves) -> Key:
    target, kind = column.target, column.output_field
    return (Col, column.alias, target) if kind is target else (Col, column.alias, target, _any(kind, leaves))


def _state(expression: Any, leaves: Leaves) -> Key:
    """An expression of Django's: its class and everything that an instance has of its own."""
    key: list[Key] = [type(expression)]
    for name, value in expression.__dict__.items():
        if name not in _OF_EXPRESSIONS:
            key.append(name)
            key.append(_any(value, leaves))
    return tuple(key)


def _field(field: Any, leaves: Leaves) -> Key:
    """A column by itself; what has no model by what it was made of, since every request makes another one."""
    if getattr(field, "model", None) is not None:
        return _Same(field)
    if not _is_djangos(type(field)):
        raise CannotPlan(_unknown(type(field)))
    _, path, args, kwargs = field.deconstruct()
    return type(field), path, _any(args, leaves), _any(kwargs, leaves)


class _Same:
    """A thing that is only equal to itself; a key that holds it keeps it alive."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it

    def __hash__(self) -> int:
        return id(self.it)


def _join(join: Join, leaves: Leaves) -> Key:
    if join.filtered_relation is not None:
        raise CannotPlan(_NEVER["_filtered_relations"])
    names = (Join, join.table_name, join.parent_alias, join.table_alias, join.join_type, join.nullable)
    return (*names, _Same(join.join_field))


def _itself(value: Any, _: Leaves) -> Key:
    return type(value), value


def _written(value: Any, _: Leaves) -> Key:
    """A constant by how it is written: 1.0 is 1.00, and one instant another, but not in SQL."""
    return type(value), repr(value)


def _sequence(value: Any, leaves: Leaves) -> Key:
    return (type(value), *[_any(item, leaves) for item in value]) if value else type(value)


def _mapping(value: Any, leaves: Leaves) -> Key:
    return (dict, *[(_any(name, leaves), _any(item, leaves)) for name, item in value.items()]) if value else dict


def _set(value: Any, leaves: Leaves) -> Key:
    return set, frozenset(_any(item, leaves) for item in value)


def _is_djangos(kind: type) -> bool:
    return kind.__module__.startswith("django.")


def _unknown(kind: type) -> str:
    return f"nothing is known of what {kind.__name__} depends on"


_READERS: dict[type, Read] = {
    type(None): _itself,
    bool: _itself,
    int: _itself,
    str: _itself,
    bytes: _itself,
    Query: _query,
    WhereNode: _node,
    NothingNode: lambda _, __: NothingNode,
    Col: _column,
    Join: _join,
    BaseTable: lambda table, _: (BaseTable, table.table_name, table.table_alias),
    list: _sequence,
    tuple: _sequence,
    OrderedSet: _set,
    set: _set,
    frozenset: _set,
    dict: _mapping,
    **dict.fromkeys(VALUES - {int, str}, _written),
}
"""How things of exactly these types are read."""

_READERS_OF_KINDS: tuple[tuple[type, Read, bool], ...] = (
    (type, _itself, False),
    (Enum, _itself, False),
    (Field, _field, False),
    (ForeignObjectRel, lambda relation, _: _Same(relation), False),
    (Lookup, _lookup, True),
    (BaseExpression, _state, True),
    (F, _state, True),
)
"""How other things are read, and whether only Django's own are."""


def _found_reader(kind: Any) -> Read:
    """How things of a type are read.

    Raises:
        CannotPlan: what they mean for the SQL is not known.
    """
    if kind in _READERS:
        return _READERS[kind]
    for base, read, is_djangos in _READERS_OF_KINDS:
        if issubclass(kind, base) and (_is_djangos(kind) or not is_djangos):
            return read
    raise CannotPlan(_unknown(kind))


_reader_of: Callable[[Any], Read] = lru_cache(maxsize=4096)(_found_reader)
"""The same, found once for each type."""
