"""Ratings through this door: ``{id}/rate/``."""

from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt.core import lifecycle
from ironbolt.core.users import stored_user
from ironbolt.drf.features import ActionSchema, FeatureMixin, Permissions
from ironbolt.drf.views import BaseViewSet
from ironbolt.features.ratings.installed import require_installed
from ironbolt.features.ratings.rules import NO_USER, RATED_SCHEMA, Given, Rated, RatingRule, rule_of

Number = int | float | str | Decimal


class RatableMixin(FeatureMixin):
    """``rate/``: one rating of each user, a second one in the place of the first; average and count are kept.

    Attributes:
        rate_permission_classes: who may, beside what the class asks; whoever is logged in.
        rating_min: the lowest rating.
        rating_max: the highest.
        rating_step: what lies between two ratings, counted from the lowest; None for anything.
        rating_decimal_places: how many they may have, 4 at most.
        rating_comment_length: the most characters of a comment.
    """

    rate_permission_classes: Permissions = (IsAuthenticated,)
    rating_min: Number = 1
    rating_max: Number = 5
    rating_step: Number | None = None
    rating_decimal_places = 2
    rating_comment_length = 2_000

    _ironbolt_rating_rule: ClassVar[RatingRule] = RatingRule()

    def __init_subclass__(cls, **more: Any) -> None:
        """Work out what ratings may be.

        Raises:
            ImproperlyConfigured: none could.
        """
        super().__init_subclass__(**more)
        cls._ironbolt_rating_rule = rule_of(cls)

    @action(detail=True, methods=["post"])
    def rate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Rate one, or change one's mind."""
        instance = self.get_object()
        given = self._ironbolt_rating_rule.read(request.data)
        return Response(msgspec.to_builtins(self.perform_rate(instance, given)))

    def before_perform_rate(self, instance: Any, given: Given) -> None:
        """Called with the object and what somebody is about to give it."""

    def after_perform_rate(self, instance: Any, given: Given) -> None:
        """Called with the rated object, inside its transaction."""

    def after_commit_rate(self, instance: Any) -> None:
        """Called with the rated object once everybody sees it."""

    def perform_rate(self, instance: Any, given: Given) -> Rated:
        """Store a rating, between its hooks.

        Raises:
            PermissionDenied: the caller is a program, or has no row among the users.
        """
        # Late, since its table is there only where its app is installed.
        from ironbolt.features.ratings.store import rate

        user = stored_user(self.request.user)
        if user is None:
            raise PermissionDenied(NO_USER)
        return lifecycle.perform(self, "rate", instance, lambda: rate(instance, user, given), given)

    def get_feature_permissions(self) -> list[Any]:
        """Those for who rates."""
        classes = self.rate_permission_classes if self.action == "rate" else ()
        return [*super().get_feature_permissions(), *(permission() for permission in classes)]

    def describe_action(self) -> ActionSchema | None:
        """What the schema says of a rating."""
        if self.action == "rate":
            return ActionSchema(self._ironbolt_rating_rule.schema(), RATED_SCHEMA)
        return super().describe_action()

    @classmethod
    def check_features(cls) -> None:
        """Refuse a project without the table of ratings.

        Raises:
            ImproperlyConfigured: it has not got it.
        """
        super().check_features()
        require_installed(cls.__name__)


class RatableViewSet(RatableMixin, BaseViewSet):
    """A ``BaseViewSet`` whose rows are rated."""
