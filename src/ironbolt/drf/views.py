"""The base classes of viewsets: `BaseViewSetMixin` in front of one's own, `BaseViewSet` ready made."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import MultipleObjectsReturned
from django.db import DEFAULT_DB_ALIAS, DataError, connections
from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import views as drf_views
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from ironbolt.core import context
from ironbolt.core.rows import AmbiguousLookup, checked
from ironbolt.core.scope import Scope
from ironbolt.core.unit import current_unit
from ironbolt.drf.addresses import check_key
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.describing import security  # noqa: F401 - tells drf-spectacular what our tokens are
from ironbolt.drf.filters import DeclaredBackends
from ironbolt.drf.lifecycle import LifecycleMixin, refuse_unasked
from ironbolt.drf.only_where import only_with
from ironbolt.drf.owners import has_own_behind, own_behind
from ironbolt.drf.reading.answering import PlannedResponse
from ironbolt.drf.reading.listing import listed, planned_list
from ironbolt.drf.reading.reader import reader_of
from ironbolt.drf.reading.retrieving import retrieved
from ironbolt.drf.reading.serializers import AppReadOnlyModelSerializer
from ironbolt.drf.serializer_choice import refuse_writers
from ironbolt.drf.serializers import AppModelSerializer

_SHOWING = frozenset({"list", "retrieve", "update", "partial_update"})


class BaseViewSetMixin(BaseViewMixin, LifecycleMixin):
    """One error shape, hooks and a unit of work for a viewset, in front of its class.

    Attributes:
        scope: which rows a caller may see; None for all.
        filter_backends: by default those for what the class declares: ``filterset_fields``, ``filterset_class``,
            ``date_range_fields``, ``search_fields``, ``ordering_fields``, ``ordering``.
    """

    scope: Scope | None = None
    filter_backends: Any = DeclaredBackends()

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> "drf_views.AsView[drf_views.GenericView]":
        """The view function.

        Raises:
            ImproperlyConfigured: its serializer only reads, and has a field that it can't read; or only writes, and
                would show rows; or it has hooks that a method of its own behind ours does without.
        """
        serializer_class: Any = kwargs.get("serializer_class", getattr(cls, "serializer_class", None))
        if isinstance(serializer_class, type) and issubclass(serializer_class, AppReadOnlyModelSerializer):
            reader_of(serializer_class)
        refuse_unasked(cls)
        refuse_writers(cls, args[0] if args else kwargs.get("actions"), kwargs)
        return super().as_view(*args, **kwargs)

    def get_object(self) -> Any:
        """The object that the address names; an address that can't be a key names none."""
        if not has_own_behind(type(self), BaseViewSetMixin, "get_object"):  # which may know other words, such as "me"
            check_key(self)
        found = self._find_object()
        if self._must_lock(found):
            _lock(found)
            found = self._find_object()
        return found

    @only_with(RetrieveModelMixin, "retrieve")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # By a plan where nobody asks for an instance. No docstring: schemas would show it as the author's words.
        own = own_behind(self, BaseViewSetMixin, "retrieve")
        if own is not None:
            return own(request, *args, **kwargs)  # type: ignore[no-any-return]  # a response, as of any action
        found = retrieved(self)
        return super().retrieve(request, *args, **kwargs) if found is None else PlannedResponse(found)

    def _answer_planned(self, handler: Callable[..., Response]) -> Response | None:
        return planned_list(self) if getattr(handler, "__func__", None) is ListModelMixin.list else None

    def _call_handler(self, handler: Callable[..., Response]) -> Response:
        found = listed(self) if getattr(handler, "__func__", None) is ListModelMixin.list else None
        return super()._call_handler(handler) if found is None else found

    def _find_object(self) -> Any:
        try:
            return super().get_object()
        except MultipleObjectsReturned:
            raise AmbiguousLookup from None
        except (OverflowError, DataError):
            raise Http404 from None

    def _must_lock(self, found: Any) -> bool:
        """Whether what is written back may be every column, so that nobody else may write meanwhile."""
        if current_unit() is None or not isinstance(found, Model) or getattr(self, "action", None) == "destroy":
            return False
        if not connections[found._state.db or DEFAULT_DB_ALIAS].features.has_select_for_update:
            return False
        updates = getattr(self, "action", None) in {"update", "partial_update"}
        return not (updates and issubclass(self.get_serializer_class(), AppModelSerializer))

    def get_queryset(self) -> "QuerySet[Any]":
        """The rows of this viewset that the caller may see."""
        queryset = super().get_queryset()
        if not self.scope:
            return queryset
        return self.scope.apply(checked(queryset, self, None), context.current())

    def filter_queryset(self, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Filter, between the hooks, what is of the model that the serializer shows.

        Raises:
            ImproperlyConfigured: it is not, or it is no queryset at all.
        """
        return super().filter_queryset(checked(queryset, self, self._model_shown()))

    def _model_shown(self) -> type[Model] | None:
        """What the rows must be of; None where a custom action may do something else with them."""
        if getattr(self, "action", None) not in _SHOWING:
            return None
        try:
            serializer_class = self.get_serializer_class()
        except AssertionError:  # somebody's own action, which shows its rows without one
            return None
        return getattr(getattr(serializer_class, "Meta", None), "model", None)


def _lock(found: Model) -> None:
    """Wait for whoever writes this row, and let nobody else until the unit ends."""
    rows = type(found)._base_manager.using(found._state.db).select_for_update(of=("self",))
    rows.get(pk=found.pk)


class BaseViewSet(BaseViewSetMixin, ModelViewSet[Any]):
    """A ``ModelViewSet`` with everything of the mixin."""
