"""REST framework's exceptions in the one table, and the handler that answers from it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.http import Http404
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from msgspec import structs
from rest_framework import exceptions as drf_errors
from rest_framework.renderers import BrowsableAPIRenderer, TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.views import set_rollback

from ironbolt.core import integrity
from ironbolt.core.errors import (
    Details,
    Problem,
    document_of,
    flatten,
    log_problem,
    problem_of,
    register_mapper,
    validation_problem,
)
from ironbolt.core.status import STATUS_MEANINGS
from ironbolt.drf.names import PublicNames, model_of
from ironbolt.drf.renderers import encode

_PAGES = (BrowsableAPIRenderer, TemplateHTMLRenderer)


class ErrorResponse(Response):
    """An error as JSON, whatever the view renders its successes as.

    Only the browsable API and pages made by templates show it their own way.
    """

    # Django would log every status from 400 a second time, and as a warning at least.
    _has_been_logged = True

    def __init__(self, problem: Problem, accept: str | None = None, serializer: Any = None) -> None:
        data, self.media_type = document_of(problem, accept)
        if serializer is not None:
            # So the browsable API finds what was typed in, and writes each fault beside its field.
            data = ReturnDict(data, serializer=serializer)
        super().__init__(data, status=problem.status, headers=problem.headers, exception=True)
        patch_vary_headers(self, ["Accept"])

    @property
    def rendered_content(self) -> Any:
        """The bytes of the body."""
        if isinstance(getattr(self, "accepted_renderer", None), _PAGES):
            return super().rendered_content
        self["Content-Type"] = self.media_type
        return encode(self.data)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Answer whatever was raised; for ``REST_FRAMEWORK["EXCEPTION_HANDLER"]`` and the views of this door.

    A view's ``SAFE_DB_ERRORS`` goes before the setting of that name.
    """
    view, request = context.get("view"), context.get("request")
    if isinstance(exc, IntegrityError):
        _explain(exc, view)
    problem = problem_of(exc, safe=getattr(view, "SAFE_DB_ERRORS", None))
    method, path, accept = ("", "", None)
    if request is not None:
        method, path, accept = request.method or "", request.path, request.headers.get("Accept")
    log_problem(problem, exc, method=method, path=path)
    if not hasattr(view, "transactional"):  # a view of ours has a unit of its own, which is undone already
        set_rollback()
    return ErrorResponse(problem, accept, getattr(getattr(exc, "detail", None), "serializer", None))


def _explain(exc: IntegrityError, view: Any) -> None:
    """Tell a violation by the fields of the view's serializer, where no unit of work has done so."""
    model = None if view is None or integrity.is_explained(exc) else model_of(view)
    if model is not None:
        integrity.explain(exc, model, public_names=PublicNames(view))


# --- the table -------------------------------------------------------------------------------------


def _sentence(detail: Any) -> str:
    """The sentence in an exception's detail, "" where it has none; simplejwt puts it under ``detail``."""
    if isinstance(detail, Mapping):
        detail = detail.get("detail")
    return detail if isinstance(detail, str) else ""


def _words(exc: drf_errors.APIException) -> str:
    """What an exception says: its sentence, else that of its class; "" where neither has one."""
    usual = exc.default_detail
    return _sentence(exc.detail) or (_sentence(usual) if isinstance(usual, Mapping | list) else str(usual))


def _details(exc: drf_errors.APIException) -> Details:
    """What it says beside its sentence."""
    detail = exc.detail
    if isinstance(detail, Mapping):
        said = {"detail"} if _sentence(detail) else set()
        return flatten({name: detail[name] for name in detail if name not in said})
    return flatten(detail) if isinstance(detail, list) else {}


def _validation(exc: drf_errors.ValidationError, safe: bool) -> Problem:
    if exc.status_code == drf_errors.ValidationError.status_code:
        problem = validation_problem(flatten(exc.detail))
        return problem if _speaks_english() else structs.replace(problem, message=str(exc.default_detail))
    return _api_exception(exc, safe)


