"""One connection to PostgreSQL on an event loop: opened by Django, asked by libpq, its rows made by psycopg's loaders.

So its settings, what ``connection_created`` does to it, and every value are those of Django's own connections, and
neither a change of threads nor the layers above libpq cost anything.
"""

import asyncio
import datetime
from collections.abc import Callable
from typing import Any, NoReturn

import psycopg
from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGresult

from ironbolt.plans.literals import Literals, NoParameter, Texts
from ironbolt.plans.questions import MOST_ROWS, Question, Questions, columns_of
from ironbolt.plans.refusal import NotWritten
from ironbolt.plans.statement import Params, Rows, Statement

MOST_PREPARED = 256
"""How many statements one connection keeps prepared; the oldest makes room for a new one."""

_GONE = {"08000", "08003", "08006", "57P01", "57P02", "57P03", "57P05"}
"""What a server says of a connection that it ends."""

_FINE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

_NOT_PREPARED = "26000"

_PERHAPS_ITS_TYPES = ("0A", "22", "42")
"""Classes of errors that a parameter may meet where a literal would not."""

_TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid

Send = Callable[..., None]


class WireLost(OperationalError):
    """The connection ended before its answer came; nothing was read."""


class Wire:
    """A connection whose queries are awaited, one at a time.

    Args:
        wrapper: Django's, connected, with nobody else to use it.
        questions: what is known of statements on this database.

    Attributes:
        is_lost: whether it is closed, by whomever.
        when_free: called once, when an answer is there that nobody waits for any more, or never will be.
        when_lost: called once, when the server has closed it.
    """

    def __init__(self, wrapper: BaseDatabaseWrapper, questions: Questions) -> None:
        self.is_lost = False
        self.when_free: Callable[[], None] | None = None
        self.when_lost: Callable[[], None] | None = None
        self._wrapper = wrapper
        self._questions = questions
        self._raw: psycopg.Connection[Any] = wrapper.connection
        self._pgconn = self._raw.pgconn
        _load_instants_quickly(wrapper)
        self._literals = Literals(self._raw)
        self._loads = Transformer(self._raw)
        self._spelling = psycopg.ClientCursor(self._raw)
        self._names: dict[Question, bytes] = {}
        self._answer: asyncio.Future[PGresult] | None = None
        self._results: list[PGresult] = []

    def attach(self) -> None:
        """Let the running event loop tell when there is something to read."""
        self._loop = asyncio.get_running_loop()
        self._socket = self._pgconn.socket
        self._loop.add_reader(self._socket, self._readable)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._answer is not None

    def is_old(self, now: float) -> bool:
        """Whether it has lived as long as ``CONN_MAX_AGE`` allows."""
        until = self._wrapper.close_at
        return until is not None and now >= until

    def is_alive(self) -> bool:
        """Look whether the server has closed it meanwhile; for a connection that nobody uses."""
        self._readable()
        if not self.is_lost:
            self._readable()  # the end stands behind the server's last words
        return not self.is_lost

    def close(self) -> None:
        """Close it; whoever waits for an answer gets none."""
        if self.is_lost:
            return
        self.is_lost = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._raw.close()
        answer, self._answer = self._answer, None
        if answer is not None:
            if not answer.done():
                answer.set_exception(WireLost("The connection to the database was lost."))
            self._be_free()

    async def fetch(self, statement: Statement, params: Params) -> Rows:
        """The rows of a query, as the ORM would give them.

        Raises:
            WireLost: the connection has ended.
            TooSlow: there are too many rows for an event loop.
            django.db.Error: what Django raises for what the database says.
        """
        return self._rows(statement, await self._answer_to(statement, params, once=False))

    async def write(self, statement: Statement, params: Params) -> Rows:
        """The rows that a statement gives back which writes.

        Raises:
            WireLost: the connection has ended, and perhaps after the statement was committed.
            NotWritten: the database refuses it.
        """
        try:
            result = await self._answer_to(statement, params, once=True)
        except WireLost:
            raise
        except DatabaseError as error:  # as the server says, so it has undone it
            raise NotWritten from error
        return self._rows(statement, result)

    async def _answer_to(self, statement: Statement, params: Params, *, once: bool) -> PGresult:
        """The answer to a statement; what was carried out is not asked again, if it is for once."""
        sql = statement.sql
        try:
            texts, types = self._literals.of(params)
        except NoParameter:
            return await self._ask_spelt(sql, params)
        question = self._questions.get(sql, types)
        if question is None:
            result = await self._ask_spelt(sql, params)
            self._questions.learn(sql, types, result)
        elif question.is_refused:
            result = await self._ask_spelt(sql, params)
        else:
            name = self._names.get(question) if self._questions.may_prepare else None
            if name is None:
                result = await self._ask_first(question, texts)
            else:
                result = await self._ask(self._pgconn.send_query_prepared, name, texts)
            is_fine = result.status in _FINE
            if not is_fine or not (once or question.is_proven or _proves(question, result)):
                result = await self._asked_again(statement, params, question, result)
        return result

    def _rows(self, statement: Statement, result: PGresult) -> Rows:
        count = result.ntuples
        if count > MOST_ROWS:
            self._questions.leave_to_a_thread(statement.sql)
        try:
            self._loads.set_pgresult(result)
            rows = self._loads.load_rows(0, count, tuple)
        except psycopg.Error as error:
            self._raise(error)
        return statement.convert(rows)

    async def _asked_again(
        self, statement: Statement, params: Params, question: Question, result: PGresult
    ) -> PGresult:
        """The answer where parameters did not do: with the values in the text, as Django would send it.

        Raises:
            django.db.Error: the values have nothing to do with it.
        """
        state = _state_of(result)
        if state == _NOT_PREPARED:
            self._questions.may_prepare = False
        elif not state or state.startswith("42"):
            question.is_refused = True
        elif not state.startswith(_PERHAPS_ITS_TYPES):
            self._raise(psycopg.errors.error_from_result(result))
        if state.startswith("0A"):  # a table has changed, and with it what was prepared
            self._names.pop(question, None)
            self._questions.forget(statement.sql, question.types)
        return await self._ask_spelt(statement.sql, params)

    async def _ask_first(self, question: Question, texts: Texts) -> PGresult:
        """The answer to a statement that is not prepared here, after preparing it where that lasts."""
        if not self._questions.may_prepare:
            return await self._ask(self._pgconn.send_query_params, question.text, texts, question.types)
        if len(self._names) >= MOST_PREPARED:
            oldest = self._names.pop(next(iter(self._names)))
            await self._ask(self._pgconn.send_query, b"DEALLOCATE " + oldest)
        name = self._questions.new_name()
        result = await self._ask(self._pgconn.send_prepare, name, question.text, question.types)
        if result.status != ExecStatus.COMMAND_OK:
            return result
        self._names[question] = name
        return await self._ask(self._pgconn.send_query_prepared, name, texts)

    async def _ask_spelt(self, sql: str, params: Params) -> PGresult:
        with self._wrapper.wrap_database_errors:
            text = self._spelling.mogrify(sql, params)
        result = await self._ask(self._pgconn.send_query_params, text.encode(), None)
        if result.status != ExecStatus.TUPLES_OK:
            self._raise(psycopg.errors.error_from_result(result))
        return result

    def _raise(self, error: psycopg.Error) -> NoReturn:
        """Raise an error as Django would."""
        with self._wrapper.wrap_database_errors:
            raise error
        raise AssertionError(error)  # for those who can't know that nothing is suppressed

    async def _ask(self, send: Send, *arguments: Any) -> PGresult:
        if self.is_lost:
            raise WireLost("The connection to the database was lost.")
        answer: asyncio.Future[PGresult] = self._loop.create_future()
        try:
            send(*arguments)
            self._answer = answer
            if self._pgconn.flush():
                self._loop.add_writer(self._socket, self._writable)
        except psycopg.OperationalError as error:
            self.close()
            if answer.done():
                answer.exception()
            raise WireLost("The connection to the database was lost.") from error
        result = await answer
        if result.status not in _FINE and (_state_of(result) in _GONE or self._pgconn.status == ConnStatus.BAD):
            self.close()
            raise WireLost("The database has ended the connection.")
        return result

    def _writable(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError:
            self._lose()

    def _readable(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    break
                self._results.append(result)
            else:
                return
        except psycopg.OperationalError:
            self._lose()
            return
        if self._results:
            self._settle()
        if pgconn.status == ConnStatus.BAD:
            self._lose()

    def _settle(self) -> None:
        answer, self._answer = self._answer, None
        # A statement that writes may fail after its rows, at the commit.
        result = next((found for found in self._results if found.status not in _FINE), self._results[0])
        self._results.clear()
        if answer is not None:
            if answer.done():  # whoever waited was cancelled
                self._be_free()
            else:
                answer.set_result(result)

    def _lose(self) -> None:
        self.close()
        tell, self.when_lost = self.when_lost, None
        if tell is not None:
            tell()

    def _be_free(self) -> None:
        tell, self.when_free = self.when_free, None
        if tell is not None:
            tell()


def _state_of(result: PGresult) -> str:
    """PostgreSQL's code of an error; empty where there is none."""
    if result.status in _FINE:
        return ""
    return (result.error_field(DiagnosticField.SQLSTATE) or b"XX000").decode()


def _proves(question: Question, result: PGresult) -> bool:
    """Whether the answer has the types that it has where the values stand in the text."""
    question.is_proven = columns_of(result) == question.columns
    return question.is_proven


def _load_instants_quickly(wrapper: BaseDatabaseWrapper) -> None:
    """Where both sides are in UTC, leave Django's loader of instants out, which sets the zone that they have."""
    raw: psycopg.Connection[Any] = wrapper.connection
    if wrapper.timezone is datetime.UTC and raw.pgconn.parameter_status(b"TimeZone") == b"UTC":
        loader = psycopg.adapters.get_loader(_TIMESTAMPTZ, Format.TEXT)
        assert loader is not None
        raw.adapters.register_loader(_TIMESTAMPTZ, loader)
