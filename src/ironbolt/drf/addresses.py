"""What addresses name objects by: a text that can be no key names none, even where Python would read a number in it."""

import re
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, IntegerField, Model
from django.http import Http404

from ironbolt.drf.names import model_of

_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)


def check_key(view: Any) -> None:
    """Refuse an address that names no row of any table.

    Raises:
        Http404: its key is none.
    """
    key = view.kwargs.get(view.lookup_url_kwarg or view.lookup_field)
    if key is not None and not _can_be(str(key), model_of(view), view.lookup_field):
        raise Http404


def _can_be(key: str, model: type[Model] | None, lookup: str) -> bool:
    if "\0" in key:  # databases refuse it, each in its own way
        return False
    field = _field(model, lookup)
    if field is None or type(field).__module__ != "django.db.models.fields":  # others read keys in ways of their own
        return True
    if isinstance(field, IntegerField):  # Python reads more as a number than we write: signs, blanks, other scripts
        return _INTEGER.fullmatch(key) is not None
    try:
        field.to_python(key)
    except (ArithmeticError, TypeError, ValueError, ValidationError):
        return False
    return True


def _field(model: type[Model] | None, lookup: str) -> "Field[Any, Any] | None":
    """The column that a lookup names; None where it names something else, such as one of another table."""
    if model is None:
        return None
    if lookup == "pk":
        return model._meta.pk
    try:
        found = model._meta.get_field(lookup)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, Field) else None
