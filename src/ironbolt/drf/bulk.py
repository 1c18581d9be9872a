"""Bulk writes of this door: ``bulk_create``, ``bulk_update``, ``bulk_delete``, and arrays where one object goes."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.http import Http404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListSerializer as PlainListSerializer

from ironbolt.drf.bulk_door import BulkDoor, acting_as
from ironbolt.drf.bulk_serializers import BulkListSerializer, ListSerializer
from ironbolt.drf.names import model_of
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from ironbolt.features.bulk import Kind, keys_in, listed, mode_of, most_of, write
from ironbolt.features.bulk.payload import MODE

if TYPE_CHECKING:
    _ViewSet = BaseViewSet
else:
    _ViewSet = BaseViewSetMixin  # so that it goes before that, in whatever order a class names its bases

__all__ = ["BulkListSerializer", "BulkOperationMixin", "BulkOperationViewSet", "ListSerializer"]


class BulkOperationMixin(_ViewSet):
    """Many objects in one request, in front of a ``BaseViewSet``; all of it is one unit of work.

    ``POST …/bulk_create/`` and ``PATCH …/bulk_update/`` take an array of objects, ``DELETE …/bulk_delete/`` takes
    ``{"ids": […]}``. The collection itself takes arrays as well: POST creates, PUT and PATCH change. An item of an
    update names its object by the ``lookup_field``. Say ``bulk_delete = None`` to do without one of them.

    What may be done in bulk is what may be done singly: permissions are asked for both actions and for each object,
    the serializer and hooks are those of ``create``, ``update``, ``partial_update`` and ``destroy``.

    Attributes:
        max_bulk_size: the most items of one request; None for what the settings say.
        bulk_partial: whether items may fail one by one where the client does not say so by ``?partial=``.
    """

    max_bulk_size: int | None = None
    bulk_partial: bool = False

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """The view function; that of the collection also has PUT and PATCH, for arrays."""
        if actions and actions.get("post") == "create" and getattr(cls, "bulk_update", None) is not None:
            actions = {"put": "bulk_update", "patch": "bulk_update", **actions}
        return super().as_view(actions, **initkwargs)

    def check_permissions(self, request: Request) -> None:
        """Whether the caller may do it in bulk, and whether singly."""
        super().check_permissions(request)
        if single := self._single():
            with acting_as(self, single):
                super().check_permissions(request)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The serializer; for data that is an array, one of many objects."""
        data, instance = kwargs.get("data"), args[0] if args else kwargs.get("instance")
        if not isinstance(data, list) or isinstance(instance, Model) or "many" in kwargs:
            return super().get_serializer(*args, **kwargs)
        partial = kwargs.get("partial", False)
        child = super().get_serializer(partial=partial)
        declared = getattr(getattr(type(child), "Meta", None), "list_serializer_class", PlainListSerializer)
        kind = declared if issubclass(declared, BulkListSerializer) else BulkListSerializer
        return kind(instance, data=data, child=child, partial=partial, context=self.get_serializer_context())

    def get_object(self) -> Any:
        """The object that the address names.

        Raises:
            Http404: there is none, or this is the collection, whose PUT has REST framework's OPTIONS ask for one.
        """
        if (self.lookup_url_kwarg or self.lookup_field) not in self.kwargs:
            raise Http404
        return super().get_object()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One object, or an array of them."""
        if isinstance(request.data, list):
            return self._write_many("create", request)
        return super().create(request, *args, **kwargs)

    @action(detail=False, methods=["post"])
    def bulk_create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create many."""
        return self._write_many("create", request)

    @action(detail=False, methods=["patch"])
    def bulk_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change many."""
        return self._write_many("update", request)

    @action(detail=False, methods=["delete"])
    def bulk_delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete many."""
        return self._write_many("destroy", request)

    def _write_many(self, kind: Kind, request: Request) -> Response:
        partial = mode_of(self, request.query_params.get(MODE))
        most = most_of(self)
        items = keys_in(request.data, most) if kind == "destroy" else listed(request.data, most)
        model = model_of(self)
        if model is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} writes in bulk, and nobody has said rows of which model."
            )
        with acting_as(self, self._single() or self.action):
            answer = write(BulkDoor(self, model), kind, items, partial=partial)
        return Response(answer.body, answer.status)

    def _single(self) -> str | None:
        """The action of which the present one does many."""
        if self.action == "bulk_update":
            return "update" if self.request.method == "PUT" else "partial_update"
        return {"bulk_create": "create", "bulk_delete": "destroy"}.get(self.action)


class BulkOperationViewSet(BulkOperationMixin, BaseViewSet):
    """A ``BaseViewSet`` with bulk writes."""
