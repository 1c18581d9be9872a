"""Answers that are read as they come."""

import codecs
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ironbolt.testing.answers import Answer, AnswerHead
from ironbolt.testing.conversation import Conversation
from ironbolt.testing.portal import Portal
from ironbolt.testing.requests import Request

_DISCONNECT = {"type": "http.disconnect"}


class AsyncStreamedAnswer(AnswerHead):
    """An answer whose head has come, and whose body is read piece by piece."""

    def __init__(self, conversation: Conversation, start: Any, url: str) -> None:
        self._raw_headers = list(start.get("headers", []))
        super().__init__(start["status"], self._raw_headers, url)
        self.conversation = conversation
        self.history: list[Answer] = []
        self._has_more = True
        self._is_complete = False
        self._decoder = codecs.getincrementaldecoder(self.encoding)()
        self._lines: deque[str] = deque()
        self._rest = ""

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """The pieces of the body that were not read yet, as the application sent them.

        Raises:
            TimeoutError: the next one did not come in time.
        """
        while self._has_more:
            message = await self.conversation.hear("further part of its answer")
            if message is None:  # it broke off
                self._has_more = False
                return
            self._has_more = message.get("more_body", False)
            self._is_complete = not self._has_more
            if piece := message.get("body", b""):
                yield piece

    async def iter_text(self) -> AsyncIterator[str]:
        """The same as text; a character that is cut in two comes with the second piece."""
        async for piece in self.iter_bytes():
            if text := self._decoder.decode(piece):
                yield text

    async def iter_lines(self) -> AsyncIterator[str]:
        """The same line by line, without their ends; what a loop left unread comes with the next one."""
        while self._lines or self._has_more:
            while self._lines:
                yield self._lines.popleft()
            async for text in self.iter_text():
                self._take(text)
                if self._lines:
                    break
        if self._rest:
            self._rest, last = "", self._rest
            yield last

    async def read(self) -> bytes:
        """All of the body that was not read yet."""
        return b"".join([piece async for piece in self.iter_bytes()])

    async def whole(self) -> Answer:
        """The answer with its whole body, when the application has ended."""
        answer = Answer(self.status_code, self._raw_headers, await self.read(), self.url)
        answer.is_complete = self._is_complete
        answer.history = self.history
        await self.conversation.leave(_DISCONNECT)
        return answer

    def _take(self, text: str) -> None:
        """Cut a text into lines; the last may go on, and its end may be cut in two as well."""
        *lines, self._rest = (self._rest + text).replace("\r\n", "\n").split("\n")
        self._lines.extend(lines)

    async def leave(self) -> None:
        """Disconnect, and see the application stop."""
        await self.conversation.leave(_DISCONNECT, patience=self.conversation.patience)


async def begun(conversation: Conversation, request: Request) -> AsyncStreamedAnswer:
    """The answer to a request, as soon as its head has come.

    Raises:
        RuntimeError: the application gave no answer.
    """
    conversation.tell(*request.messages())
    start = await conversation.hear("answer")
    if start is None or start["type"] != "http.response.start":
        raise RuntimeError(f"The application gave no answer; what came is {start!r}.")
    return AsyncStreamedAnswer(conversation, start, request.url)


class StreamedAnswer(AnswerHead):
    """The same for a test that knows nothing of loops."""

    def __init__(self, answer: AsyncStreamedAnswer, portal: Portal) -> None:
        self.__dict__.update(
            {name: getattr(answer, name) for name in ("status_code", "headers", "cookies", "url", "history")}
        )
        self._answer = answer
        self._portal = portal

    def iter_bytes(self) -> Iterator[bytes]:
        """The pieces of the body that were not read yet, as the application sent them.

        Raises:
            TimeoutError: the next one did not come in time.
        """
        return self._portal.iterate(self._answer.iter_bytes())

    def iter_text(self) -> Iterator[str]:
        """The same as text."""
        return self._portal.iterate(self._answer.iter_text())

    def iter_lines(self) -> Iterator[str]:
        """The same line by line, without their ends."""
        return self._portal.iterate(self._answer.iter_lines())

    def read(self) -> bytes:
        """All of the body that was not read yet."""
        return self._portal.call(self._answer.read)
