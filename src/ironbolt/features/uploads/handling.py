"""The limit of a file's size, kept while the request is read: what is over it is not read to its end."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

from ironbolt.core.errors import ApiError, ValidationFailed
from ironbolt.features.uploads.rules import UploadRule

_AROUND = 2**16
"""How much of a body is neither file nor field: what stands between them."""

ONE_FILE = "Send one file."


class FileTooLarge(ApiError):
    """413: a file is over its limit; the details name its field."""

    status = 413

    def __init__(self, field: str, rule: UploadRule) -> None:
        super().__init__(details={field: [rule.too_large()]})


class LimitedFile(FileUploadHandler):
    """Goes before the handlers of a request that takes one file; others have the same limit, and nobody looks at them.

    Args:
        request: what it is read from.
        field: the name of the file in the form.
        rule: which files are taken.
    """

    def __init__(self, request: HttpRequest, field: str, rule: UploadRule) -> None:
        super().__init__(request)
        self._request = request
        self._field = field
        self._rule = rule
        self._seen = False

    def handle_raw_input(
        self,
        input_data: Any,
        meta: Any,
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Refuse a body that can't be within the limit, unread.

        Raises:
            FileTooLarge: it is longer than a file and fields of the largest size.
        """
        fields: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if fields is not None and content_length > self._rule.max_bytes + fields + _AROUND:
            raise FileTooLarge(self._field, self._rule)

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Take the file of the field, once.

        Raises:
            ValidationFailed: there are two.
        """
        if field_name == self._field:
            if self._seen:
                raise ValidationFailed({self._field: [ONE_FILE]})
            self._seen = True
        super().new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass on a part of the file.

        Raises:
            FileTooLarge: with it the file is over the limit.
        """
        if start + len(raw_data) > self._rule.max_bytes:
            for handler in self._request.upload_handlers:
                handler.upload_interrupted()  # which removes what it has of the file by now
            raise FileTooLarge(str(self.field_name), self._rule)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave it to the handlers that follow."""


def limit_files(request: HttpRequest, field: str, rule: UploadRule) -> None:
    """Have a request take one file of a field, within its limit; too late where somebody has read the body already."""
    handlers = request.upload_handlers
    if isinstance(handlers, list):  # Django makes them a tuple when they have done their work
        handlers.insert(0, LimitedFile(request, field, rule))
