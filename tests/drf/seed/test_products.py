"""Example 3: products, in bulk and rated."""

import codecs
import csv
from decimal import Decimal
from typing import Any

import django_filters
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Avg
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser

from ironbolt.drf.bulk import BulkListSerializer, BulkOperationViewSet
from ironbolt.drf.ratings import RatableMixin
from tests.drf.seed.models import Category, Product, Review
from tests.drf.seed.serializers import ProductSerializer
from tests.drf.seed.support import Site, caller, error_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("V21")]


# guide 989-1073; parser_classes, since a project may read JSON alone
class ProductViewSet(BulkOperationViewSet):
    """Product management with bulk operations and ratings"""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_fields = ["category", "status", "price"]
    search_fields = ["name", "description", "sku"]
    parser_classes = [JSONParser, MultiPartParser]

    def get_queryset(self):
        queryset = super().get_queryset()

        # Filter by price range if provided
        min_price = self.request.query_params.get("min_price")
        max_price = self.request.query_params.get("max_price")

        if min_price:
            queryset = queryset.filter(price__gte=min_price)
        if max_price:
            queryset = queryset.filter(price__lte=max_price)

        return queryset

    def before_perform_create(self, serializer):
        """Validate SKU uniqueness"""
        sku = serializer.validated_data.get("sku")
        if Product.objects.filter(sku=sku).exists():
            raise ValidationError({"sku": "SKU must be unique"})

    @action(detail=True, methods=["post"])
    def rate(self, request, pk=None):
        """Rate a product"""
        with self.error_boundary():
            product = self.get_object()
            rating = request.data.get("rating")
            comment = request.data.get("comment", "")

            if not rating or not (1 <= float(rating) <= 5):
                raise ValidationError({"rating": "Rating must be 1-5"})

            Review.objects.create(product=product, user=request.user, rating=float(rating), comment=comment)

            # Update product average rating
            avg_rating = product.reviews.aggregate(avg=Avg("rating"))["avg"]
            product.average_rating = avg_rating
            product.save(update_fields=["average_rating"])

            return self.success_response(
                message="Rating submitted successfully",
                data={"average_rating": product.average_rating},
            )

    @action(detail=False, methods=["post"])
    @transaction.atomic
    def bulk_create_from_csv(self, request):
        """Create products from CSV upload"""
        csv_file = request.FILES.get("file")
        if not csv_file:
            raise ValidationError({"file": "CSV file required"})

        reader = csv.DictReader(csv_file)
        products = []

        for row in reader:
            products.append(
                Product(
                    name=row["name"],
                    sku=row["sku"],
                    price=row["price"],
                    category_id=row["category_id"],
                )
            )

        created = Product.objects.bulk_create(products)

        return self.success_response(
            message=f"Created {len(created)} products",
            data={"count": len(created)},
            status_code=status.HTTP_201_CREATED,
        )


class ProductFilters(django_filters.FilterSet):
    """The price range, by the names of the guide."""

    min_price = django_filters.NumberFilter(field_name="price", lookup_expr="gte")
    max_price = django_filters.NumberFilter(field_name="price", lookup_expr="lte")

    class Meta:
        model = Product
        fields = ["category", "status", "price"]


class MendedProductSerializer(ProductSerializer):
    """Products, of which many are saved together."""

    class Meta(ProductSerializer.Meta):
        list_serializer_class = BulkListSerializer


