"""How code deep inside an action ends it early with an answer, and keeps the work."""

from typing import Any


class Handled(Exception):
    """What ``view.handled(response)`` raises; the door answers it inside the unit of work, which is then committed.

    Attributes:
        answer: what the action answers. A status of 400 or above undoes the work all the same.
    """

    def __init__(self, answer: Any) -> None:
        super().__init__("The action has been answered.")
        self.answer = answer
