"""Ironbolt's Django middleware: a trace for each request, and the error envelope where no door answered."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import common
from django.utils.cache import patch_vary_headers

from ironbolt.core import context
from ironbolt.core.errors import Problem, log_problem, problem_of, rendered
from ironbolt.core.negotiation import JSON, PROBLEM_JSON
from ironbolt.core.settings import get_settings

_RAISED = "_ironbolt_raised"
"""The attribute of a request under which Django's pages for developers leave what they would show."""

_OF_THE_BODY = frozenset(
    {"content-type", "content-length", "content-encoding", "content-disposition", "content-language", "etag"}
)
"""Headers that speak of the page that is replaced, in lower case."""


class IronboltMiddleware:
    """First in ``MIDDLEWARE``: it names the request and turns Django's HTML errors into the envelope.

    Only paths below ``IRONBOLT["API_PREFIXES"]`` are touched, and only answers that no door has made.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer under a trace id, which leaves in ``X-Request-ID``."""
        trace_id = context.trace_id_from(request.headers.get(context.REQUEST_ID_HEADER))
        setattr(request, context.TRACE_ATTRIBUTE, trace_id)
        with context.using(context.Context(trace_id=trace_id)):
            response = self._response_to(request)
            if response.status_code >= 400 and _is_foreign(request, response):
                response = _in_envelope(request, response)
            response.headers[context.REQUEST_ID_HEADER] = trace_id
            return response

    def _response_to(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        if settings.DEBUG:
            setattr(request, "exception_reporter_class", _Note)  # noqa: B010 - it has the few methods that are asked for
        try:
            return self.get_response(request)
        except Exception as failure:
            # Django had no answer itself: the URLs can't be imported, or the project's page for errors has failed.
            if settings.DEBUG_PROPAGATE_EXCEPTIONS:
                raise
            return answer_to(request, failure)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a plain Django view raised below an API prefix; elsewhere Django does."""
        return answer_to(request, exception) if is_api(request) else None


class CommonMiddleware(common.CommonMiddleware):
    """Django's, which adds no slash below the API prefixes: a redirect would lose the body of a write."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether to answer by a redirect to the same path with a slash."""
        return not is_api(request) and super().should_redirect_with_slash(request)


class _Note:
    """In place of Django's page for developers: keeps what was raised, for the envelope, and shows nothing of it."""

    def __init__(self, request: HttpRequest, kind: Any, error: BaseException | None, trace: Any) -> None:
        setattr(request, _RAISED, error)

    def get_traceback_html(self) -> str:
        """A body that is going to be replaced."""
        return ""

    get_traceback_text = get_traceback_html


def answer_to(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer to what was raised, by the one table, and a line in the log; never raises itself."""
    try:
        return _answer_to(request, error)
    except Exception as failure:  # noqa: BLE001 - what can't be rendered is answered as a 500
        return _answer_to(request, failure, Problem.of_status(500))


def _answer_to(request: HttpRequest, error: BaseException, problem: Problem | None = None) -> HttpResponse:
    problem = problem or problem_of(error)
    log_problem(problem, error, method=request.method or "", path=request.path)
    response = problem_response(request, problem)
    # Django would log it a second time; of an attack its own log is to know in any case.
    response._has_been_logged = not isinstance(error, SuspiciousOperation)  # type: ignore[attr-defined]  # noqa: SLF001 - Django's way to say so
    return response


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """``problem`` as a Django response, in the media type that the client prefers."""
    body, content_type, headers = rendered(problem, request.headers.get("Accept"))
    return HttpResponse(body, status=problem.status, content_type=content_type, headers=headers)


def is_api(request: HttpRequest) -> bool:
    """Whether a path is below one of the API prefixes."""
    prefixes = get_settings().API_PREFIXES
    return request.path_info.startswith(prefixes) or f"{request.path_info}/" in prefixes


def _is_foreign(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether it is a page of Django's; REST framework's own pages are answers of a door."""
    if getattr(response, "accepted_renderer", None) is not None:
        return False
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return is_api(request) and media_type not in (JSON, PROBLEM_JSON)


def _in_envelope(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """The envelope in place of a page, under the headers and cookies that other middleware gave it."""
    raised = request.__dict__.pop(_RAISED, None)
    by_status = Problem.of_status(response.status_code)
    answer = problem_response(request, by_status) if raised is None else answer_to(request, raised)
    for name, value in response.headers.items():
        if name.lower() == "vary":
            patch_vary_headers(answer, [name.strip() for name in value.split(",")])
        elif name.lower() not in _OF_THE_BODY:
            answer.headers[name] = value
    answer.headers["Content-Length"] = str(len(answer.content))
    answer.cookies = response.cookies
    answer._resource_closers += response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001 - Django's list of what ends with the response
    return answer
