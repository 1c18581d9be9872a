"""The front page, and the source of each door."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bookstore.accounts.services import DEMO_LOGINS
from bookstore.catalog import selectors
from bookstore.project.doors import DOORS
from bookstore.project.highlighting import highlighted

BOOKS_ON_THE_SHELF = 15


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and lead to everything there is."""
    # By ISBN, since that mixes the authors and starts with the same books each time.
    shelf = list(selectors.books().order_by("isbn")[:BOOKS_ON_THE_SHELF])
    context = {
        "doors": DOORS,
        "shelf": shelf,
        "number_of_books": selectors.books().count(),
        "address": request.build_absolute_uri("/").rstrip("/"),
        "logins": DEMO_LOGINS if settings.DEBUG else (),
    }
    return render(request, "bookstore/home.html", context)


@require_safe
def source(request: HttpRequest, version: str) -> HttpResponse:
    """Show the code behind one door's books, as it runs."""
    door = next((door for door in DOORS if door.version == version), None)
    code = door.source() if door else ""
    if not code:
        raise Http404(f"There is no source of {version}.")
    context = {"doors": DOORS, "door": door, "code": highlighted(code), "lines": len(code.splitlines())}
    return render(request, "bookstore/source.html", context)
