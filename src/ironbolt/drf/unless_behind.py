"""Attributes that a class of ours works out, unless a class of a project behind it says what they are."""

from abc import ABC, abstractmethod
from typing import Any

from ironbolt.drf.owners import DOOR


class UnlessBehind(ABC):
    """An attribute of a class of ours; what a project's class behind that one says goes first, even where it is None.

    A property behind is asked for each view. Whoever asks the class gets the property itself, since what it says
    of one request is no news of the next.
    """

    _front: type[Any]
    _name: str
    _kept_as: str

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._front, self._name, self._kept_as = owner, name, f"_ironbolt_behind_{name}"

    def __get__(self, view: Any, owner: type[Any]) -> Any:
        for kind in self._behind(owner):
            if self._name in kind.__dict__:
                own = kind.__dict__[self._name]
                is_asked = view is not None and hasattr(type(own), "__get__")
                return own.__get__(view, owner) if is_asked else own
        return self.worked_out(view, owner)

    def _behind(self, owner: type[Any]) -> tuple[type[Any], ...]:
        """The classes of a project behind ours, found out once."""
        kept: tuple[type[Any], ...] | None = owner.__dict__.get(self._kept_as)
        if kept is None:
            order = owner.__mro__
            behind = order[order.index(self._front) + 1 :]
            kept = tuple(kind for kind in behind if not kind.__module__.startswith(DOOR))
            setattr(owner, self._kept_as, kept)
        return kept

    @abstractmethod
    def worked_out(self, view: Any, owner: type[Any]) -> Any:
        """What it is where nobody says so.

        Args:
            view: who asks; None where the class is asked.
            owner: the class.
        """
