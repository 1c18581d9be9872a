"""Where every field of a Struct comes from: immutable records, that a reader or a query can be made of."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.db.models import Model


class Column(msgspec.Struct, frozen=True):
    """A column of the row, or of a row that is reached through relations to one.

    Attributes:
        path: the accessors of the relations, and last the ``attname`` of the column.
        is_file: whether it holds a file, of which a client gets the address.
    """

    path: tuple[str, ...]
    is_file: bool = False


class Attribute(msgspec.Struct, frozen=True):
    """A property or the like, for which an instance of the model is needed.

    Attributes:
        path: the accessors of the relations, and last the name of the attribute.
        is_called: whether it is a method without arguments, such as ``get_status_display``.
    """

    path: tuple[str, ...]
    is_called: bool = False


class Annotation(msgspec.Struct, frozen=True):
    """Something that the queryset adds to its rows, which only shows when it runs.

    Attributes:
        name: what the queryset calls it.
        field: the field, whose default stands for it where the queryset has none.
    """

    name: str
    field: msgspec.structs.FieldInfo


class Computed(msgspec.Struct, frozen=True):
    """The result of a function of columns and annotations.

    Attributes:
        function: called with the inputs, in their order.
        inputs: what it needs.
        is_remembered: whether it makes the same of the same stored value at any time, and few values are stored.
    """

    function: Callable[..., Any]
    inputs: tuple[Column | Annotation, ...]
    is_remembered: bool = False


class Keys(msgspec.Struct, frozen=True):
    """The primary keys at the other end of a relation to many, as a list.

    Attributes:
        name: the accessor of the relation.
    """

    name: str


class One(msgspec.Struct, frozen=True):
    """The row at the other end of a relation to one, as a Struct; None where there is none.

    Attributes:
        name: the accessor of the relation.
        plan: how that row is read.
        joined: whether one query can bring both rows.
    """

    name: str
    plan: "Plan"
    joined: bool


class Many(msgspec.Struct, frozen=True):
    """The rows at the other end of a relation to many, as a list of Structs.

    Attributes:
        name: the accessor of the relation.
        plan: how those rows are read.
    """

    name: str
    plan: "Plan"


class LeftOut(msgspec.Struct, frozen=True):
    """Nothing: a Struct that contains itself ends here."""


Source = Column | Attribute | Annotation | Computed | Keys | One | Many | LeftOut


class Filled(msgspec.Struct, frozen=True):
    """A field of a Struct and what fills it.

    Attributes:
        name: the name of the field in Python.
        encode_name: the name that clients know.
        source: where its value comes from.
    """

    name: str
    encode_name: str
    source: Source


class Plan(msgspec.Struct, frozen=True):
    """How rows of a model are read into a Struct.

    Attributes:
        struct: what is made: a Struct, or whatever else is made of the values of the fields, in their order.
        model: what it is made of.
        fields: every field and its source, in the order of the Struct; with ``from_model`` only those known.
        from_model: the Struct's own way to read a row, which needs an instance of the model.
        joins: relations for ``select_related``.
        prefetches: relations for ``prefetch_related``.
    """

    struct: Callable[..., Any]
    model: type[Model]
    fields: tuple[Filled, ...]
    from_model: Callable[[Any], Any] | None
    joins: tuple[str, ...]
    prefetches: tuple[str, ...]

    def annotations(self) -> frozenset[str]:
        """What the queryset has to add to its rows."""
        sources = (filled.source for filled in self.fields)
        return frozenset(one.name for one in sources if isinstance(one, Annotation) and one.field.required)
