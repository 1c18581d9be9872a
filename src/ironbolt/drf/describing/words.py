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


class WordedSchema(SpectacularSchema):
    """Summaries and descriptions, where ``@extend_schema`` has not said them."""

    def get_description(self) -> str:  # type: ignore[override]  # spectacular's asks for nothing either
        """The docstring of the action, else that of the view's class."""
        handler = self._handler()
        said = "" if _is_ours(handler) and self._action_name() in _SUMMARIES else cleandoc(getdoc(handler) or "")
        return said or self._of_the_class()

    def get_summary(self) -> str | None:
        """What a default action does to the model of its view; for any other, the first line of what is said of it."""
        usual = _SUMMARIES.get(self._action_name())
        model = model_of(self.view) if usual else None
        handler = self._handler()
        if usual and model and _is_ours(handler):
            names = {"one": model._meta.verbose_name, "many": model._meta.verbose_name_plural}
            return usual.format(**names)
        said = "" if usual and _is_ours(handler) else getdoc(handler) or ""
        line = (said or self._of_the_class()).strip().partition("\n")[0]
        return line.removesuffix(".") or None

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


def _is_ours(thing: Any) -> bool:
    """Whether it comes with REST framework or with Ironbolt."""
    return str(getattr(thing, "__module__", "")).startswith(("rest_framework.", "ironbolt.", "django."))
