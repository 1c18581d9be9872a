"""The secret key: generated once on a developer's machine, demanded from the environment in production."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MINIMUM_LENGTH = 50


def generated(path: Path) -> str:
    """Read the key in this file; the first to ask makes it. Processes that start together get the same one."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        _create(path)
        return path.read_text(encoding="ascii")


def demanded(key: str) -> str:
    """Return the key from the environment if it is fit for production, else say how to make one."""
    if len(key) < MINIMUM_LENGTH:
        raise ImproperlyConfigured(
            f"Set SECRET_KEY to at least {MINIMUM_LENGTH} random characters, for instance from "
            '`python -c "import secrets; print(secrets.token_urlsafe(64))"`.'
        )
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        # A link appears whole and only where nothing is yet: whoever comes second keeps the first one's key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
