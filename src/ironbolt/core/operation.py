"""What is being done, as data: the value every step of the pipeline is given."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from django.db.models import Model

Door = Literal["drf", "bolt"]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One write on its way through the pipeline.

    Attributes:
        action: what is done: ``create``, ``update``, ``partial_update``, ``destroy`` or an action's name.
        door: the door it came through.
        method: the HTTP method.
        path: the path of the request, without its query.
        model: the model it is about, None when it is about none.
        database: the alias of the database it writes to.
        public_names: model field name → the name the client knows it by, for errors; None where they are the same.
    """

    action: str
    door: Door
    method: str
    path: str
    model: type[Model] | None = None
    database: str = "default"
    public_names: Mapping[str, str] | None = None
