"""Structs declared by a model: a ``Meta`` names model and fields, the body adds to them or replaces them."""

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.structs.computing import Computation, annotation_for
from ironbolt.bolt.structs.fields import Declaration, Unresolved, declaration_of, source_in
from ironbolt.bolt.structs.inputs import check_input
from ironbolt.bolt.structs.meta import Meta, derived_inputs, derived_outputs, read_meta
from ironbolt.bolt.structs.planning import plan_of
from ironbolt.plans.relations import all_names


class DeclaredMeta(msgspec.StructMeta):
    """Makes Structs whose ``Meta`` says what the body does not."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "DeclaredMeta":
        """Derive the fields that the body leaves to the model.

        Raises:
            ImproperlyConfigured: something is named that the model does not have, or that can't be as declared.
        """
        if "__whole__" in namespace:  # a form of one that was checked before
            return super().__new__(mcls, name, bases, namespace, **config)
        is_input = any(getattr(base, "__is_input__", False) for base in bases)
        declared = next((known for base in bases if (known := declaration_of(base))), None)
        body = _take_body(namespace)
        if meta := read_meta(name, namespace.get("Meta"), declared.model if declared else None):
            if meta.update_nested and not is_input:
                raise ImproperlyConfigured(f"{name}.Meta.update_nested is for a ModelInput; clients only get this one.")
            declared = Declaration(meta.model, is_input, meta.update_nested)
            namespace["__declaration__"] = declared
            inherited = {field for base in bases for field in getattr(base, "__struct_fields__", ())}
            body = _completed(name, meta, body, inherited, namespace)
            config.setdefault("rename", meta.rename)
        namespace["__annotations__"] = body
        if is_input or not _is_in_order(body, namespace):
            config.setdefault("kw_only", True)
        made = super().__new__(mcls, name, bases, namespace, **config)
        if declared:
            _check(made, declared)
        return made


def _take_body(namespace: dict[str, Any]) -> dict[str, Any]:
    """The fields of a class body, computed ones last: name → type."""
    if sys.version_info >= (3, 14) and "__annotations__" not in namespace:
        import annotationlib

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        found = annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF) if annotate else {}
        for name in ("__annotate__", "__annotate_func__"):
            namespace.pop(name, None)
    else:
        found = namespace.get("__annotations__", {})
    body: dict[str, Any] = dict(found)
    for name, value in list(namespace.items()):
        if isinstance(value, Computation):
            body[name] = annotation_for(namespace.pop(name))
    return body


def _completed(
    name: str, meta: Meta, body: dict[str, Any], inherited: set[str], namespace: dict[str, Any]
) -> dict[str, Any]:
    """The fields of the body among those of the model, in the order of ``Meta.fields`` or else the model's."""
    known = {*body, *inherited}
    named = known | {found for kind in body.values() if (found := source_in(kind))}
    is_input = namespace["__declaration__"].is_input
    derived = (derived_inputs if is_input else derived_outputs)(name, meta, known, named)
    fields = {**body, **{field: kind for field, (kind, _) in derived.items()}}
    if not fields and not inherited:
        raise ImproperlyConfigured(f'{name}.Meta.fields is missing: name the fields, or all of them by "__all__".')
    for field, (_, is_optional) in derived.items():
        if is_optional:
            namespace[field] = msgspec.UNSET
    order = dict.fromkeys([*(meta.fields or all_names(meta.model)), *derived, *body])
    return {field: fields[field] for field in order if field in fields}


def _is_in_order(body: dict[str, Any], namespace: dict[str, Any]) -> bool:
    """Whether all fields with a default come last."""
    optional = [field in namespace for field in body]
    return optional == sorted(optional)


def _check(made: Any, declared: Declaration) -> None:
    if declared.is_input:
        check_input(made, declared.model)
        return
    try:
        plan_of(made, declared.model)
    except Unresolved:
        return  # a name in quotes may be defined below; it is looked up again when a view uses the Struct


class _Declared(msgspec.Struct, metaclass=DeclaredMeta):
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """A field that is derived from the model."""


class ModelStruct(_Declared):
    """What clients get of a model's rows, by declaration.

    ::

        class BookOut(ModelStruct):
            class Meta:
                model = Book
                fields = ["id", "title", "author", "categories"]

            author: AuthorOut
            categories: list[CategoryOut]
            publisher_name: Annotated[str | None, source("publisher.name")]

            @computed
            @staticmethod
            def line(title: str, writer: Annotated[str, source("author.last_name")]) -> str:
                return f"{title}, by {writer}"

    ``Meta`` takes ``model``; ``fields``, a list of names or ``"__all__"``, or ``exclude``; ``rename``, as msgspec
    does; ``depth``, how many levels a Struct that contains itself may have below the first; ``select_related`` and
    ``prefetch_related``, for what a ``from_model`` of one's own reads. A relation that is not nested is its key or
    a list of keys. Secrets are only among the fields when named.
    """


class ModelInput(_Declared):
    """What clients send to write a model's rows, by declaration as :class:`ModelStruct`.

    A field whose column has a default, or may be empty, may be left out and then is ``UNSET``. Relations to many are
    lists of keys. A nested ``ModelInput`` for a foreign key is written along as a new row; where there is one already
    it is refused, unless ``Meta`` says ``update_nested = True``: then that row is changed, without the guards, the
    hooks and the scope of its own view set.
    """

    __is_input__: ClassVar[bool] = True
