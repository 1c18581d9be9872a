"""Ratings through this door: ``{id}/rate``."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from ironbolt.bolt.exceptions import Forbidden
from ironbolt.bolt.guards import Guard, IsAuthenticated
from ironbolt.bolt.request import Request
from ironbolt.bolt.views.base import ViewSet
from ironbolt.bolt.views.featured import Facts, actor_of, feature_action, json_object
from ironbolt.bolt.views.model import ModelViewSet
from ironbolt.core import lifecycle
from ironbolt.core.threads import finished, reaches_database
from ironbolt.features.ratings.installed import require_installed
from ironbolt.features.ratings.rules import NO_USER, Given, Rated, RatingRule, rule_of

Number = int | float | str | Decimal


def _rating_of(view: Any) -> Any:
    return json_object(view._rating_rule.schema())  # noqa: SLF001 - that of the class below


class RatableMixin(ViewSet):
    """``rate``: one rating of each user, a second one in the place of the first; average and count are kept.

    Attributes:
        rate_guards: who may, beside what the class asks; whoever is logged in.
        rating_min: the lowest rating.
        rating_max: the highest.
        rating_step: what lies between two ratings, counted from the lowest; None for anything.
        rating_decimal_places: how many they may have, 4 at most.
        rating_comment_length: the most characters of a comment.
    """

    rate_guards: ClassVar[Sequence[Guard]] = (IsAuthenticated(),)
    rating_min: ClassVar[Number] = 1
    rating_max: ClassVar[Number] = 5
    rating_step: ClassVar[Number | None] = None
    rating_decimal_places: ClassVar[int] = 2
    rating_comment_length: ClassVar[int] = 2_000

    _rating_rule: ClassVar[RatingRule] = RatingRule()

    def __init_subclass__(cls, **more: Any) -> None:
        """Work out what ratings may be.

        Raises:
            ImproperlyConfigured: none could.
        """
        super().__init_subclass__(**more)
        cls._rating_rule = rule_of(cls)

    @feature_action(
        methods=["POST"], detail=True, facts=Facts(answers=Rated, writes=True, body=_rating_of, guards="rate_guards")
    )
    @reaches_database
    def rate(self, request: Request, data: dict[str, Any], **lookup: Any) -> Rated:
        """Rate one, or change one's mind."""
        # Late, since its table is there only where its app is installed.
        from ironbolt.features.ratings.store import rate

        found = finished(self.get_object(**lookup))
        given: Given = self._rating_rule.read(data)
        user = actor_of(self)
        if user is None:
            raise Forbidden(NO_USER)
        return lifecycle.perform(self, "rate", found, lambda: rate(found, user, given), given)

    def before_perform_rate(self, instance: Any, given: Given) -> Any:
        """Called before somebody's rating of an object is stored."""

    def after_perform_rate(self, instance: Any, given: Given) -> Any:
        """Called after it was stored, in the same transaction."""

    def after_commit_rate(self, instance: Any) -> Any:
        """Called once everybody sees it."""

    @classmethod
    def check_features(cls) -> None:
        """Refuse a project without the table of ratings.

        Raises:
            ImproperlyConfigured: it has not got it.
        """
        super().check_features()
        require_installed(cls.__name__)


class RatableViewSet(RatableMixin, ModelViewSet):
    """A ``ModelViewSet`` whose rows are rated."""
