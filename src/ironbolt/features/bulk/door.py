"""What a bulk write asks of the door that it came through."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from django.db.models import Model, QuerySet

from ironbolt.features.bulk.items import Draft, Item

Kind = Literal["create", "update", "destroy"]


class Door(Protocol):
    """A view, as its door has it read forms, find rows, write single ones and show them.

    What is raised about one item becomes its fault, unless it is the server's.
    """

    @property
    def model(self) -> type[Model]:
        """The model of the rows."""

    @property
    def using(self) -> str:
        """The alias of the database that is written to."""

    @property
    def names(self) -> Mapping[str, str]:
        """Field of the model → the name that clients know it by."""

    @property
    def safe(self) -> bool | None:
        """Whether texts of the database are kept back; None for what the settings say."""

    @property
    def key_name(self) -> str:
        """The name by which an item of an update says which row it is about."""

    @property
    def key_field(self) -> Any:
        """The field of the model that it is compared with."""

    def key_of(self, item: Item) -> Any:
        """The key that an item of an update names, ``MISSING_KEY`` for none; it is no field of the form.

        Raises:
            ValidationFailed: the item is no object.
        """

    def fill(self, items: Sequence[Item]) -> None:
        """Read what was sent into ``form`` and ``values``, faults into ``problem``."""

    def rows(self) -> "QuerySet[Any]":
        """The rows that this caller may find."""

    def finds_itself(self) -> bool:
        """Whether the view has a way of its own to find an object, which has to be asked for each."""

    def find(self, key: Any) -> Any:
        """One row in that way."""

    def admit(self, instance: Any) -> None:
        """Raise what forbids this caller to write this row."""

    def needs_rows(self, kind: Kind) -> bool:
        """Whether hooks or methods of the view want each row to be written by itself."""

    def draft(self, item: Item) -> Draft:
        """An item as a row to be written together with others."""

    def write(self, kind: Kind, item: Item) -> Any:
        """Write one item as a request of its own would, hooks included; gives the row."""

    def settle(self, kind: Kind, item: Item) -> None:
        """What is left to do for an item that was written with others: the hooks after the commit."""

    def show_unsaved(self, item: Item) -> Any:
        """What clients see of an item for which the view has not saved a row of this model."""

    def show(self, keys: Sequence[Any]) -> Mapping[Any, Any]:
        """Primary key → the row as clients see it."""


class _Missing:
    """Nothing was sent."""


MISSING_KEY = _Missing()
