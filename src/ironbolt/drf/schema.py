"""The schema of the API: what every view of this door can answer, without a word from who wrote it."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticatedOrReadOnly
from uritemplate import variables

from ironbolt.core.answer_schema import ERROR, PROBLEM, error_content, open_text, request_id
from ironbolt.core.context import REQUEST_ID_HEADER
from ironbolt.core.negotiation import JSON
from ironbolt.core.settings import get_settings
from ironbolt.core.status import STATUS_MEANINGS
from ironbolt.core.validation import NOT_BLANK
from ironbolt.drf.bulk.describing import BulkSchema
from ironbolt.drf.describing.dialect import in_dialect, operation_in_dialect
from ironbolt.drf.describing.envelopes import envelop, in_envelope
from ironbolt.drf.describing.parts import decimal_input, without_int64_limits
from ironbolt.drf.describing.security import JWTScheme
from ironbolt.drf.describing.words import WordedSchema
from ironbolt.drf.names import model_of
from ironbolt.drf.serializers import is_strict
from ironbolt.drf.write_only import reading_of

__all__ = ["AutoSchema", "JWTScheme", "in_envelope"]

Schema = dict[str, Any]


class AutoSchema(WordedSchema, BulkSchema):
    """For ``REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"]``: adds the envelope, the errors and the trace."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Schema | None:
        """One operation, complete."""
        operation: Schema | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        responses = operation["responses"]
        if getattr(self.view, "envelope", False):
            envelop(responses, self._components())
        for status in sorted(set(self._error_statuses(operation))):
            responses.setdefault(str(status), self._error(status))
        for response in responses.values():
            response.setdefault("headers", {})[REQUEST_ID_HEADER] = request_id()
        operation_in_dialect(operation)
        return operation

    # --- errors -----------------------------------------------------------------------------------

    def _error_statuses(self, operation: Schema) -> Iterator[int]:
        """The statuses that this operation can really answer, besides its success."""
        yield from (406, 500)
        yield from getattr(self.view, "error_statuses", ())
        has_query = any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
        if "requestBody" in operation:
            yield from (get_settings().VALIDATION_STATUS, 400, 413, 415)
        elif has_query:
            yield get_settings().VALIDATION_STATUS
        if variables(self.path) or self._get_paginator_of_list() or self.bulk_kind() in ("update", "destroy"):
            yield 404
        if self.method not in SAFE_METHODS and model_of(self.view):
            yield 409
        if any(getattr(throttle, "rate", True) for throttle in self.view.get_throttles()):  # None: switched off
            yield 429
        if self.view.get_authenticators():
            yield 401
            if not self._is_open():
                yield 403

    def _error(self, status: int) -> Schema:
        error, problem = self._component("Error", ERROR), self._component("Problem", PROBLEM)
        response: Schema = {
            "description": STATUS_MEANINGS[status][1],
            "content": error_content(error.ref, problem.ref),
        }
        if status == 401:
            response["headers"] = {"WWW-Authenticate": open_text("How to authenticate.")}
        if status == 429:
            response["headers"] = {"Retry-After": open_text("How many seconds to wait.")}
        return response

    def _component(self, name: str, schema: Schema) -> ResolvedComponent:
        make: Any = ResolvedComponent
        component: ResolvedComponent = make(
            name=name, type=ResolvedComponent.SCHEMA, schema=in_dialect(schema), object=name
        )
        self.registry.register_on_missing(component)
        return component

    def _components(self) -> dict[str, Schema]:
        """Those known so far, by their names."""
        found: Any = self.registry._components  # noqa: SLF001 - it can be asked in no other way
        return {component.name: component.schema or {} for component in found.values()}

    def _get_paginator_of_list(self) -> Any:
        return super()._get_paginator() if self._is_list_view() else None  # type: ignore[no-untyped-call]  # spectacular's is untyped

    # --- actions of features ----------------------------------------------------------------------

    def _described(self) -> Any:
        """What a view says of an action that a feature has brought, None where it says nothing."""
        describe = getattr(self.view, "describe_action", None)
        return describe() if describe else None

    def get_request_serializer(self) -> Any:
        """What is sent."""
        described = self._described()
        if described is None:
            return super().get_request_serializer()
        return {JSON: described.body} if described.body else None

    def get_response_serializers(self) -> Any:
        """What is answered."""
        described = self._described()
        if described is None or described.lists:
            return super().get_response_serializers()
        return {200: described.answer or self._get_serializer()}  # type: ignore[no-untyped-call]  # spectacular's is untyped

    def _is_list_view(self, serializer: Any = None) -> bool:
        described = self._described()
        if described is not None:
            return bool(described.lists)
        return bool(super()._is_list_view(serializer))

    # --- who may ----------------------------------------------------------------------------------

    def get_auth(self) -> list[Schema]:
        """The ways to authenticate; with an empty one where nobody has to."""
        auths: list[Schema] = [auth for auth in super().get_auth() if auth]
        return [*auths, {}] if self._is_open() else auths

    def _is_open(self) -> bool:
        """Whether an anonymous caller passes every permission of this view."""
        own = ("get_permissions", "get_action_permissions", "get_feature_permissions")
        asked = [permission for name in own for permission in getattr(self.view, name, list)()]
        return all(map(self._lets_everybody_in, [*asked, *self.permissions_of_single()]))

    def _lets_everybody_in(self, permission: Any) -> bool:
        reads = isinstance(permission, IsAuthenticatedOrReadOnly) or getattr(permission, "open_to_readers", False)
        return isinstance(permission, AllowAny) or (reads and self.method in SAFE_METHODS)

    # --- what may be sent -------------------------------------------------------------------------

    def resolve_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """The component; of what only writes, that of what it is read by, where it is an answer."""
        shown = reading_of(serializer) if direction == "response" else serializer
        return super().resolve_serializer(shown, direction, bypass_extensions)

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Schema:
        return in_dialect(self._mapped(serializer, direction, bypass_extensions))

    def _mapped(self, serializer: Any, direction: Any, bypass_extensions: bool) -> Schema:
        schema: Schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]  # spectacular's is untyped
        if "properties" not in schema:
            return schema
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            schema["required"] = sorted(schema["properties"])  # what is read is always all there
        if direction == "request" and is_strict(serializer):
            schema["additionalProperties"] = False
            for name, shape in schema["properties"].items():
                if "pattern" not in shape and _needs_more_than_blanks(serializer.fields[name]):
                    shape["pattern"] = NOT_BLANK
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]  # spectacular's is untyped
        if direction == "request" and is_strict(field.parent) and isinstance(field, serializers.DecimalField):
            return decimal_input(field, schema)
        return without_int64_limits(schema) if isinstance(field, serializers.IntegerField) else schema


def _needs_more_than_blanks(field: Any) -> bool:
    return isinstance(field, serializers.CharField) and field.trim_whitespace and not field.allow_blank
