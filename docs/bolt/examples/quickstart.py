"""The books of a shop: a login, pages, writes for staff, an action and a stream."""

import time

import jwt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import F

from bookstore.catalog.models import Book
from ironbolt.bolt import BoltAPI, ModelViewSet, action
from ironbolt.bolt.auth import IsStaff, JWTAuthentication, ReadOnly
from ironbolt.bolt.exceptions import Unauthorized
from ironbolt.bolt.pagination import PageNumberPagination
from ironbolt.bolt.params import Form
from ironbolt.bolt.responses import EventStream
from ironbolt.bolt.structs import ModelStruct

api = BoltAPI("/shop", auth=[JWTAuthentication()], guards=[ReadOnly() | IsStaff()])


class BookOut(ModelStruct):
    class Meta:
        model = Book
        fields = ["id", "title", "isbn", "author_id", "price", "stock"]


@api.viewset("/books")
class BookViewSet(ModelViewSet):
    queryset = Book.objects.all()
    serializer_class = BookOut
    pagination_class = PageNumberPagination

    @action(methods=["POST"], detail=True)
    def restock(self, pk: int, copies: int = 1) -> BookOut:
        self.get_queryset().filter(pk=pk).update(stock=F("stock") + copies)
        return self.get_object(pk)


@api.get("/stock")
async def stock() -> EventStream:
    return EventStream({"book": book.pk, "stock": book.stock} async for book in Book.objects.all())


@api.post("/token", guards=[])
def token(username: str = Form(), password: str = Form()) -> dict[str, str]:
    if (user := authenticate(username=username, password=password)) is None:
        raise Unauthorized("Wrong user name or password.")
    claims = {"user_id": user.pk, "is_staff": user.is_staff, "exp": int(time.time()) + 900}
    return {"access": jwt.encode(claims, settings.SECRET_KEY)}
