"""Chapter “Error Handling”."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import exceptions as django_errors
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from rest_framework import exceptions as drf_errors
from rest_framework import viewsets
from rest_framework.mixins import DestroyModelMixin

from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import Article, Bundle, Category, Product
from tests.drf.seed.serializers import ArticleSerializer, ProductSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = pytest.mark.django_db(transaction=True)

SQL = "UNIQUE constraint failed: users.email"

# guide 128-159: exception, status, code, and the level at which 98-108 has it logged
TABLE: list[tuple[Exception, int, str, int]] = [
    (drf_errors.ValidationError({"email": ["This field is required."]}), 400, "validation_error", logging.DEBUG),
    (drf_errors.ParseError(), 400, "parse_error", logging.DEBUG),
    (drf_errors.NotAuthenticated(), 401, "authentication_error", logging.WARNING),
    (drf_errors.AuthenticationFailed(), 401, "authentication_error", logging.WARNING),
    (drf_errors.PermissionDenied(), 403, "permission_denied", logging.WARNING),
    (drf_errors.NotFound(), 404, "not_found", logging.DEBUG),
    (drf_errors.MethodNotAllowed("POST"), 405, "method_not_allowed", logging.DEBUG),
    (drf_errors.Throttled(wait=7), 429, "throttled", logging.WARNING),
    (Http404("secret"), 404, "not_found", logging.DEBUG),
    (django_errors.ObjectDoesNotExist("secret"), 404, "not_found", logging.DEBUG),
    (django_errors.PermissionDenied(), 403, "permission_denied", logging.WARNING),
    (django_errors.ValidationError({"email": ["Taken."]}), 400, "validation_error", logging.DEBUG),
    (IntegrityError(SQL), 409, "integrity_error", logging.WARNING),
    (ProtectedError("secret", set()), 409, "protected_object", logging.WARNING),
    (RestrictedError("secret", set()), 409, "protected_object", logging.WARNING),
    (DataError("secret"), 400, "data_error", logging.DEBUG),
    (OperationalError("secret"), 503, "db_operational_error", logging.CRITICAL),
    (ProgrammingError("secret"), 500, "db_error", logging.CRITICAL),
]
NAMES = [f"{type(error).__module__.partition('.')[0]}-{type(error).__name__}" for error, *_ in TABLE]


def failing(error: Exception, **attributes: Any) -> Any:
    """A viewset that raises once it has written."""

    class ArticleViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
        queryset = Article.objects.all()
        serializer_class = ArticleSerializer

        def get_create_kwargs(self, serializer):
            return {"owner": self.request.user}

        def after_perform_create(self, instance, serializer):
            raise error

        def before_perform_list(self, queryset):
            raise error

    for name, value in attributes.items():
        setattr(ArticleViewSet, name, value)
    return ArticleViewSet


@pytest.mark.row("V03")
def test_the_table_is_whole() -> None:
    """Eighteen exceptions, none of them twice."""
    assert len({type(error) for error, *_ in TABLE}) == 18


@pytest.mark.row("V02", "V03")
@pytest.mark.parametrize(("error", "status", "code", "level"), TABLE, ids=NAMES)
def test_each_exception_has_its_status_and_code(
    error: Exception, status: int, code: str, level: int, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    """In reading and writing alike; it is logged by its severity, tells no secret, and leaves nothing behind."""
    caplog.set_level(logging.DEBUG, "ironbolt.errors")
    with Site(articles=failing(error)):
        for answer in (caller(ann).get("/articles/"), caller(ann).post("/articles/", {"title": "x"}, format="json")):
            assert error_of(answer)[:2] == (status, code)
            assert "secret" not in answer.content.decode()
            assert SQL not in answer.content.decode()
    assert not Article.objects.exists()
    records = [record for record in caplog.records if record.name == "ironbolt.errors"]
    assert [record.levelno for record in records] == [level, level]
    assert all(bool(record.exc_info) == (level == logging.CRITICAL) for record in records)


@pytest.mark.row("V02")
def test_the_body_is_that_of_the_guide(ann: User) -> None:
    """Code, sentence and details, to the letter of the guide's example."""
    with Site(articles=failing(TABLE[0][0])):
        assert caller(ann).get("/articles/").json() == {
            # guide 115-123
            "error": {
                "code": "validation_error",
                "message": "Invalid input.",
                "details": {"email": ["This field is required."]},
            }
        }


@pytest.mark.row("V03")
def test_headers_that_belong_to_a_status_are_there(ann: User) -> None:
    """How to authenticate, and when to come again."""
    with Site(articles=failing(drf_errors.NotAuthenticated())):
        assert caller().get("/articles/")["WWW-Authenticate"].startswith("Bearer")
    with Site(articles=failing(drf_errors.Throttled(wait=7))):
        assert caller(ann).get("/articles/")["Retry-After"] == "7"


@pytest.mark.row("V03")
def test_anything_else_is_a_generic_500(ann: User, caplog: pytest.LogCaptureFixture) -> None:
    """The client learns nothing of it, the log has the traceback."""
    with Site(articles=failing(RuntimeError("secret"))):
        answer = caller(ann).post("/articles/", {"title": "x"}, format="json")
    assert error_of(answer) == (500, "server_error", {})
    assert "secret" not in answer.content.decode()
    assert "secret" in caplog.text
    assert caplog.records[-1].exc_info
    assert not Article.objects.exists()


@pytest.mark.row("V04")
@pytest.mark.parametrize(
    ("safe", "message"), [(True, "A database integrity constraint was violated."), (False, SQL)], ids=["on", "off"]
)
def test_texts_of_the_database_leave_only_where_they_may(safe: bool, message: str, ann: User) -> None:
    """``SAFE_DB_ERRORS`` decides, viewset by viewset, with the guide's two sentences."""
    # guide 165-184
    with Site(articles=failing(IntegrityError(SQL), SAFE_DB_ERRORS=safe)):
        answer = caller(ann).get("/articles/")
    assert answer.status_code == 409
    assert message_of(answer) == message


@pytest.mark.row("V04")
def test_safe_is_the_default(ann: User) -> None:
    """A viewset that says nothing keeps the text back."""
    with Site(articles=failing(IntegrityError(SQL))):
        assert SQL not in caller(ann).get("/articles/").content.decode()


class ProductViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer


class CategoryViewSet(BaseViewSetMixin, DestroyModelMixin, viewsets.ReadOnlyModelViewSet):
    queryset = Category.objects.all()


@pytest.mark.row("V03", "V04")
def test_what_a_real_database_refuses_is_told_by_public_names(ann: User) -> None:
    """A second product of the same number, and a category that others need."""
    food, drinks = Category.objects.create(name="Food"), Category.objects.create(name="Drinks")
    Product.objects.create(name="Tea", sku="T1", price=3, category=drinks)
    Bundle.objects.create(category=food, product=Product.objects.get())
    with Site(products=ProductViewSet, categories=CategoryViewSet):
        client = caller(ann)
        sent = {"name": "Tea", "sku": "T1", "price": "3.00", "category": drinks.pk}
        taken = error_of(client.post("/products/", sent, format="json"))
        assert taken == (409, "integrity_error", {"sku": ["This value is already taken."]})
        assert error_of(client.delete(f"/categories/{drinks.pk}/")) == (409, "protected_object", {})
        assert error_of(client.delete(f"/products/{Product.objects.get().pk}/")) == (409, "protected_object", {})
    assert (Product.objects.count(), Category.objects.count()) == (1, 2)
