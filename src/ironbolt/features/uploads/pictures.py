"""Pictures: whether one is of its type, and no larger when it is opened than it may be; nobody decodes its pixels."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.features.uploads.kinds import Kind
from ironbolt.features.uploads.refusal import Refused
from ironbolt.features.uploads.rules import UploadRule

_BROKEN = "The picture is broken, or no picture at all."


def load_pillow() -> None:
    """Have Pillow at hand.

    Raises:
        ImproperlyConfigured: it is not installed.
    """
    try:
        import PIL.Image
    except ImportError:
        raise ImproperlyConfigured(
            "Pictures want Pillow: pip install 'ironbolt[uploads]'; or say max_pixels=None, and nobody measures them."
        ) from None
    PIL.Image.init()


def check(file: Any, kind: Kind, rule: UploadRule) -> None:
    """See that a picture is one of its type, and within the limit; of a PNG also that its check sums are right.

    One that was cut off after its head is taken: to notice it would take the memory that the limit is there to save.

    Raises:
        Refused: it is not.
    """
    if rule.max_pixels is None:
        return
    width, height = _size(file, kind)
    rule.check_pixels(width, height)
    file.seek(0)
    _verify(file, kind)


def _size(file: Any, kind: Kind) -> tuple[int, int]:
    from PIL import Image

    try:
        with _opened(file, kind) as picture:
            size: tuple[int, int] = picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("The picture has far too many pixels.") from None
    except Exception:  # noqa: BLE001 - decoders of Pillow raise whatever broken bytes lead them to
        raise Refused(_BROKEN) from None
    return size


def _verify(file: Any, kind: Kind) -> None:
    try:
        with _opened(file, kind) as picture:
            picture.verify()
    except Exception:  # noqa: BLE001 - as above
        raise Refused(_BROKEN) from None


def _opened(file: Any, kind: Kind) -> Any:
    from PIL import Image

    # Only the decoder of its type, of which there are many, and some are seldom looked at.
    return Image.open(_Kept(file), formats=(kind.format,))


class _Kept:
    """A file that nobody closes but its owner."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        """Leave it open."""