class MendedProductViewSet(RatableMixin, BulkOperationViewSet):
    """Filters that know their names, ratings of the feature, and a CSV read as text through the serializer."""

    queryset = Product.objects.all()
    serializer_class = MendedProductSerializer
    filterset_class = ProductFilters
    search_fields = ["name", "description", "sku"]
    parser_classes = [JSONParser, MultiPartParser]
    max_bulk_size = 100

    @action(detail=False, methods=["post"])
    def bulk_create_from_csv(self, request):
        """Create products from CSV upload"""
        csv_file = request.FILES.get("file")
        if not csv_file:
            raise ValidationError({"file": "CSV file required"})
        try:
            rows = list(csv.DictReader(codecs.iterdecode(csv_file, "utf-8-sig"), strict=True))
        except (csv.Error, UnicodeDecodeError):
            raise ValidationError({"file": "This is no CSV in UTF-8."}) from None
        if len(rows) > self.max_bulk_size:
            raise ValidationError({"file": f"No more than {self.max_bulk_size} rows."})
        rows = [{**row, "category": row.get("category_id")} for row in rows]
        serializer = self.get_serializer(data=rows, many=True)
        serializer.is_valid(raise_exception=True)
        created = serializer.save()
        return self.success_response({"count": len(created)}, f"Created {len(created)} products", 201)


BOTH = pytest.mark.parametrize("view", [ProductViewSet, MendedProductViewSet], ids=["printed", "mended"])


@pytest.fixture
def drinks() -> Category:
    """Where products stand."""
    return Category.objects.create(name="Drinks")


@pytest.fixture
def tea(drinks: Category) -> Product:
    """A product."""
    return Product.objects.create(name="Tea", sku="T1", price=3, category=drinks)


# --- prices and numbers ---------------------------------------------------------------------------


@BOTH
def test_products_are_found_by_price_category_and_words(view: Any, ann: User, tea: Product) -> None:
    """As the guide says, with both of its limits included."""
    Product.objects.create(name="Wine", sku="W1", price=9, category=tea.category)
    with Site(products=view):

        def names(**query: Any) -> list[str]:
            return [one["name"] for one in caller(ann).get("/products/", query).json()["results"]]

        assert names(min_price=3, max_price=8) == ["Tea"]
        assert names(min_price="3.01") == ["Wine"]
        assert names(price="9.00") == ["Wine"]
        assert names(category=tea.category.pk, search="w1") == ["Wine"]
        assert names(status="gone") == []


@BOTH
@pytest.mark.parametrize("value", ["abc", "NaN", "Infinity", "1,5", "0x10"])
@pytest.mark.parametrize("name", ["min_price", "max_price"])
def test_price_that_is_none_is_invalid_input(view: Any, name: str, value: str, ann: User, tea: Product) -> None:
    """A 400 either way, for lists and details; the mended form also says which of the two it was."""
    with Site(products=view):
        for path in ("/products/", f"/products/{tea.pk}/"):
            answer = error_of(caller(ann).get(path, {name: value}))
            assert answer[:2] == (400, "validation_error")
            assert set(answer[2]) == {name if view is MendedProductViewSet else "non_field_errors"}


@BOTH
@pytest.mark.parametrize("value", ["1e400", "1e999999999", "9" * 4000])
def test_price_beyond_all_prices_fails_nobody(view: Any, value: str, ann: User, tea: Product) -> None:
    """Nothing costs that much, or it is refused."""
    with Site(products=view):
        answer = caller(ann).get("/products/", {"min_price": value})
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or answer.json()["count"] == 0


def body(drinks: Category, sku: str = "T1", **other: Any) -> dict[str, Any]:
    """A product to send."""
    return {"name": "Tea", "sku": sku, "price": "3.00", "category": drinks.pk, **other}


def test_taken_number_is_refused_by_both(ann: User, tea: Product, drinks: Category) -> None:
    """1011 asks first, which is a 400; mended the database decides, which is a 409 and holds for two at once too."""
    with Site(products=ProductViewSet, mended=MendedProductViewSet):
        asked = error_of(caller(ann).post("/products/", body(drinks), format="json"))
        assert asked == (400, "validation_error", {"sku": ["SKU must be unique"]})
        decided = error_of(caller(ann).post("/mended/", body(drinks), format="json"))
        assert decided == (409, "integrity_error", {"sku": ["This value is already taken."]})
    assert Product.objects.count() == 1