def _authentication(exc: drf_errors.APIException, safe: bool) -> Problem:
    # REST framework makes it a 403 where no authentication class has a challenge to offer.
    challenge = getattr(exc, "auth_header", None)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    # Our words for that status would speak of permissions, to somebody who has only not logged in.
    words = _own_words(exc) if exc.status_code == 401 else _words(exc)
    # Beside its sentence simplejwt has what each of its classes thinks of the token, which is nobody's business.
    details = {} if _sentence(exc.detail) else _details(exc)
    return Problem.of_status(exc.status_code, words, code="authentication_error", headers=headers, details=details)


def _throttled(exc: drf_errors.Throttled, safe: bool) -> Problem:
    wait: int | None = getattr(exc, "wait", None)
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    return Problem.of_status(exc.status_code, _words(exc), headers=headers, details=_details(exc))


def _parse_error(exc: drf_errors.ParseError, safe: bool) -> Problem:
    return Problem.of_status(exc.status_code, _words(exc), code="parse_error", details=_details(exc))


def _by_status(exc: drf_errors.APIException, safe: bool) -> Problem:
    return Problem.of_status(exc.status_code, _own_words(exc), details=_details(exc))


def _own_words(exc: drf_errors.APIException) -> str | None:
    """What somebody wrote into the exception, or into a class of their own.

    None for REST framework's own words, since both doors have theirs, unless it has them in the language of the client.
    """
    words = _words(exc)
    theirs: Any = next(kind for kind in type(exc).__mro__ if kind.__module__ == drf_errors.__name__)
    standard = isinstance(exc, drf_errors.MethodNotAllowed) or words == str(theirs.default_detail)
    return None if standard and _speaks_english() else words


def _not_found(exc: Http404, safe: bool) -> Problem:
    return Problem.of_status(404, None if _speaks_english() else str(drf_errors.NotFound.default_detail))


def _speaks_english() -> bool:
    return str(get_language() or "en").partition("-")[0] == "en"


def _api_exception(exc: drf_errors.APIException, safe: bool) -> Problem:
    """Any other one: by the status and the code that it names, with details where it has several messages."""
    if not 400 <= exc.status_code <= 599:
        return Problem.of_status(500)  # a mistake of whoever raised it
    codes = exc.get_codes()
    if not isinstance(codes, str):
        codes = exc.default_code
    fallback = STATUS_MEANINGS.get(exc.status_code) or STATUS_MEANINGS[exc.status_code // 100 * 100]
    code = fallback[0] if codes == drf_errors.APIException.default_code else codes
    return Problem.of_status(exc.status_code, _words(exc), code=code, details=_details(exc))


def _assertion(exc: AssertionError, safe: bool) -> Problem:
    """REST framework asserts what a view must have, such as a queryset; anybody else's assertion is a plain fault."""
    frame = exc.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = frame.tb_frame.f_globals.get("__name__", "") if frame else ""
    return problem_of(ImproperlyConfigured()) if where.startswith("rest_framework.") else Problem.of_status(500)


register_mapper(AssertionError, _assertion)
register_mapper(Http404, _not_found)
register_mapper(drf_errors.APIException, _api_exception)
register_mapper(drf_errors.ValidationError, _validation)
register_mapper(drf_errors.ParseError, _parse_error)
register_mapper(drf_errors.NotAuthenticated, _authentication)
register_mapper(drf_errors.AuthenticationFailed, _authentication)
register_mapper(drf_errors.Throttled, _throttled)
for _plain in (
    drf_errors.PermissionDenied,
    drf_errors.NotFound,
    drf_errors.MethodNotAllowed,
    drf_errors.NotAcceptable,
    drf_errors.UnsupportedMediaType,
):
    register_mapper(_plain, _by_status)
