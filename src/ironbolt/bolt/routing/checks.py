"""What can be known at start of where a view set's rows come from: a mistake is told before the first request."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Manager, Model, QuerySet

from ironbolt.bolt.views import ViewSet
from ironbolt.core.rows import are_related

_SEARCHED = ("get_queryset", "get_object")

_MENDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "list": (("get_queryset",),),
    "retrieve": (_SEARCHED,),
    "create": (("create_object",),),
    "update": (_SEARCHED, ("update_object",)),
    "partial_update": ((*_SEARCHED, "update"), ("update_object", "update")),
    "destroy": (_SEARCHED, ("delete_object",)),
}
"""Default action → what must be somebody's own where there is no model: of each group one."""


def check_rows(view: type[ViewSet]) -> None:
    """Look at ``queryset`` and ``model`` of a view set.

    Raises:
        ImproperlyConfigured: one is not what its name says, or they are about different models.
    """
    name = view.__name__
    queryset: Any = view.queryset
    model: Any = view.model
    if isinstance(queryset, type) and issubclass(queryset, Model):
        raise ImproperlyConfigured(
            f"{name}.queryset is the model {queryset.__name__}; say {queryset.__name__}.objects.all(), "
            f"or model = {queryset.__name__}."
        )
    if queryset is not None and not isinstance(queryset, QuerySet | Manager):
        raise ImproperlyConfigured(f"{name}.queryset is no queryset but {queryset!r}.")
    if model is not None and not (isinstance(model, type) and issubclass(model, Model)):
        raise ImproperlyConfigured(f"{name}.model is no model but {model!r}.")
    if queryset is not None and model is not None and not are_related(queryset.model, model):
        raise ImproperlyConfigured(
            f"{name}.queryset is one of {queryset.model.__name__}, but its model is {model.__name__}; one must do."
        )


def check_source(view: type[ViewSet], action: str) -> None:
    """See that a default action over no model has somebody's own methods to live on.

    Ironbolt's own writing needs to know before a request which database the unit of work is one of.

    Raises:
        ImproperlyConfigured: it has not, and would fail at each request.
    """
    if view.model_class() is not None:
        return
    for group in _MENDS[action]:
        if not any(_is_own(view, name) for name in group):
            names = " or ".join(f"{name}()" for name in (*group, action))
            nothing = f"{view.__name__} has nothing to {action.replace('_', ' ')}"
            raise ImproperlyConfigured(f"{nothing}: set queryset or model, or override {names}.")


def _is_own(view: type[Any], name: str) -> bool:
    method = getattr(view, name, None)
    return method is not None and not getattr(method, "__module__", "").startswith("ironbolt.bolt.views.")
