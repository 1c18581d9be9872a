"""The views of feature apps: every answer in the envelope, every error in the one shape, one class for each job."""

from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from rest_framework import mixins
from rest_framework import views as drf_views
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from ironbolt.core.envelope import SUCCESS
from ironbolt.core.errors import Problem, flatten, log_problem
from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.bulk import BulkOperationMixin
from ironbolt.drf.exceptions import ErrorResponse
from ironbolt.drf.pagination import AppPageNumberPagination
from ironbolt.drf.serializer_choice import ChosenSerializers, check_choice
from ironbolt.drf.unless_behind import UnlessBehind
from ironbolt.drf.views import BaseViewSetMixin

__all__ = [
    "AppAPIView",
    "AppModelCUDAPIViewSet",
    "AppModelListAPIViewSet",
    "AppModelRetrieveAPIViewSet",
    "AppViewMixin",
]

if TYPE_CHECKING:
    _ViewSet = GenericViewSet[Any]
else:
    _ViewSet = GenericViewSet

ERROR = "Error"
"""The message of an error of which nobody has said more."""


class AppViewMixin(BaseViewMixin):
    """For any view of a feature app: successes are ``{"message", "data"}``, errors ``{"error": {…}}``.

    A handler may return ``self.send_response(…)``, ``self.send_error_response(…)``, or a plain ``Response``, which is
    enveloped on its way out.
    """

    envelope = True

    def send_response(self, data: Any = None, status: int = 200, message: str = SUCCESS, **kwargs: Any) -> Response:
        """A success; ``kwargs`` go to the response, such as ``headers``.

        Raises:
            ValueError: the status is one of an error.
        """
        if status >= 400:
            raise ValueError(f"A status of {status} is an error: send_error_response().")
        return self.success_response(data, message, status, **kwargs)

    def send_error_response(
        self, data: Any = None, status: int = 400, message: str = ERROR, *, code: str | None = None
    ) -> Response:
        """An error; the work of this request is undone.

        Args:
            data: what is wrong: field → messages, however nested, as ``serializer.errors``; or messages alone. One text
                is the message, unless there is another.
            status: the HTTP status.
            message: one sentence for a person.
            code: a stable word for programs; by default that of the status, and ``validation_error`` for a 400 or
                422 that names what is wrong.

        Raises:
            ValueError: the status is none of an error.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"A status of {status} is no error: send_response().")
        if isinstance(data, str | Promise) and data and message == ERROR:
            data, message = None, str(data)
        details = flatten(data) if data not in (None, "", {}, [], ()) else {}
        if code is None and details and status in (400, 422):
            code = "validation_error"
        named = {"code": code} if code else {}
        problem = Problem.of_status(status, message, details=details, headers=self._challenge(status), **named)
        request = self.request
        log_problem(problem, None, method=str(request.method), path=request.path)
        return ErrorResponse(problem, request.headers.get("Accept"))

    def _challenge(self, status: int) -> dict[str, str]:
        """How to authenticate, for who has not."""
        challenge = self.get_authenticate_header(self.request) if status == 401 else None
        return {"WWW-Authenticate": challenge} if challenge else {}


class AppAPIView(AppViewMixin, drf_views.APIView):
    """An ``APIView`` of a feature app, for addresses that are no rows of a table."""


class _AppViewSet(AppViewMixin, BaseViewSetMixin, ChosenSerializers):
    """What all view sets of feature apps have in common."""

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """The view function.

        Raises:
            ImproperlyConfigured: an action has no serializer, or one that can't do what the action does.
        """
        check_choice(cls, actions, initkwargs)
        return super().as_view(actions, **initkwargs)


class _Pages(UnlessBehind):
    """``pagination_class`` of lists: what a class behind ours says, or the settings, else pages by their numbers."""

    def worked_out(self, view: Any, owner: type[Any]) -> Any:
        """The class of the pages."""
        return api_settings.DEFAULT_PAGINATION_CLASS or AppPageNumberPagination


class AppModelListAPIViewSet(_AppViewSet, mixins.ListModelMixin, _ViewSet):
    """``GET`` of a collection: in pages, and with the filters, search and ordering that the class declares."""

    pagination_class: Any = _Pages()


class AppModelRetrieveAPIViewSet(_AppViewSet, mixins.RetrieveModelMixin, _ViewSet):
    """``GET`` of one object."""


class AppModelCUDAPIViewSet(
    _AppViewSet,
    BulkOperationMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    _ViewSet,
):
    """``POST``, ``PUT``, ``PATCH`` and ``DELETE``, between their hooks; rows of a model that has a trash go there.

    A JSON array in the place of an object is a bulk write, and there are the actions of a ``BulkOperationMixin``.
    """