@BOTH
def test_bulk_creation_is_whole_or_nothing(view: Any, ann: User, tea: Product, drinks: Category) -> None:
    """Each item passes the hook; a taken number is told by its index and keeps the others out."""
    with Site(products=view):
        refused = caller(ann).post("/products/bulk_create/", [body(drinks, "A"), body(drinks)], format="json")
        assert (refused.status_code in (400, 409), set(error_of(refused)[2])) == (True, {"1.sku"})
        assert Product.objects.count() == 1
        made = caller(ann).post("/products/bulk_create/", [body(drinks, "A"), body(drinks, "B")], format="json")
        assert made.status_code == 201
    assert set(Product.objects.values_list("sku", flat=True)) == {"T1", "A", "B"}


# --- ratings --------------------------------------------------------------------------------------


def test_printed_rating_stores_a_review(ann: User, tea: Product) -> None:
    """What 1018-1045 do with good input; a second rating of the same user counts twice."""
    with Site(products=ProductViewSet):
        address = f"/products/{tea.pk}/rate/"
        first = caller(ann).post(address, {"rating": 5, "comment": "Good."}, format="json")
        assert first.json() == {"message": "Rating submitted successfully", "data": {"average_rating": 5.0}}
        assert caller(ann).post(address, {"rating": 4}, format="json").json()["data"] == {"average_rating": 4.5}
    assert Review.objects.filter(user=ann).count() == 2
    tea.refresh_from_db()
    assert tea.average_rating == Decimal("4.50")


GARBAGE = ["abc", "NaN", [3], {"a": 1}, "1e1000000", "0x3", True, False, None, "", 0, 5.01, -1, "٣"]


@pytest.mark.parametrize("rating", GARBAGE, ids=repr)
def test_rating_that_is_none_is_invalid_input_where_mended(rating: Any, ann: User, tea: Product) -> None:
    """Decimals, never floats: whatever is no rating is a 400 that names it."""
    with Site(products=MendedProductViewSet):
        answer = error_of(caller(ann).post(f"/products/{tea.pk}/rate/", {"rating": rating}, format="json"))
    assert (*answer[:2], set(answer[2])) == (400, "validation_error", {"rating"})
    tea.refresh_from_db()
    assert (tea.average_rating, tea.rating_count) == (None, 0)


@pytest.mark.parametrize("rating", GARBAGE, ids=repr)
def test_printed_rating_keeps_nothing_of_garbage(rating: Any, ann: User, tea: Product) -> None:
    """``float()`` fails at some of it, which is a 500 that tells nothing, and takes other for a number."""
    with Site(products=ProductViewSet):
        answer = caller(ann).post(f"/products/{tea.pk}/rate/", {"rating": rating}, format="json")
    if rating is True or rating == "٣":
        assert answer.status_code == 200
        return
    refused = error_of(answer)
    assert refused in ((400, "validation_error", {"rating": ["Rating must be 1-5"]}), (500, "server_error", {}))
    assert not Review.objects.exists()
    tea.refresh_from_db()
    assert tea.average_rating is None


def test_mended_rating_is_one_of_each_user(ann: User, bob: User, tea: Product) -> None:
    """A second one takes the place of the first; average and count are exact."""
    with Site(products=MendedProductViewSet):
        address = f"/products/{tea.pk}/rate/"
        for user, rating in ((ann, 1), (ann, 4.5), (bob, "3")):
            answer = caller(user).post(address, {"rating": rating, "comment": "x"}, format="json")
        assert answer.json() == {"rating": "3", "comment": "x", "average_rating": "3.75", "rating_count": 2}
        assert error_of(caller().post(address, {"rating": 3}, format="json"))[0] == 401
        assert error_of(caller(ann).post("/products/999/rate/", {"rating": 3}, format="json"))[0] == 404
    tea.refresh_from_db()
    assert (tea.average_rating, tea.rating_count) == (Decimal("3.75"), 2)


# --- CSV ------------------------------------------------------------------------------------------

