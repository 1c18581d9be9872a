"""Why a row has to be written by Django: ways of its own that a model or a column has, and who listens to it."""

from typing import Any

from django.db import connections, models
from django.db.models import Manager, Model
from django.db.models.fields.files import FieldFile, FileDescriptor, ImageFieldFile, ImageFileDescriptor
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, post_save, pre_init, pre_save

SAVING = ("save", "save_base", "_save_table", "_do_insert", "_do_update", "_get_pk_val", "_is_pk_set")
"""What ``Model.save`` is made of."""

_MAKING = ("__init__", "__setattr__", "__getattribute__", "from_db", "refresh_from_db")

_PLAIN_ATTRIBUTES = (DeferredAttribute, ForeignKeyDeferredAttribute, FileDescriptor, ImageFileDescriptor)

_SIGNALS = (pre_init, post_init, pre_save, post_save)

_PRE_SAVES = {
    getattr(kind, "pre_save")  # noqa: B009 - the stubs know of none
    for kind in (models.Field, models.DateField, models.DateTimeField, models.TimeField)
}


def saves_in_its_own_way(model: type[Model]) -> bool:
    """Whether ``Model.save`` does more for a model than to write one row of one table."""
    meta: Any = model._meta
    own = any(getattr(model, name, None) is not getattr(Model, name, None) for name in SAVING)
    return bool(
        own or meta.parents or meta.proxy or meta.order_with_respect_to or type(model._base_manager) is not Manager
    )


def why_django_writes(model: type[Model]) -> str:
    """What a row of a model needs an instance for, nothing where its values are enough."""
    meta: Any = model._meta
    if saves_in_its_own_way(model) or meta.select_on_save or meta.swapped or not meta.managed:
        return f"{model.__name__} is saved in a way of its own"
    if len(meta.pk_fields) != 1:
        return f"{model.__name__} has a key of several columns"
    made = [name for name in _MAKING if _is_own(model, name)]
    if made:
        return f"{model.__name__} has its own {made[0]}"
    return next((reason for field in meta.local_concrete_fields if (reason := _why_not_column(field, model))), "")


def _is_own(model: type[Model], name: str) -> bool:
    own, plain = getattr(model, name), getattr(Model, name)
    return getattr(own, "__func__", own) is not getattr(plain, "__func__", plain)


def _why_not_column(field: Any, model: type[Model]) -> str:
    attribute = next(vars(cls)[field.attname] for cls in model.__mro__ if field.attname in vars(cls))
    if not type(field).__module__.startswith("django.db.models."):
        return f"{field.name!r} is a column of its own kind"
    if isinstance(field, models.GeneratedField):
        return ""
    if type(attribute) not in _PLAIN_ATTRIBUTES:
        return f"{field.name!r} has an attribute of its own kind"
    if isinstance(field, models.FileField):
        return "" if field.attr_class in (FieldFile, ImageFieldFile) else f"{field.name!r} has files of its own kind"
    return "" if type(field).pre_save in _PRE_SAVES else f"{field.name!r} has its own pre_save"


def is_listened_to(model: type[Model]) -> bool:
    """Whether somebody wants to hear of the rows of a model, as of now."""
    return any(signal.receivers and signal.has_listeners(model) for signal in _SIGNALS)


def why_not_returned(using: str) -> str:
    """Why a database can't give back what it has written, nothing where it can."""
    connection = connections[using]
    if connection.vendor in ("sqlite", "postgresql") and connection.features.can_return_columns_from_insert:
        return ""
    return "the database does not give back what it has written"


def has_triggers(model: type[Model], using: str) -> bool:
    """Whether the database does something of its own after a row was written, which the writing statement can't tell.

    It is asked, so this is for a thread.
    """
    connection = connections[using]
    table = model._meta.db_table
    if connection.vendor == "sqlite":
        query, name = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", table
    else:
        query = "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal"
        name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(query, [name])
        return bool(cursor.fetchone()[0])
