"""Bearer tokens of simplejwt's, whichever way the word is written (RFC 9110, 11.1)."""

from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt import authentication


class JWTAuthentication(authentication.JWTAuthentication):
    """simplejwt's, for ``bearer`` and ``BEARER`` too."""

    def get_header(self, request: Request) -> bytes:
        """The ``Authorization`` header, its first word as simplejwt wants it."""
        header: Any = super().get_header(request)
        if not header:
            return header  # type: ignore[no-any-return]  # None where there is none, whatever the stubs say
        word, *rest = header.split(maxsplit=1)
        for known in authentication.AUTH_HEADER_TYPE_BYTES:
            if word.lower() == known.lower():
                return b" ".join([known, *rest])
        return bytes(header)
