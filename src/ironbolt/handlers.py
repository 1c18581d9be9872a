"""The answers to errors outside of any view, for a project's root URLs and settings: one table for them too.

``handler404 = "ironbolt.handlers.not_found"`` in the root URLs, and so on: ``handler400`` is ``bad_request``,
``handler403`` ``permission_denied``, ``handler500`` ``server_error``. In the settings
``CSRF_FAILURE_VIEW = "ironbolt.handlers.csrf_failure"``.
Below ``IRONBOLT["API_PREFIXES"]`` they answer in the envelope, by what was raised; elsewhere they leave it to Django.
"""

import sys

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views import csrf, defaults

from ironbolt.middleware import answer_to, is_api

FORGED = "The check against forged requests failed: the token is missing or wrong, or the request comes from elsewhere."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For ``handler400``: an unknown host, too many fields, a form that can't be read."""
    return answer_to(request, exception) if is_api(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For ``handler403``."""
    return answer_to(request, exception) if is_api(request) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For ``handler404``; what is answered does not tell which addresses there are."""
    return answer_to(request, exception) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """For ``handler500``, which Django calls while it handles what was raised."""
    if not is_api(request):
        return defaults.server_error(request)
    return answer_to(request, sys.exc_info()[1] or RuntimeError("Nobody knows what was raised."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For ``CSRF_FAILURE_VIEW``; the reason is for Django's log, not for who has forged a request."""
    return answer_to(request, PermissionDenied(FORGED)) if is_api(request) else csrf.csrf_failure(request, reason)
