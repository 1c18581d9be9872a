"""View sets over the rows of a model."""

from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.mixins import CreateMixin, DestroyMixin, ListMixin, RetrieveMixin, UpdateMixin


class ReadOnlyModelViewSet(ListMixin, RetrieveMixin, ViewSet):
    """List and retrieve the rows of a model."""


class ModelViewSet(CreateMixin, UpdateMixin, DestroyMixin, ReadOnlyModelViewSet):
    """List, retrieve, create, update and delete the rows of a model."""
