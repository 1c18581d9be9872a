"""Ironbolt's Django middleware: a trace for each request, and the error envelope where no door answered."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import common
from django.utils.cache import patch_vary_headers

from ironbolt.core import context
from ironbolt.core.errors import Problem, log_problem, problem_of, rendered
from ironbolt.core.negotiation import JSON, PROBLEM_JSON
from ironbolt.core.settings import get_settings

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
            response = self.get_response(request)
            if response.status_code >= 400 and _is_foreign(request, response):
                response = _in_envelope(request, response)
            response.headers[context.REQUEST_ID_HEADER] = trace_id
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a plain Django view raised below an API prefix; elsewhere Django does."""
        if not _is_api(request):
            return None
        try:
            return _answer_to(request, exception)
        except Exception as failure:  # noqa: BLE001 - what can't be rendered is answered as a 500
            problem = Problem.of_status(500)
            log_problem(problem, failure, method=request.method or "", path=request.path)
            return problem_response(request, problem)


class CommonMiddleware(common.CommonMiddleware):
    """Django's, which adds no slash below the API prefixes: a redirect would lose the body of a write."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Whether to answer by a redirect to the same path with a slash."""
        return not _is_api(request) and super().should_redirect_with_slash(request)


def _answer_to(request: HttpRequest, exception: Exception) -> HttpResponse:
    problem = problem_of(exception)
    log_problem(problem, exception, method=request.method or "", path=request.path)
    return problem_response(request, problem)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """``problem`` as a Django response, in the media type that the client prefers."""
    body, content_type, headers = rendered(problem, request.headers.get("Accept"))
    return HttpResponse(body, status=problem.status, content_type=content_type, headers=headers)


def _is_api(request: HttpRequest) -> bool:
    prefixes = get_settings().API_PREFIXES
    return request.path_info.startswith(prefixes) or f"{request.path_info}/" in prefixes


def _is_foreign(request: HttpRequest, response: HttpResponseBase) -> bool:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return _is_api(request) and media_type not in (JSON, PROBLEM_JSON)


def _in_envelope(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """The envelope in place of a page, under the headers and cookies that other middleware gave it."""
    answer = problem_response(request, Problem.of_status(response.status_code))
    for name, value in response.headers.items():
        if name.lower() == "vary":
            patch_vary_headers(answer, [name.strip() for name in value.split(",")])
        elif name.lower() not in _OF_THE_BODY:
            answer.headers[name] = value
    answer.headers["Content-Length"] = str(len(answer.content))
    answer.cookies = response.cookies
    return answer
