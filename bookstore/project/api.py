"""Version 2 of the shop's API: every app's view sets, through the Bolt door."""

from bookstore.catalog.api.v2 import BookViewSet
from ironbolt.bolt import BoltAPI, Info

v2 = BoltAPI(
    "/api/v2",
    info=Info("Bookstore", "2", "The shop through the Bolt door. Get a token from `/api/token/`."),
    envelope=True,
)

v2.viewset("/books")(BookViewSet)
