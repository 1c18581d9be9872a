"""The bases of every view of the plain project, and its own name of a view."""

from typing import TYPE_CHECKING, Any

from rest_framework.generics import GenericAPIView
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.compat.plain.settings import WAY


def behind_the_door(mixin: type[Any], view: type[Any]) -> Any:
    """A class of REST framework's, with ours in front of it where the settings say so."""
    return type(view.__name__, (mixin, view), {}) if WAY == "door" else view


if TYPE_CHECKING:
    Api = APIView
    Generic = GenericAPIView[Any]
    Plain = ViewSet
    Models = ModelViewSet[Any]
    ReadOnly = ReadOnlyModelViewSet[Any]
    Parts = GenericViewSet[Any]
else:
    Api = behind_the_door(BaseViewMixin, APIView)
    Generic = behind_the_door(BaseViewMixin, GenericAPIView)
    Plain = behind_the_door(BaseViewMixin, ViewSet)
    Models = behind_the_door(BaseViewSetMixin, ModelViewSet)
    ReadOnly = behind_the_door(BaseViewMixin, ReadOnlyModelViewSet)
    Parts = behind_the_door(BaseViewMixin, GenericViewSet)


def view_name(view: Any) -> str:
    """A name of the project's own for a page of the browsable API."""
    return f"« {type(view).__name__} »"
