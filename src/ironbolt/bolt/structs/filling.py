"""Which form a client fills in for an action, and filling it where only the request could tell which."""

from typing import Any

import msgspec

from ironbolt.bolt.structs.deriving import write_struct
from ironbolt.bolt.structs.fields import declaration_of
from ironbolt.bolt.structs.forms import patch_form, put_form
from ironbolt.bolt.structs.invalid import faults_of, with_whole_numbers
from ironbolt.core.errors import ValidationFailed


def form_for(view: Any, struct: type[msgspec.Struct], action: str) -> type[msgspec.Struct]:
    """The form of an action: the declared Struct, or what of a read Struct may be written.

    Args:
        view: the view set, its class or an instance.
        struct: what its ``get_serializer_class`` says for the action.
        action: ``create``, ``update`` or ``partial_update``.
    """
    model = view.model_class()
    if model is None:
        return struct
    if is_shown_only(view, struct):
        struct = write_struct(struct, model)
    if action == "create":
        return struct
    return put_form(struct) if action == "update" else patch_form(struct)


def is_shown_only(view: Any, struct: type[msgspec.Struct]) -> bool:
    """Whether a Struct says what clients get, so that what they send has to be derived from it.

    A ``ModelStruct`` does, whatever it is given for, and a ``ModelInput`` never; any other Struct as it is given.
    """
    if declared := declaration_of(struct):
        return not declared.is_input
    is_given_for_writing = struct in (view.create_serializer_class, view.update_serializer_class)
    return struct is view.serializer_class and not is_given_for_writing


def filled(view: Any, action: str, data: Any) -> Any:
    """``data`` in the form of an action, which a view that decides by the request names only now.

    Raises:
        ValidationFailed: with every fault.
    """
    if isinstance(data, msgspec.Struct) or view.model_class() is None:
        return data
    form = form_for(view, view.get_serializer_class(action), action)
    plain = with_whole_numbers(data)
    try:
        return msgspec.convert(plain, form)
    except msgspec.ValidationError:
        raise ValidationFailed(faults_of(plain, form)) from None
