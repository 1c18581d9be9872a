"""The base classes of viewsets: `BaseViewSetMixin` in front of one's own, `BaseViewSet` ready made."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import IntegerField, Model, QuerySet
from django.http import Http404
from rest_framework.viewsets import ModelViewSet

from ironbolt.core import context
from ironbolt.core.scope import Scope
from ironbolt.core.unit import current_unit
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.lifecycle import LifecycleMixin
from ironbolt.drf.names import model_of
from ironbolt.drf.serializers import AppModelSerializer


class BaseViewSetMixin(BaseViewMixin, LifecycleMixin):
    """One error shape, hooks and a unit of work for a viewset, in front of its class.

    Attributes:
        scope: which rows a caller may see; None for all.
    """

    scope: Scope | None = None

    def get_object(self) -> Any:
        """The object that the address names; an address that can't be a key names none."""
        model = model_of(self)
        name = self.lookup_field
        if model and name in {"pk", model._meta.pk.name}:
            key = str(self.kwargs.get(self.lookup_url_kwarg or name, ""))
            # Python reads more as a number than what we write as one: signs, blanks, other scripts.
            if isinstance(model._meta.pk, IntegerField) and not (key.isascii() and key.isdigit()):
                raise Http404
        found = super().get_object()
        if self._must_lock(found):
            _lock(found)
            found = super().get_object()
        return found

    def _must_lock(self, found: Any) -> bool:
        """Whether what is written back may be every column, so that nobody else may write meanwhile."""
        if current_unit() is None or not isinstance(found, Model) or self.action == "destroy":
            return False
        if not connections[found._state.db or DEFAULT_DB_ALIAS].features.has_select_for_update:
            return False
        updates = self.action in {"update", "partial_update"}
        return not (updates and issubclass(self.get_serializer_class(), AppModelSerializer))

    def get_queryset(self) -> "QuerySet[Any]":
        """The rows of this viewset that the caller may see."""
        queryset = super().get_queryset()
        return self.scope.apply(queryset, context.current()) if self.scope else queryset


def _lock(found: Model) -> None:
    """Wait for whoever writes this row, and let nobody else until the unit ends."""
    rows = type(found)._base_manager.using(found._state.db).select_for_update(of=("self",))
    rows.get(pk=found.pk)


class BaseViewSet(BaseViewSetMixin, ModelViewSet[Any]):
    """A ``ModelViewSet`` with everything of the mixin."""
