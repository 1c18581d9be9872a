"""What an upload is declared by, and what is no declaration."""

import builtins
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from ironbolt.features.uploads import upload_of
from ironbolt.features.uploads.kinds import PICTURES, USUAL, kinds_of
from tests.project.models import Attachment, Label, Photo


def test_the_column_the_owner_and_the_types_are_found() -> None:
    """The only column of files; pictures for pictures; the owner where the model has one."""
    photo = upload_of(Photo, 3, {})
    assert (photo.column, photo.owner, photo.rule.max_bytes) == ("image", "owner", 3 * 2**20)
    assert [kind.mime for kind in photo.rule.kinds] == [*PICTURES]
    attachment = upload_of(Attachment, 0.5, {})
    assert (attachment.column, attachment.owner, attachment.rule.max_bytes) == ("file", None, 2**19)
    assert {kind.mime for kind in attachment.rule.kinds} == set(USUAL)
    assert upload_of(Photo, 3, {"owner_field": ""}).owner is None


@pytest.mark.parametrize(
    ("model", "size", "options", "reason"),
    [
        (Label, 3, {}, "Label has no column of files"),
        (Photo, 3, {"file_field": "imagee"}, "no column of files 'imagee'. Did you mean 'image'"),
        (Photo, 0, {}, "max_size_mb is a number of megabytes, and not 0"),
        (Photo, "3", {}, "max_size_mb"),
        (Photo, True, {}, "max_size_mb"),
        (Photo, 3, {"max_pixels": 0}, "max_pixels"),
        (Photo, 3, {"allowed_types": ()}, "names no type"),
        (Photo, 3, {"allowed_types": ("image/pgn",)}, "'image/pgn' can't be told by its content.*Did you mean"),
        (Photo, 3, {"allowed_types": ("text/html",)}, "'text/html' can't be told"),
        (Photo, 3, {"fields": ("titel",)}, "no column 'titel'. Did you mean 'title'"),
        (Photo, 3, {"fields": ("owner",)}, "'owner' is set by the upload itself"),
        (
            Photo,
            3,
            {"fields": ("original_name",), "columns": {"name": "original_name"}},
            "'original_name' is set by the upload itself",
        ),
        (Photo, 3, {"fields": ("image",)}, "'image' is set by the upload itself"),
        (Photo, 3, {"owner_field": "title"}, "Photo.title does not point to users"),
        (Photo, 3, {"owner_field": "nobody"}, "Photo.nobody does not point to users"),
        (Photo, 3, {"columns": {"hash": "title"}}, "'hash' is not known of a file"),
        (Photo, 3, {"columns": {"name": "nothing"}}, "no column 'nothing'"),
    ],
)
def test_what_cannot_be_meant_is_refused(model: Any, size: Any, options: Any, reason: str) -> None:
    """At once, with a word on what to say instead."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        upload_of(model, size, options)


@isolate_apps("tests.project")
def test_of_several_columns_one_has_to_be_named() -> None:
    """Nobody guesses."""

    class Twofold(models.Model):
        front = models.FileField()
        back = models.FileField()

        class Meta:
            app_label = "nowhere"

        def __str__(self) -> str:
            return str(self.front)

    with pytest.raises(ImproperlyConfigured, match="several columns of files, front, back: say file_field"):
        upload_of(Twofold, 3, {})
    assert upload_of(Twofold, 3, {"file_field": "back"}).column == "back"


@pytest.mark.parametrize(("missing", "needed_by"), [("puremagic", Attachment), ("PIL", Photo)])
def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str, needed_by: Any) -> None:
    """With the extra that brings it; pictures that nobody measures do without Pillow."""
    really = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return really(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'ironbolt\[uploads\]'"):
        upload_of(needed_by, 3, {})
    if missing == "PIL":
        assert upload_of(needed_by, 3, {"max_pixels": None}).rule.max_pixels is None


def test_types_may_be_named_by_their_family() -> None:
    """All pictures; drawings have to be named, since browsers run them."""
    found = {kind.mime for kind in kinds_of(("image/*", "text/csv"))}
    assert {"image/png", "image/avif", "text/csv"} <= found
    assert "image/svg+xml" not in found
    assert [kind.mime for kind in kinds_of("image/svg+xml")] == ["image/svg+xml"]
