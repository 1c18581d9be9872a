"""Uploads through this door: :func:`get_upload_api_view` makes the view for a model."""

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import CreateAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ironbolt.core.users import stored_user
from ironbolt.drf.app_views import AppViewMixin
from ironbolt.drf.lifecycle import LifecycleMixin
from ironbolt.drf.serializers import AppWriteOnlyModelSerializer
from ironbolt.drf.writing.attempts import split
from ironbolt.features.uploads import (
    Accepted,
    FileTooLarge,
    Refused,
    Stored,
    Upload,
    UploadOptions,
    UploadRule,
    accept,
    limit_files,
    upload_of,
)
from ironbolt.features.uploads.rules import size_text

__all__ = ["UploadAPIView", "get_upload_api_view"]

FILE = "file"
"""The name of the file in the form."""

_FACTS = ("name", "size", "content_type")
"""What is answered of a file beside its key and its address."""

_ACCEPTED = "accepted"
"""What was found out of the file, for those who come later, in the context of the serializer."""


def get_upload_api_view(
    meta_model: type[Model], max_size_mb: float = 3, **options: Unpack[UploadOptions]
) -> "type[UploadAPIView]":
    """A view that takes a file in a form (``multipart/form-data``, part ``file``) and makes a row for it.

    ``path("photos/", get_upload_api_view(Photo).as_view())``. What else a view may have, such as ``throttle_classes``
    or hooks, a subclass says.

    Args:
        meta_model: the model, with a ``FileField`` or ``ImageField``.
        max_size_mb: how many megabytes a file may have.
        options: as :class:`~ironbolt.features.uploads.UploadOptions` says: ``allowed_types``, ``fields``,
            ``file_field``, ``owner_field``, ``max_pixels``, ``columns``, ``permission_classes``.

    Raises:
        ImproperlyConfigured: the model has no such column, or one of the options can't be meant.
    """
    upload = upload_of(meta_model, max_size_mb, options)
    attributes = {
        "__doc__": f"Take a file for a {meta_model._meta.verbose_name}.",
        "__module__": meta_model.__module__,
        "upload": upload,
        "queryset": meta_model._default_manager.all(),
        "serializer_class": _serializer_of(upload),
        "permission_classes": tuple(options.get("permission_classes", (IsAuthenticated,))),
    }
    return type(f"{meta_model.__name__}UploadAPIView", (UploadAPIView,), attributes)


class UploadAPIView(AppViewMixin, LifecycleMixin, CreateAPIView[Any]):
    """What such a view has: hooks as of ``create``, the envelope, and files that go if their work is undone."""

    upload: ClassVar[Upload]
    parser_classes: Sequence[Any] = (MultiPartParser,)

    stored: Stored

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """The request, which reads no more than may be sent."""
        self.stored = Stored()
        limit_files(request, FILE, self.upload.rule)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The checks; then the body is read, so that no transaction waits for a slow client."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            _ = request.data

    def _answer_write(self) -> Response:
        try:
            answer = super()._answer_write()
        except BaseException:
            self.stored.remove()
            raise
        if answer.status_code >= 400:
            self.stored.remove()
        return answer

    def _answer_inside(self) -> Response:
        # Before anybody else's: what the project does after the commit may raise, and the row stays all the same.
        transaction.on_commit(self.stored.keep, using=self.get_operation().database)
        return super()._answer_inside()

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """Where the file is, if its storage says so."""
        url = data.get("url")
        return {"Location": str(url)} if url else {}


