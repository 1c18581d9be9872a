"""The viewsets that write many objects in one request."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt.drf.bulk.actions import has_own_terms, has_single, is_ours, only_for_many, refuse_passed_over
from ironbolt.drf.bulk.door import BulkDoor
from ironbolt.drf.names import model_of
from ironbolt.drf.only_where import only_in_front_of
from ironbolt.drf.owners import has_own_behind
from ironbolt.drf.views import BaseViewSet, BaseViewSetMixin
from ironbolt.features.bulk import Kind, keys_in, listed, mode_of, most_of, write
from ironbolt.features.bulk.acting import acting_as
from ironbolt.features.bulk.payload import MODE

if TYPE_CHECKING:
    _ViewSet = BaseViewSet
else:
    _ViewSet = BaseViewSetMixin  # so that it goes before that, in whatever order a class names its bases

_CHANGES = {"put": "update", "patch": "partial_update"}
"""Method → the single action of which ``bulk_update`` does many under it."""


class BulkOperationMixin(_ViewSet):
    """Many objects in one request, in front of a ``BaseViewSet``; all of it is one unit of work.

    ``POST …/bulk_create/`` and ``PATCH …/bulk_update/`` take an array of objects, ``DELETE …/bulk_delete/`` takes
    ``{"ids": […]}``. The collection itself takes arrays as well: POST creates, PUT and PATCH change. An item of an
    update names its object by the ``lookup_field``. Say ``bulk_delete = None`` to do without one of them.

    What may be done in bulk is what may be done singly: a bulk action is there where its single action is, permissions
    are asked for both actions and for each object, the serializer and hooks are those of ``create``, ``update``,
    ``partial_update`` and ``destroy``. These themselves are not called: a class that names this one among its bases and
    has one of its own does not start.

    Attributes:
        max_bulk_size: the most items of one request; None for what the settings say.
        bulk_partial: whether items may fail one by one where the client does not say so by ``?partial=``.
    """

    max_bulk_size: int | None = None
    bulk_partial: bool = False

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """The view function; that of the collection also has PUT and PATCH, for arrays.

        Raises:
            ImproperlyConfigured: a bulk action would pass over a ``create``, ``update`` or ``destroy`` of one's own.
        """
        refuse_passed_over(cls)
        many = getattr(cls, "bulk_update", None)
        if actions and actions.get("post") == "create" and many is not None and not has_own_terms(many):
            actions = {
                **{method: "bulk_update" for method, single in _CHANGES.items() if has_single(cls, single)},
                **actions,
            }
        return super().as_view(actions, **initkwargs)

    @classmethod
    def get_extra_actions(cls) -> Any:
        """Those of the class; ours of a PATCH has an address of its own where there is a ``partial_update``."""
        found = super().get_extra_actions()
        if has_single(cls, "partial_update") or not is_ours(cls, "bulk_update"):
            return found
        return [one for one in found if one.__name__ != "bulk_update"]

    def check_permissions(self, request: Request) -> None:
        """Whether the caller may do it in bulk, and whether singly."""
        super().check_permissions(request)
        single = self._single()
        if single and single != self._asked_for(request):
            with acting_as(self, single):
                super().check_permissions(request)

    def get_object(self) -> Any:
        """The object that the address names.

        Raises:
            Http404: there is none, or this is the collection, whose PUT has REST framework's OPTIONS ask for one.
        """
        is_collection = (self.lookup_url_kwarg or self.lookup_field) not in self.kwargs
        if is_collection and not has_own_behind(type(self), BulkOperationMixin, "get_object"):
            raise Http404
        return super().get_object()

    @only_in_front_of("create")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One object, or an array of them."""
        many: Any = getattr(self, "bulk_create", None) if isinstance(request.data, list) else None
        if many is None or has_own_terms(many):
            return super().create(request, *args, **kwargs)
        with acting_as(self, "bulk_create"):
            self.check_permissions(request)
            answer: Response = many(request, *args, **kwargs)
            return answer

    @only_for_many("bulk_create")
    @action(detail=False, methods=["post"])
    def bulk_create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create many."""
        return self._write_many("create", request)

    @only_for_many("bulk_update")
    @action(detail=False, methods=["patch"])
    def bulk_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change many."""
        return self._write_many("update", request)

    @only_for_many("bulk_delete")
    @action(detail=False, methods=["delete"])
    def bulk_delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete many."""
        return self._write_many("destroy", request)

    def _write_many(self, kind: Kind, request: Request) -> Response:
        single = _CHANGES.get(str(request.method).lower(), kind) if kind == "update" else kind
        if not has_single(self, single):
            self.http_method_not_allowed(request)
        partial = mode_of(self, request.query_params.get(MODE))
        most = most_of(self)
        items = keys_in(request.data, most) if kind == "destroy" else listed(request.data, most)
        model = model_of(self)
        if model is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} writes in bulk, and nobody has said rows of which model."
            )
        with acting_as(self, single):
            answer = write(BulkDoor(self, model), kind, items, partial=partial)
        return Response(answer.body, answer.status)

    def _single(self) -> str | None:
        """The action of which the present one does many."""
        if self.action == "bulk_update":
            return _CHANGES.get(str(self.request.method).lower(), "partial_update")
        return {"bulk_create": "create", "bulk_delete": "destroy"}.get(self.action)

    def _asked_for(self, request: Request) -> str | None:
        """The action that the address has under this method."""
        named: str | None = self.action_map.get(str(request.method).lower())
        return named


class BulkOperationViewSet(BulkOperationMixin, BaseViewSet):
    """A ``BaseViewSet`` with bulk writes."""
