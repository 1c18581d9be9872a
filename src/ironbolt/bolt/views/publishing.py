"""Publishing through this door: ``{id}/publish``, ``{id}/unpublish`` and ``published``."""

from collections.abc import Sequence
from typing import Any, ClassVar

from ironbolt.bolt.guards import Guard
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.reading import row_reader
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.featured import Facts, actor_of, feature_action
from ironbolt.bolt.views.hooks import rows_of
from ironbolt.bolt.views.model import ModelViewSet
from ironbolt.core import lifecycle
from ironbolt.core.threads import finished, reaches_database
from ironbolt.features.publishing.publishing import publish, published, require_publishable, unpublish

_CHANGE = Facts(writes=True, guards="publish_guards")


class PublishableMixin(ViewSet):
    """Publishes rows and takes them back. Doing so again changes nothing, and is no error.

    Attributes:
        publish_guards: who may, beside what the class asks; by default nobody else is needed.
    """

    publish_guards: ClassVar[Sequence[Guard]] = ()

    @feature_action(methods=["POST"], detail=True, facts=_CHANGE)
    @reaches_database
    def publish(self, request: Request, **lookup: Any) -> Any:
        """Publish one; who did it first, and when, is recorded."""
        found = finished(self.get_object(**lookup))
        by = actor_of(self)
        lifecycle.perform(self, "publish", found, lambda: publish(found, by=by))
        model: Any = type(found)
        return row_reader(self.get_serializer_class("retrieve"), model).read(found)

    @feature_action(methods=["POST"], detail=True, facts=_CHANGE)
    @reaches_database
    def unpublish(self, request: Request, **lookup: Any) -> Any:
        """Take one back."""
        found = finished(self.get_object(**lookup))
        lifecycle.perform(self, "unpublish", found, lambda: unpublish(found))
        model: Any = type(found)
        return row_reader(self.get_serializer_class("retrieve"), model).read(found)

    @feature_action(methods=["GET"], detail=False, facts=Facts(answers="list"))
    @reaches_database
    def published(self, request: Request) -> Any:
        """List what is published."""
        return finished(self.paginate_queryset(published(rows_of(self, self.filter_queryset))))

    def before_perform_publish(self, instance: Any) -> Any:
        """Called before an object is published."""

    def after_perform_publish(self, instance: Any) -> Any:
        """Called after it was published, in the same transaction."""

    def after_commit_publish(self, instance: Any) -> Any:
        """Called once everybody sees it."""

    def before_perform_unpublish(self, instance: Any) -> Any:
        """Called before an object is taken back."""

    def after_perform_unpublish(self, instance: Any) -> Any:
        """Called after it was taken back, in the same transaction."""

    def after_commit_unpublish(self, instance: Any) -> Any:
        """Called once nobody sees it any more."""

    @classmethod
    def check_features(cls) -> None:
        """Refuse a model without the column.

        Raises:
            ImproperlyConfigured: it has not got it.
        """
        super().check_features()
        if model := cls.model_class():
            require_publishable(model, cls.__name__)


class PublishableViewSet(PublishableMixin, ModelViewSet):
    """A ``ModelViewSet`` whose rows are published."""