@extend_schema_field({"type": "string", "format": "binary"})
class UploadField(serializers.FileField):
    """The file, looked into and with a name of ours.

    Args:
        rule: which files are taken.
    """

    def __init__(self, rule: UploadRule, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = rule

    def to_internal_value(self, data: Any) -> Any:
        """The file.

        Raises:
            ValidationError: it is not taken.
            FileTooLarge: it is over its limit, and somebody else has read the request.
        """
        file: Any = super().to_internal_value(data)
        if file.size > self.rule.max_bytes:
            raise FileTooLarge(FILE, self.rule)
        try:
            accepted = accept(file, self.rule)
        except Refused as refusal:
            raise serializers.ValidationError(str(refusal), code="refused") from None
        context: Any = self.context
        context[_ACCEPTED] = accepted
        file.name, file.content_type = accepted.stored_as, accepted.content_type
        return file


class UploadSerializer(AppWriteOnlyModelSerializer):
    """What is sent: the file, and columns that clients fill."""

    upload: ClassVar[Upload]

    def create(self, validated_data: dict[str, Any]) -> Any:
        """Store the file and write its row; without the row there is no file."""
        upload = self.upload
        attributes, many = split(upload.model, {**self._facts(), **validated_data})
        instance = upload.model(**attributes)
        stored = getattr(self.context.get("view"), "stored", None) or Stored()
        stored.watch(instance, upload.column)
        try:
            instance.save(force_insert=True)
        except BaseException:
            stored.remove()
            raise
        for name, keys in many.items():
            getattr(instance, name).set(keys)
        return instance

    def _facts(self) -> dict[str, Any]:
        accepted: Accepted = self.context[_ACCEPTED]
        facts = {column: getattr(accepted, fact) for fact, column in self.upload.columns.items()}
        return facts | self._owner()

    def _owner(self) -> dict[str, Any]:
        owner = self.upload.owner
        if owner is None:
            return {}
        user = stored_user(self.context["request"].user)
        if user is None and not self.upload.model._meta.get_field(owner).null:
            raise PermissionDenied("Only users upload files here.")
        return {owner: user}


class UploadedSerializer(serializers.ModelSerializer[Any]):
    """What is answered."""

    upload: ClassVar[Upload]

    url = serializers.SerializerMethodField(help_text="Where the file is; null where its storage tells nobody.")
    name = serializers.SerializerMethodField(help_text="What the client called it, made harmless.")
    size = serializers.SerializerMethodField(help_text="In bytes.")
    content_type = serializers.SerializerMethodField(help_text="Its media type, by its content.")

    def get_url(self, instance: Model) -> str | None:
        """The address, with the host of the request."""
        try:
            url: str = getattr(instance, self.upload.column).url
        except (ValueError, NotImplementedError):  # what storages raise that have no addresses
            return None
        request = self.context.get("request")
        return request.build_absolute_uri(url) if request else url

    def get_name(self, instance: Model) -> str:
        """As it was sent, or nearly so."""
        return str(self.context[_ACCEPTED].name)

    def get_size(self, instance: Model) -> int:
        """In bytes."""
        return int(self.context[_ACCEPTED].size)

    def get_content_type(self, instance: Model) -> str:
        """By its content."""
        return str(self.context[_ACCEPTED].content_type)


def _serializer_of(upload: Upload) -> type[UploadSerializer]:
    """The serializer of a declared upload, with the one that it answers by."""
    model, name = upload.model, upload.model.__name__
    key = model._meta.pk.name
    shown = type("Meta", (), {"model": model, "fields": tuple(dict.fromkeys(("id", "url", *_FACTS, *upload.fields)))})
    # A column that clients fill is answered as they filled it, whatever else goes by its name.
    reads: dict[str, Any] = {"Meta": shown, "upload": upload, **dict.fromkeys({*_FACTS} & {*upload.fields})}
    if key != "id":
        reads["id"] = serializers.ReadOnlyField(source=key)
    sent = type("Meta", (), {"model": model, "fields": (FILE, *upload.fields)})
    column: Any = model._meta.get_field(upload.column)
    source = {} if upload.column == FILE else {"source": upload.column}
    writes = {
        "Meta": sent,
        "upload": upload,
        FILE: UploadField(upload.rule, validators=column.validators, help_text=_described(upload), **source),
        "read_serializer_class": type(f"{name}UploadedSerializer", (UploadedSerializer,), reads),
    }
    return type(f"{name}UploadSerializer", (UploadSerializer,), writes)


def _described(upload: Upload) -> str:
    rule = upload.rule
    types = ", ".join(kind.mime for kind in rule.kinds)
    return f"At most {size_text(rule.max_bytes)}; {types}."
