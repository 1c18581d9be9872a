"""What every view of this door does: one error shape, one unit of work for a write, the envelope."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import connections, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import renderers
from rest_framework import views as drf_views
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt import pipeline
from ironbolt.core import context
from ironbolt.core.envelope import SUCCESS
from ironbolt.core.handled import Handled
from ironbolt.core.integrity import check_deferred
from ironbolt.core.operation import Operation
from ironbolt.core.unit import current_unit
from ironbolt.drf.boundary import boundary
from ironbolt.drf.browsable import BrowsableAPIRenderer, enveloped
from ironbolt.drf.ending import Ending
from ironbolt.drf.exceptions import exception_handler
from ironbolt.drf.names import PublicNames, model_of
from ironbolt.drf.negotiation import ContentNegotiation
from ironbolt.drf.owners import refuse_hidden
from ironbolt.drf.performance import Measured, measured
from ironbolt.drf.permissions import ActionPermissions
from ironbolt.drf.renderers import Decimals, JSONRenderer
from ironbolt.drf.repeated_queries import without_repeated_queries
from ironbolt.drf.request import as_api_request
from ironbolt.drf.request_log import data_of, log_of
from ironbolt.drf.transactions import databases_beside, in_transactions, written_database
from ironbolt.drf.validated import Validated

if TYPE_CHECKING:
    _View = drf_views.APIView
else:
    _View = object

_QUICKER: dict[Any, Any] = {
    renderers.JSONRenderer: JSONRenderer,
    renderers.BrowsableAPIRenderer: BrowsableAPIRenderer,
}

_NEGOTIATOR = ContentNegotiation()
"""It keeps nothing of a request, so that one is enough for all views."""

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class EnvelopedResponse(Response):
    """A success that is in the envelope already."""


class BaseViewMixin(ActionPermissions, Measured, Validated, _View):
    """For any ``APIView``, in front of it: ``class Login(BaseViewMixin, APIView)``.

    Attributes:
        SAFE_DB_ERRORS: whether database texts are kept out of answers; None for what the settings say.
        LOG_REQUESTS: whether each request and its answer are a line in the log ``ironbolt.requests``, without secrets.
        envelope: whether successes are wrapped as ``{"message", "data"}``.
        transactional: whether an unsafe method is one unit of work. False for a view that must not
            hold a transaction open, such as a login, which is slow on purpose.
        decimals: how decimals that no serializer has made texts of are written: ``"string"``, as in the other door,
            or ``"number"``, as REST framework does; None for texts unless ``COERCE_DECIMAL_TO_STRING`` is off.
        error_statuses: statuses that the schema of the API can't guess this view to answer.
    """

    SAFE_DB_ERRORS: bool | None = None
    LOG_REQUESTS = False
    envelope = False
    transactional = True
    decimals: Decimals | None = None
    error_statuses: tuple[int, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if drf_views.APIView in order and order.index(drf_views.APIView) < order.index(BaseViewMixin):
            raise ImproperlyConfigured(
                f"{cls.__name__}: Ironbolt's mixins stand in front of REST framework's classes, or they do nothing."
            )

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> "drf_views.AsView[drf_views.GenericView]":
        """The view function, which sees to the transactions of ``ATOMIC_REQUESTS`` itself.

        Raises:
            ImproperlyConfigured: a class behind ours has a ``dispatch``, a hook or the like, which would never be
                called.
        """
        refuse_hidden(cls)
        view: Any = measured(super().as_view(*args, **kwargs), cls)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view  # type: ignore[no-any-return]  # the type exists in the stubs only

    # --- the way of a request ---------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As in REST framework, but a write is one unit of work, and answers leave here rendered.

        The checks (negotiation, authentication, permissions, throttles) stand before the unit, so
        that it knows the caller, and what they count survives a refusal.
        """
        context.identify(None)  # whoever asked before in this thread
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        log = log_of(self.request) if self.LOG_REQUESTS else None
        try:
            self.initial(self.request, *args, **kwargs)
            if log:
                log.arrived(data_of(self.request))
            self.response = self._answer_write() if self._is_unit_of_work() else self._answer_read()
        except Exception as exc:  # noqa: BLE001 - this is where everything that was raised is answered
            if log:
                log.arrived()
            self.response = self._finish_response(self.handle_exception(exc))
        if log:
            log.left(self.response.status_code)
        response: Any = self.response
        response._resource_closers.append(Ending(self))  # noqa: SLF001 - Django's list of what ends with the response
        return response  # type: ignore[no-any-return]  # the stubs leave out what is private

    def _is_unit_of_work(self) -> bool:
        return self.transactional and self.request.method in UNSAFE_METHODS

    def _answer_read(self) -> Response:
        beside = databases_beside(self, None, None) if self.transactional else ()
        return in_transactions(beside, self._answer, undoes_refusals=False)

    def _answer_write(self) -> Response:
        operation = self.get_operation()
        beside = databases_beside(self, operation.model, operation.database)
        # The unit is around them, so that nothing runs after its commit before all the rest is durable.
        return pipeline.run(operation, lambda: in_transactions(beside, self._answer_inside, undoes_refusals=True))

    def _answer_inside(self) -> Response:
        try:
            return self._answer()
        except ObjectDoesNotExist:
            # Whoever follows a dangling key meets it before the database, which looks at the commit.
            if (unit := current_unit()) and not connections[unit.using].needs_rollback:
                check_deferred({type(attempt.instance) for attempt in unit.attempts}, unit.using)
            raise

    def _answer(self) -> Response:
        handler = self._handler_of_method() or self.http_method_not_allowed
        try:
            response = self._answer_planned(handler)
            if response is None:
                response = without_repeated_queries(self, partial(self._call_handler, handler))
        except Handled as early:
            response = early.answer
        return self._finish_response(response)

    def _finish_response(self, response: Response) -> Response:
        response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
        # A handler may also answer with a response of Django's, which is rendered already.
        render = getattr(response, "render", None)
        if callable(render):
            render()
        return response

    def _handler_of_method(self) -> Callable[..., Response] | None:
        method = str(self.request.method).lower()
        return getattr(self, method, None) if method in self.http_method_names else None

    def _answer_planned(self, handler: Callable[..., Response]) -> Response | None:
        """What a handler would answer, read by a plan without its queries; None where it has to be called."""
        return None

    def _call_handler(self, handler: Callable[..., Response]) -> Response:
        return handler(self.request, *self.args, **self.kwargs)

    # --- the steps that REST framework names --------------------------------------------------------

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """The request, in the class of this door."""
        return as_api_request(super().initialize_request(request, *args, **kwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The checks, the first of which is whether there is such a method at all."""
        if self._handler_of_method() is None:
            self.format_kwarg = self.get_format_suffix(**kwargs)
            self.http_method_not_allowed(request, *args, **kwargs)
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Authenticate, and let every layer know who it is."""
        super().perform_authentication(request)
        user: Any = request.user  # None where the project wants no anonymous user
        context.identify(str(user.pk) if user and user.is_authenticated else None)

    def handle_exception(self, exc: Exception) -> Response:
        """The answer to whatever was raised; a subclass answers its own errors and leaves the rest to this."""
        return super().handle_exception(exc)

    def get_renderers(self) -> list[Any]:
        """Those of the view; where it is content with the usual ones, JSON is written by the quicker renderer."""
        found: list[Any] = super().get_renderers()
        if self.renderer_classes is not drf_views.APIView.renderer_classes:
            return found
        return [_QUICKER[type(one)]() if type(one) in _QUICKER and not vars(one) else one for one in found]

    def get_content_negotiator(self) -> Any:
        """That of this door, unless the class or the project has one of its own."""
        found = super().get_content_negotiator()
        return _NEGOTIATOR if type(found) is DefaultContentNegotiation else found

    def get_exception_handler(self) -> Any:
        """That of this door, unless the project has set one of its own."""
        configured = super().get_exception_handler()
        return exception_handler if configured is drf_views.exception_handler else configured

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The response, enveloped where this view asks for it."""
        if self.envelope and _is_bare_success(response):
            response.data = enveloped(response.data)
        return super().finalize_response(request, response, *args, **kwargs)

    # --- for those who write views ------------------------------------------------------------------

    def success_response(
        self, data: Any = None, message: str = SUCCESS, status_code: int = 200, **kwargs: Any
    ) -> Response:
        """A success in the envelope; ``kwargs`` go to the response, such as ``headers``."""
        if status_code == 204:
            return Response(status=status_code, **kwargs)
        return EnvelopedResponse(enveloped(data, message), status=status_code, **kwargs)

    def handled(self, response: Response) -> NoReturn:
        """End the action here, from within a hook for instance, and keep what it has done; ``response`` is its answer.

        What is raised instead undoes it, as does an answer with a status of 400 or above.
        """
        raise Handled(response)

    def error_boundary(self) -> AbstractContextManager[None]:
        """A part of an action that is done whole or not at all: ``with self.error_boundary(): …``.

        Whatever is raised in it is answered as everything that is raised here, by ``handle_exception``: one envelope,
        with or without a boundary. The boundary sees to what was written. If nobody catches what was raised, the
        whole request is undone, what stood before the boundary included, since a write is one unit of work; if the
        action catches it outside of the boundary, the boundary alone is undone. Where there is no unit, under GET or
        with ``transactional = False``, the boundary is a transaction of its own. Boundaries nest; to return from one
        and to end it by ``self.handled()`` keeps its work.
        """
        operation = self.get_operation()
        return boundary(operation.database, writes=operation.method in UNSAFE_METHODS)

    def get_operation(self) -> Operation:
        """What this request is about to do, for the pipeline."""
        method = str(self.request.method)
        model = model_of(self)
        return Operation(
            action=getattr(self, "action", None) or method.lower(),
            door="drf",
            method=method,
            path=self.request.path,
            model=model,
            database=written_database(self, model),
            public_names=PublicNames(self),
        )


def _is_bare_success(response: Any) -> bool:
    return (
        isinstance(response, Response)
        and not isinstance(response, EnvelopedResponse)
        and not response.exception
        and response.status_code < 400
        and response.data is not None
    )
