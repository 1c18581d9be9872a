"""What the schema of the API says of bulk writes: arrays in and out, and what became of each item."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.utils import OpenApiParameter

from ironbolt.core.keys import key_schema, keys_schema
from ironbolt.core.negotiation import JSON
from ironbolt.drf.bulk.actions import KNOWN, has_own_terms
from ironbolt.drf.bulk.door import BulkDoor
from ironbolt.drf.names import model_of
from ironbolt.features.bulk import Kind, most_of
from ironbolt.features.bulk.acting import acting_as
from ironbolt.features.bulk.describing import DELETED, MODE_MEANING, items, outcomes
from ironbolt.features.bulk.passed_over import own_single
from ironbolt.features.bulk.payload import MODE
from ironbolt.features.bulk.running import DONE, MULTI_STATUS

Schema = dict[str, Any]

_KINDS: dict[str, Kind] = {"bulk_create": "create", "bulk_update": "update", "bulk_delete": "destroy"}


class BulkSchema(SpectacularSchema):
    """In front of spectacular's own schema, which knows of one object for each request."""

    def bulk_kind(self) -> Kind | None:
        """What a bulk action does, None for any other action."""
        return _KINDS.get(self._action()) if hasattr(self.view, "max_bulk_size") else None

    def takes_arrays(self) -> bool:
        """Whether a single action takes an array too; one of the project's own takes what it says itself."""
        many = getattr(self.view, "bulk_create", None)
        if self._action() != "create" or not self._is_bulk() or many is None or has_own_terms(many):
            return False
        return own_single(type(self.view), "bulk_create", KNOWN) is None

    def permissions_of_single(self) -> list[Any]:
        """What is asked for the single action, of which a bulk action does many."""
        if self.bulk_kind() is None:
            return []
        with self._as_single():
            more: list[Any] = getattr(self.view, "get_action_permissions", list)()
            return [*self.view.get_permissions(), *more]

    def get_operation_id(self) -> str:
        """A name of its own for the collection, whose objects have the same methods."""
        name: str = super().get_operation_id()
        on_collection = self.bulk_kind() == "update" and not self.path.rstrip("/").endswith("bulk_update")
        return f"{name}_many" if on_collection else name

    def get_override_parameters(self) -> list[Any]:
        """The choice of the mode."""
        found: list[Any] = super().get_override_parameters()
        if self.bulk_kind() is None and not self.takes_arrays():
            return found
        return [*found, OpenApiParameter(MODE, bool, OpenApiParameter.QUERY, description=MODE_MEANING)]

    def _get_request_body(self, direction: Any = "request") -> Any:
        kind = self.bulk_kind()
        if kind is not None:
            return {"content": {JSON: {"schema": self._sent(kind)}}, "required": True}
        body: Any = super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # spectacular's is untyped
        content = (body or {}).get("content", {}).get(JSON)
        if content and self.takes_arrays():
            content["schema"] = {"anyOf": [content["schema"], self._sent("create")]}
        return body

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        kind = self.bulk_kind()
        if kind is not None:
            return {str(status): self._response(status, schema) for status, schema in self._answers(kind).items()}
        bodies: Any = super()._get_response_bodies(direction)
        if self.takes_arrays():
            done, some = self._answers("create").values()
            for content in bodies.get("201", {}).get("content", {}).values():
                content["schema"] = {"anyOf": [content["schema"], done]}
            bodies[str(MULTI_STATUS)] = self._response(MULTI_STATUS, some)
        return bodies

    def _response(self, status: int, schema: Schema) -> Any:
        return self._get_response_for_code(schema, str(status))  # type: ignore[no-untyped-call]  # spectacular's is untyped

    def _answers(self, kind: Kind) -> dict[int, Schema]:
        if kind == "destroy":
            return {DONE[kind]: DELETED, MULTI_STATUS: outcomes(None)}
        shown = self._component_of(self._serializer(), "response").ref
        return {DONE[kind]: {"type": "array", "items": shown}, MULTI_STATUS: outcomes(shown)}

    def _sent(self, kind: Kind) -> Schema:
        model, most = model_of(self.view), most_of(self.view)
        if model is None:
            return {}
        if kind == "destroy":
            return keys_schema(model, most)
        serializer = self._serializer()
        serializer.partial = kind == "update" and self.method == "PATCH"
        component = self._component_of(serializer, "request")
        return items(component.ref if kind == "create" else self._with_key(component.schema, model), most)

    def _with_key(self, schema: Schema, model: Any) -> Schema:
        """An item of an update, which names its object beside what is to be changed."""
        name = BulkDoor(self.view, model).key_name
        properties = {name: key_schema(model), **schema.get("properties", {})}
        required = [name, *(one for one in schema.get("required", ()) if one != name)]
        return {**schema, "properties": properties, "required": required}

    def _serializer(self) -> Any:
        view: Any = self.view
        with self._as_single():
            return view.get_serializer()

    def _component_of(self, serializer: Any, direction: Any) -> Any:
        return self.resolve_serializer(serializer, direction)

    @contextmanager
    def _as_single(self) -> Iterator[None]:
        updating = "update" if self.method == "PUT" else "partial_update"
        kind = self.bulk_kind() or "create"
        with acting_as(self.view, updating if kind == "update" else kind):
            yield

    def _action(self) -> str:
        return getattr(self.view, "action", None) or ""

    def _is_bulk(self) -> bool:
        return hasattr(self.view, "max_bulk_size")
