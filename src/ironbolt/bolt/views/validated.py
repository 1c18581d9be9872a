"""Requests and answers of one's own handlers, held to a type: ``validated_request`` and ``validated_response``."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.binding.bodies import BodyReader
from ironbolt.bolt.request import Request
from ironbolt.bolt.structs.invalid import faults_of, words_for
from ironbolt.bolt.structs.shaping import needs_database, shape_of, shaped
from ironbolt.core.answers import Answer, InvalidAnswer, checked_answer
from ironbolt.core.errors import NON_FIELD_ERRORS, Details, ValidationFailed


class Validated:
    """The part of a view that validates what its own handlers get and give."""

    request: Request
    action: str

    @contextmanager
    def validated_request(self, kind: Any) -> Iterator[Any]:
        """The body of the request as a type: ``with self.validated_request(RateIn) as data: …``.

        For a handler that decides late what it takes; one that knows says so in its signature. It has to take a body
        all the same, as ``data: Any``.

        Args:
            kind: a Struct, or whatever else a body may be.

        Raises:
            ValidationFailed: 400, with every field at fault.
            ImproperlyConfigured: the handler takes no body, so none was read.
        """
        if self.request.route is None or self.request.route.binder.body is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__}.{self.action} takes no body, so none was read: give it a parameter data: Any."
            )
        faults: Details = {}
        read = BodyReader(kind).read(self.request, faults)
        if faults:
            raise ValidationFailed(faults)
        yield read

    def validated_response(self, kind: Any) -> AbstractContextManager[Answer]:
        """An answer of a type: ``answer.data = product``, then ``return answer.data``.

        It is checked as it is set, values within a Struct included. Rows are read into the Struct that the type names,
        on an event loop only those whose relations are loaded. A block that sets none has broken its promise too,
        unless something is raised in it.

        Args:
            kind: what is promised: a Struct, a list of one, or any other type.

        Raises:
            InvalidAnswer: 500; the log alone says which fields are wrong.
        """
        where = f"{type(self).__name__}.{self.action}"
        shape = shape_of(kind, where)

        def check(value: Any) -> Any:
            if needs_database(value):
                value = shaped(value, shape, self)
            return _converted(value, kind, where)

        return checked_answer(where, check)


def _converted(value: Any, kind: Any, where: str) -> Any:
    """The value as that type, of which nothing is taken for granted: a Struct may hold what its fields forbid."""
    try:
        plain = msgspec.to_builtins(value)
    except TypeError:  # an object that has the attributes
        plain = value
    try:
        return msgspec.convert(plain, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        path, sentence = words_for(error)
        faults = faults_of(plain, kind) or {path or NON_FIELD_ERRORS: [sentence]}
        raise InvalidAnswer(where, faults) from None
