"""What a client gets back: the headers, the head of an answer, and the whole of it."""

from collections.abc import Iterator, Mapping
from email.message import Message as MimeHeaders
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, Self

import msgspec

from ironbolt.testing.cookies import cookies_in

RawHeaders = list[tuple[bytes, bytes]]


class StatusError(Exception):
    """An answer that ``raise_for_status`` refused.

    Attributes:
        answer: the answer.
    """

    def __init__(self, answer: "AnswerHead") -> None:
        super().__init__(f"{answer!r} came back for {answer.url or 'a request'}.")
        self.answer = answer


class Headers(Mapping[str, str]):
    """Name → value, whatever the case of the name; a repeated header is joined with commas."""

    def __init__(self, raw: RawHeaders) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, value in raw:
            self._lists.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))

    def get_list(self, name: str) -> list[str]:
        """Every value of a header, in the order in which they came."""
        return list(self._lists.get(name.lower(), []))

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._lists[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def __repr__(self) -> str:
        return repr(dict(self))


class AnswerHead:
    """What is known of an answer before its body.

    Attributes:
        status_code: the HTTP status.
        headers: name, in any case, → value; ``headers.get_list(name)`` gives those of a repeated one.
        cookies: those that this answer sets, as Django's responses have them.
        url: what was asked for, after redirects.
    """

    def __init__(self, status_code: int, raw_headers: RawHeaders, url: str = "") -> None:
        self.status_code = status_code
        self.headers = Headers(raw_headers)
        self.cookies: SimpleCookie = cookies_in(self.headers.get_list("set-cookie"))
        self.url = url

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the 200s."""
        return 200 <= self.status_code <= 299

    @property
    def is_error(self) -> bool:
        """Whether the status is one of the 400s or 500s."""
        return 400 <= self.status_code <= 599

    @property
    def is_redirect(self) -> bool:
        """Whether the answer sends the client elsewhere."""
        return self.status_code in (301, 302, 303, 307, 308) and "location" in self.headers

    @property
    def encoding(self) -> str:
        """The character set of the body, UTF-8 unless the answer says otherwise."""
        parsed = MimeHeaders()
        parsed["content-type"] = self.headers.get("content-type", "")
        return parsed.get_content_charset("utf-8")

    def raise_for_status(self) -> Self:
        """The answer itself, if it is a success.

        Raises:
            StatusError: it is something else.
        """
        if not self.is_success:
            raise StatusError(self)
        return self

    def __repr__(self) -> str:
        return f"<Answer {self.status_code} {_phrase(self.status_code)}>"


class Answer(AnswerHead):
    """A whole answer.

    Attributes:
        content: the body.
        is_complete: False if the application broke off in the middle of the body.
        history: the answers that led here by a redirect, the first one first.
    """

    is_complete = True

    def __init__(self, status_code: int, raw_headers: RawHeaders, content: bytes = b"", url: str = "") -> None:
        super().__init__(status_code, raw_headers, url)
        self.content = content
        self.history: list[Answer] = []

    @property
    def text(self) -> str:
        """The body as text, in the character set that the answer names."""
        return self.content.decode(self.encoding)

    def json(self) -> Any:
        """The body as plain data."""
        return msgspec.json.decode(self.content)

    def iter_lines(self) -> Iterator[str]:
        """The lines of the text, without their ends."""
        return iter(self.text.splitlines())

    def __repr__(self) -> str:
        return f"<Answer {self.status_code}: {self.content[:200]!r}>"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "of no known meaning"
