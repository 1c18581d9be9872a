"""Bulk writes of this door: ``bulk_create``, ``bulk_update``, ``bulk_delete``, and arrays where one object goes."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.marking import copy_of
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import JSON
from ironbolt.bolt.views.actions import WRITE, ActionHandler, Options, default_action
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.bulk_door import BulkDoor
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, UpdateMixin
from ironbolt.bolt.views.model import ModelViewSet
from ironbolt.core.envelope import wrap
from ironbolt.core.threads import reaches_database
from ironbolt.features.bulk import Kind, keys_in, listed, mode_of, most_of, write
from ironbolt.features.bulk.acting import acting_as
from ironbolt.features.bulk.payload import MODE
from ironbolt.features.bulk.running import MULTI_STATUS


class BulkAction(ActionHandler):
    """An action that does many times what a single one does.

    Attributes:
        kind: what it does.
    """

    def __init__(self, fn: Callable[..., Any], methods: Sequence[str], kind: Kind) -> None:
        super().__init__(fn, methods, fn.__name__, Options(), detail=False)
        self.kind = kind

    def copied(self) -> "BulkAction":
        """Another one that may be marked, where this one is shared by every class."""
        return BulkAction(copy_of(self.fn), self.methods, self.kind)


def single_of(kind: Kind, method: str) -> str:
    """The action of which a bulk action under this method does many."""
    if kind == "update":
        return "update" if method == "PUT" else "partial_update"
    return kind


def _bulk_action(method: str, kind: Kind) -> Callable[[Callable[..., Any]], BulkAction]:
    def mark(fn: Callable[..., Any]) -> BulkAction:
        return BulkAction(fn, [method], kind)

    return mark


class BulkOperationMixin(CreateMixin, UpdateMixin, DestroyMixin, ViewSet):
    """Many objects in one request, beside the single actions; all of it is one unit of work.

    ``POST …/bulk_create`` and ``PATCH …/bulk_update`` take an array of objects, ``DELETE …/bulk_delete`` takes
    ``{"ids": […]}``. The collection itself takes arrays as well: POST creates, PUT and PATCH change. An item of an
    update names its object by its key. Say ``bulk_delete = None`` to do without one of them.

    What may be done in bulk is what may be done singly: the guards of both actions are asked, the forms and hooks are
    those of ``create``, ``update``, ``partial_update`` and ``destroy``.

    Attributes:
        max_bulk_size: the most items of one request; None for what the settings say.
        bulk_partial: whether items may fail one by one where the client does not say so by ``?partial=``.
    """

    max_bulk_size: ClassVar[int | None] = None
    bulk_partial: ClassVar[bool] = False

    @default_action(WRITE)
    @reaches_database
    def create(self, request: Request, data: Any) -> Any:
        """Create one, or many."""
        if isinstance(data, list):
            return self._write_many("create", request, data)
        return super().create(request, data)

    @_bulk_action("POST", "create")
    @reaches_database
    def bulk_create(self, request: Request, data: Any) -> Any:
        """Create many."""
        return self._write_many("create", request, data)

    @_bulk_action("PATCH", "update")
    @reaches_database
    def bulk_update(self, request: Request, data: Any) -> Any:
        """Change many."""
        return self._write_many("update", request, data)

    @_bulk_action("DELETE", "destroy")
    @reaches_database
    def bulk_delete(self, request: Request, data: Any) -> Any:
        """Delete many."""
        return self._write_many("destroy", request, data)

    def _write_many(self, kind: Kind, request: Request, data: Any) -> Any:
        partial = mode_of(self, request.query.get(MODE))
        items = keys_in(data, most_of(self)) if kind == "destroy" else listed(data, most_of(self))
        with acting_as(self, single_of(kind, request.method)):
            answer = write(BulkDoor(self), kind, items, partial=partial)
        if answer.status != MULTI_STATUS:
            return answer.body
        enveloped = request.route is not None and request.route.envelope
        return JSON(wrap(answer.body) if enveloped else answer.body, MULTI_STATUS)

    @classmethod
    def check_features(cls) -> None:
        """Refuse a view set over no model.

        Raises:
            ImproperlyConfigured: it is one.
        """
        super().check_features()
        if cls.model_class() is None:
            raise ImproperlyConfigured(f"{cls.__name__} writes rows in bulk, and has none: set queryset or model.")


class BulkOperationViewSet(BulkOperationMixin, ModelViewSet):
    """A ``ModelViewSet`` with bulk writes."""
