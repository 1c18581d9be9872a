"""Actions that a feature brings to a view set: what they take and answer is up to the class that inherits them."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from django.apps import apps

from ironbolt.bolt.marking import copy_of
from ironbolt.bolt.views.actions import ActionHandler, Options
from ironbolt.bolt.views.base import ViewSet
from ironbolt.core.users import stored_user

Answers = Literal["retrieve", "list"] | type[msgspec.Struct]
"""What an action answers: an object or a list as the class shows them, or something of its own."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the door has to know of an action that a feature brings.

    Attributes:
        answers: what it answers.
        writes: whether it is one unit of work.
        body: gives what it takes as its body in a class; None where it takes none.
        guards: the attribute of the class that says who may, beside its guards; nothing for its guards alone.
    """

    answers: Answers = "retrieve"
    writes: bool = False
    body: Callable[[type[ViewSet]], Any] | None = None
    guards: str = ""


class FeatureAction(ActionHandler):
    """Such an action, as it stands in a mixin."""

    def __init__(self, fn: Callable[..., Any], methods: Sequence[str], facts: Facts, *, detail: bool) -> None:
        super().__init__(fn, methods, fn.__name__, Options(), detail=detail)
        self.facts = facts

    def copied(self) -> "FeatureAction":
        """Another one that may be marked, where this one is shared by every class."""
        return FeatureAction(copy_of(self.fn), self.methods, self.facts, detail=self.detail)


def feature_action(*, methods: Sequence[str], detail: bool, facts: Facts) -> Callable[[Callable[..., Any]], Any]:
    """Make a method of a mixin an action of every view set that inherits it."""

    def mark(fn: Callable[..., Any]) -> FeatureAction:
        return FeatureAction(fn, methods, facts, detail=detail)

    return mark


def json_object(schema: dict[str, Any]) -> Any:
    """The type of a body that is read as it comes, and described by a JSON schema."""
    return Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=schema)]


def actor_of(view: ViewSet) -> Any:
    """The caller as a row of the users' table, None where it is none; it reads the database."""
    known = view.request.auth is not None and apps.is_installed("django.contrib.auth")
    return stored_user(view.request.user) if known else None