HEAD = b"name,sku,price,category_id\n"


def upload(content: bytes) -> dict[str, Any]:
    """A form with a file."""
    return {"file": SimpleUploadedFile("products.csv", content, "text/csv")}


@BOTH
def test_file_is_required(view: Any, ann: User) -> None:
    """A 400 that names it, also where JSON was sent."""
    with Site(products=view):
        for sent in ({"data": {}, "format": "multipart"}, {"data": {"file": "x"}, "format": "multipart"}):
            answer = error_of(caller(ann).post("/products/bulk_create_from_csv/", **sent))
            assert answer == (400, "validation_error", {"file": ["CSV file required"]})
        as_json = caller(ann).post("/products/bulk_create_from_csv/", {"file": "x"}, format="json")
        assert error_of(as_json)[2] == {"file": ["CSV file required"]}


def test_printed_csv_is_read_as_bytes(ann: User, drinks: Category) -> None:
    """1056: a file of an upload gives bytes, which ``csv`` refuses: a 500 that tells nothing and keeps nothing."""
    with Site(products=ProductViewSet):
        row = f"Tea,T1,3.00,{drinks.pk}\n".encode()
        answer = caller(ann).post("/products/bulk_create_from_csv/", upload(HEAD + row), format="multipart")
    assert error_of(answer) == (500, "server_error", {})
    assert not Product.objects.exists()


def test_mended_csv_creates_products(ann: User, drinks: Category, django_assert_max_num_queries: Any) -> None:
    """Text in UTF-8, with or without a mark at its start, in few queries however many rows."""
    rows = "".join(f"Té {n},S{n},{n}.50,{drinks.pk}\n" for n in range(50)).encode()
    with Site(products=MendedProductViewSet), django_assert_max_num_queries(10):
        answer = caller(ann).post(
            "/products/bulk_create_from_csv/", upload(codecs.BOM_UTF8 + HEAD + rows), format="multipart"
        )
    assert (answer.status_code, answer.json()) == (201, {"message": "Created 50 products", "data": {"count": 50}})
    assert Product.objects.get(sku="S7").price == Decimal("7.50")
    assert Product.objects.get(sku="S7").name == "Té 7"


@pytest.mark.parametrize(
    ("content", "status_code", "named"),
    [
        (HEAD + b"Tea,A,3,1\nTea,B,cheap,1\n", 400, {"1.price"}),
        (HEAD + b"Tea,A,3,999\n", 400, {"0.category"}),
        (HEAD + b"Tea,A,3,1\nTea,A,4,1\n", 409, {"sku"}),
        (HEAD + b"Tea,T1,3,1\n", 409, {"sku"}),
        (HEAD + b"Tea,A\n", 400, {"0.price", "0.category"}),
        (b"name,price\nTea,3\n", 400, {"0.sku", "0.category"}),
        (HEAD + b"Tea,A,3,1,more\n", 201, set()),
        (HEAD + b"Tea\xff,A,3,1\n", 400, {"file"}),
        (HEAD + b'"Tea,A,3,1\n', 400, {"file"}),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 400, {"file"}),
        (HEAD + b"Tea,A,3,1\n" * 101, 400, {"file"}),
        (HEAD + b"T\x00ea,A,3,1\n", 400, {"0.name"}),
    ],
)
def test_bad_csv_is_told_by_row_and_column(
    content: bytes, status_code: int, named: set[str], ann: User, tea: Product
) -> None:
    """And creates nothing, the good rows before it included."""
    content = content.replace(b",1\n", f",{tea.category_id}\n".encode()).replace(
        b",1,more", f",{tea.category_id},more".encode()
    )
    with Site(products=MendedProductViewSet):
        answer = caller(ann).post("/products/bulk_create_from_csv/", upload(content), format="multipart")
    assert answer.status_code == status_code
    if status_code != 201:
        assert set(error_of(answer)[2]) == named
        assert Product.objects.count() == 1
