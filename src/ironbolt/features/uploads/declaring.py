"""What an upload is declared by: a model, its column of files, and which files that takes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import msgspec
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from ironbolt.core.spelling import did_you_mean
from ironbolt.features.uploads.kinds import PICTURES, USUAL, kinds_of
from ironbolt.features.uploads.pictures import load_pillow
from ironbolt.features.uploads.rules import MEGABYTE, PIXELS, UploadRule
from ironbolt.features.uploads.sniffing import load_tables

OWNERS = ("owner", "uploaded_by", "created_by", "user")
"""Columns that are taken for the owner's where they point to users."""

Fact = Literal["name", "size", "content_type"]


class UploadOptions(TypedDict, total=False):
    """What may be said of an upload beside its model and its size.

    Attributes:
        allowed_types: media types, such as ``("image/png", "application/pdf")``; ``image/*`` for all pictures.
        fields: other columns that clients fill, as parts of the same form.
        file_field: the column of files, where the model has several.
        owner_field: the column that points to who uploads; empty for none.
        max_pixels: how many a picture may have; None for any number.
        columns: where the name, the size and the type are kept: ``{"name": "original_name"}``.
        permission_classes: who may; whoever is logged in.
    """

    allowed_types: Sequence[str]
    fields: Sequence[str]
    file_field: str
    owner_field: str
    max_pixels: int | None
    columns: Mapping[Fact, str]
    permission_classes: Sequence[Any]


class Upload(msgspec.Struct, frozen=True):
    """A declared upload.

    Attributes:
        model: what a row is made of for each file.
        column: its column of files.
        rule: which files are taken.
        fields: other columns that clients fill.
        owner: the column that points to who uploads; None for none.
        columns: name, size or type → the column that keeps it.
    """

    model: type[models.Model]
    column: str
    rule: UploadRule
    fields: tuple[str, ...]
    owner: str | None
    columns: dict[str, str]


def upload_of(model: type[models.Model], max_size_mb: float, options: UploadOptions) -> Upload:
    """The upload that somebody declares.

    Raises:
        ImproperlyConfigured: a name is none of the model's, there is no such type of files, a limit is no limit, or a
            library that it needs is missing.
    """
    column = _file_column(model, options.get("file_field"))
    fields = tuple(options.get("fields", ()))
    owner = _owner(model, options.get("owner_field"))
    columns = {str(fact): name for fact, name in options.get("columns", {}).items()}
    if unknown := columns.keys() - {"name", "size", "content_type"}:
        raise ImproperlyConfigured(
            f"columns: {unknown.pop()!r} is not known of a file; its name, size, content_type are."
        )
    for name in (*fields, *columns.values()):
        _column(model, name)
    for taken in {column.name, "file", "url", "pk", owner, *columns.values()} & set(fields):
        raise ImproperlyConfigured(f"fields: {taken!r} is set by the upload itself, and not sent beside the file.")
    return Upload(model, column.name, _rule(column, max_size_mb, options), fields, owner, columns)


def _rule(column: models.FileField, max_size_mb: float, options: UploadOptions) -> UploadRule:
    if type(max_size_mb) not in (int, float) or not 0 < max_size_mb < 2**20:
        raise ImproperlyConfigured(f"max_size_mb is a number of megabytes, and not {max_size_mb!r}.")
    pixels = options.get("max_pixels", PIXELS)
    if pixels is not None and (type(pixels) is not int or pixels < 1):
        raise ImproperlyConfigured(f"max_pixels is a number of pixels, or None, and not {pixels!r}.")
    usual = PICTURES if isinstance(column, models.ImageField) else USUAL
    rule = UploadRule(kinds_of(options.get("allowed_types", usual)), max(int(max_size_mb * MEGABYTE), 1), pixels)
    load_tables()
    if pixels is not None and any(kind.family == "picture" for kind in rule.kinds):
        load_pillow()
    return rule


def _file_column(model: type[models.Model], name: str | None) -> models.FileField:
    columns = {one.name: one for one in model._meta.concrete_fields if isinstance(one, models.FileField)}
    if name is not None:
        if name not in columns:
            raise ImproperlyConfigured(
                f"{model.__name__} has no column of files {name!r}.{did_you_mean(name, columns)}"
            )
        return columns[name]
    if len(columns) != 1:
        has = f"several columns of files, {', '.join(columns)}: say file_field" if columns else "no column of files"
        raise ImproperlyConfigured(f"{model.__name__} has {has}.")
    return next(iter(columns.values()))


def _owner(model: type[models.Model], name: str | None) -> str | None:
    if name == "":
        return None
    if name is None:
        return next((one for one in OWNERS if _points_to_users(model, one)), None)
    if not _points_to_users(model, name):
        raise ImproperlyConfigured(f"owner_field: {model.__name__}.{name} does not point to users.")
    return name


def _points_to_users(model: type[models.Model], name: str) -> bool:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return isinstance(field, models.ForeignKey) and field.related_model is get_user_model()


def _column(model: type[models.Model], name: str) -> None:
    known = [one.name for one in (*model._meta.concrete_fields, *model._meta.many_to_many)]
    if name not in known:
        raise ImproperlyConfigured(f"{model.__name__} has no column {name!r}.{did_you_mean(name, known)}")
