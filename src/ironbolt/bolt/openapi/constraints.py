"""What a model asks of a field, in the words of JSON Schema, so that the description of an API is true."""

from decimal import Decimal
from typing import Any, TypeGuard

from django.core import validators
from django.db import models

from ironbolt.core.validation import MOST_KEYS, NOT_BLANK

Schema = dict[str, Any]


def constraints_of(field: "models.Field[Any, Any]") -> Schema:
    """The JSON Schema keywords that a model field adds to the type of its values."""
    if field.many_to_many:
        return {"items": _of_key(field), "maxItems": MOST_KEYS}
    if isinstance(field, models.ForeignKey):
        return _of_key(field)
    if isinstance(field, models.DecimalField):
        return _of_decimal(field)
    if isinstance(field, models.IntegerField | models.FloatField):
        return {"enum": [choice for choice, _ in field.flatchoices]} if field.choices else _bounds(field)
    if isinstance(field, models.CharField | models.TextField):
        return _of_text(field)
    return {}


def _of_key(field: Any) -> Schema:
    target = field.target_field if isinstance(field, models.ForeignKey) else field.related_model._meta.pk
    if isinstance(target, models.IntegerField):
        return {"type": "integer", **_bounds(target)}
    return {"type": "string", "format": "uuid"} if isinstance(target, models.UUIDField) else constraints_of(target)


def _bounds(field: "models.Field[Any, Any]") -> Schema:
    lower = [_limit(item) for item in field.validators if isinstance(item, validators.MinValueValidator)]
    upper = [_limit(item) for item in field.validators if isinstance(item, validators.MaxValueValidator)]
    return {**({"minimum": max(lower)} if lower else {}), **({"maximum": min(upper)} if upper else {})}


def _limit(validator: Any) -> Any:
    limit = validator.limit_value
    limit = limit() if callable(limit) else limit
    return float(limit) if isinstance(limit, Decimal) else limit  # a bound is a number, our decimals are text


def _of_text(field: "models.Field[Any, Any]") -> Schema:
    if field.choices:
        blank = [""] if field.blank else []
        return {"enum": list(dict.fromkeys([*blank, *(choice for choice, _ in field.flatchoices)]))}
    patterns = [] if field.blank else [NOT_BLANK]
    patterns += [_portable(item.regex) for item in field.validators if _is_plain_pattern(item)]
    if field.blank:
        patterns = [f"^$|{pattern}" for pattern in patterns]  # an empty text is never asked
    return {
        **({"maxLength": field.max_length} if field.max_length else {}),
        **({} if field.blank else {"minLength": 1}),
        **({"pattern": patterns[-1]} if patterns else {}),
    }


def _is_plain_pattern(validator: Any) -> TypeGuard[validators.RegexValidator]:
    """Whether a validator is its pattern and nothing more, which those of URLs, for one, are not."""
    return type(validator) is validators.RegexValidator and not validator.inverse_match and not validator.flags


def _portable(regex: Any) -> str:
    r"""A Python pattern in the dialect of JSON Schema (ECMA 262), which has no ``\A`` and no ``\Z``."""
    return str(regex.pattern).replace(r"\A", "^").replace(r"\Z", "$")


def _of_decimal(field: "models.DecimalField[Any, Any]") -> Schema:
    """A decimal comes as text, so that nothing is lost, or as a JSON number."""
    whole, places = (field.max_digits or 0) - (field.decimal_places or 0), field.decimal_places or 0
    bounds = _bounds(field)
    sign = "" if bounds.get("minimum", -1) >= 0 else "-?"
    fraction = rf"(\.\d{{1,{places}}})?" if places else ""
    number = {"type": "number", **bounds, "exclusiveMaximum": 10**whole, "multipleOf": float(f"1e-{places}")}
    return {"anyOf": [{"type": "string", "pattern": rf"^{sign}\d{{1,{whole}}}{fraction}$"}, number]}
