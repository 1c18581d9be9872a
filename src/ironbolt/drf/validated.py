"""Requests and answers of one's own actions, held to a serializer: ``validated_request`` and ``validated_response``."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from rest_framework import relations, serializers
from rest_framework import views as drf_views

from ironbolt.core.answers import Answer, InvalidAnswer, checked_answer
from ironbolt.core.errors import NON_FIELD_ERRORS, Details, flatten, joined
from ironbolt.core.validation import NULL

if TYPE_CHECKING:
    _View = drf_views.APIView
else:
    _View = object

_UNCHECKED = (
    serializers.SerializerMethodField,
    serializers.ReadOnlyField,
    serializers.FileField,
    serializers.HiddenField,
    relations.RelatedField,
    relations.ManyRelatedField,
)
"""Fields that show something else than they take, or that would ask the database."""


class Validated(_View):
    """The part of a view that validates what its own actions get and give."""

    @contextmanager
    def validated_request(self, serializer_class: Any, **options: Any) -> Iterator[Any]:
        """The valid data of the request: ``with self.validated_request(RateSerializer) as data: …``.

        Args:
            serializer_class: what the body is held to.
            options: for the serializer, such as ``many``, ``partial`` or ``instance``.

        Raises:
            ValidationError: 400, with every field at fault.
        """
        data: Any = self.request.data
        serializer = serializer_class(data=data, context=_context_of(self), **options)
        serializer.is_valid(raise_exception=True)
        yield serializer.validated_data

    def validated_response(self, serializer_class: Any, *, many: bool = False) -> AbstractContextManager[Answer]:
        """An answer that a serializer shows and its fields allow: ``answer.data = product``, then ``answer.data``.

        It is checked as it is set, by the fields alone: nothing asks the database for it. What the serializer does not
        declare is left out. A block that sets none has broken its promise too, unless something is raised in it.

        Args:
            serializer_class: what is promised.
            many: whether it is a list of that.

        Raises:
            InvalidAnswer: 500; the log alone says which fields are wrong.
        """
        action = getattr(self, "action", None) or str(self.request.method).lower()
        where = f"{type(self).__name__}.{action}"

        def check(value: Any) -> Any:
            if value is None:  # REST framework would show an empty form
                raise InvalidAnswer(where, {NON_FIELD_ERRORS: [NULL]})
            return _shown(serializer_class(value, many=many, context=_context_of(self)), where)

        return checked_answer(where, check)


def _context_of(view: Any) -> dict[str, Any]:
    if hasattr(view, "get_serializer_context"):
        context: dict[str, Any] = view.get_serializer_context()
        return context
    return {"request": view.request, "format": view.format_kwarg, "view": view}


def _shown(serializer: Any, where: str) -> Any:
    try:
        shown = serializer.data
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidAnswer(where, {NON_FIELD_ERRORS: [f"{type(error).__name__}: it can't be shown."]}) from error
    if faults := dict(_faults_of(serializer, shown)):
        raise InvalidAnswer(where, faults)
    return shown


def _faults_of(field: Any, value: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Dotted path → messages of what is shown, and would not be taken."""
    if isinstance(field, serializers.ListSerializer):
        for index, item in enumerate(value):
            yield from _faults_of(field.child, item, joined(path, str(index)))
    elif value is None:
        if not field.allow_null and not field.read_only:
            yield path or NON_FIELD_ERRORS, [NULL]
    elif isinstance(field, serializers.Serializer):
        for name, inner in field.fields.items():
            if name in value:
                yield from _faults_of(inner, value[name], joined(path, name))
    elif not isinstance(field, _UNCHECKED):
        yield from _faults_of_value(field, value, path).items()


def _faults_of_value(field: Any, value: Any, path: str) -> Details:
    # The field is that of one answer: nobody else sees what is done to it.
    field.read_only = False
    field.validators = [one for one in field.validators if not hasattr(one, "queryset")]
    try:
        field.run_validation(value)
    except serializers.ValidationError as error:
        return flatten(error.detail, path)
    except NotImplementedError:  # it shows, and takes nothing
        return {}
    return {}
