"""What the schema of the API says of an operation in words: those of its author, never our own about ourselves."""

from inspect import cleandoc, getdoc
from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from ironbolt.drf.names import model_of

_SUMMARIES = {
    "list": "List {many}",
    "create": "Create {one}",
    "retrieve": "Show {one}",
    "update": "Replace {one}",
    "partial_update": "Change {one}",
    "destroy": "Delete {one}",
}
_REPLACING = "Replace many."
"""What the bulk update says of itself under PUT; under PATCH it changes."""


class WordedSchema(SpectacularSchema):
    """Summaries and descriptions, where ``@extend_schema`` has not said them."""

    def get_description(self) -> str:  # type: ignore[override]  # spectacular's asks for nothing either
        """The docstring of the action, else that of the view's class."""
        return self._said() or self._of_the_class()

    def get_summary(self) -> str | None:
        """The first line of what is said of an action, else what a default one does to the model, else its name."""
        name = self._action_name()
        said, model = self._said(), model_of(self.view)
        if not said and name in _SUMMARIES and model:
            names = {"one": model._meta.verbose_name, "many": model._meta.verbose_name_plural}
            return _SUMMARIES[name].format(**names)
        if not said:
            said = _in_words(name) if getattr(self.view, "action", None) else self._of_the_class()
        return said.strip().partition("\n")[0].removesuffix(".") or None

    def _said(self) -> str:
        """The docstring of the action; of a default one only the author's own, never one that it has inherited."""
        handler = self._handler()
        if handler is None:
            return ""
        if self._action_name() in _SUMMARIES:
            return "" if _is_ours(handler) else cleandoc(handler.__doc__ or "")
        replaces = self._action_name() == "bulk_update" and self.method == "PUT" and _is_ours(handler)
        return _REPLACING if replaces else cleandoc(getdoc(handler) or "")

    def _of_the_class(self) -> str:
        """What the author's classes say, the most derived first."""
        for view_class in type(self.view).__mro__:
            if not _is_ours(view_class) and view_class is not object and view_class.__doc__:
                return cleandoc(view_class.__doc__)
        return ""

    def _action_name(self) -> str:
        return getattr(self.view, "action", None) or self.method.lower()

    def _handler(self) -> Any:
        return getattr(self.view, self._action_name(), None)


def _in_words(name: str) -> str:
    """``mark_as_read`` → ``Mark as read``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _is_ours(thing: Any) -> bool:
    """Whether it comes with REST framework or with Ironbolt."""
    return str(getattr(thing, "__module__", "")).startswith(("rest_framework.", "ironbolt.", "django."))
