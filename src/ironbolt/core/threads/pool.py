"""The pool: a fixed number of long-lived threads at one queue."""

import asyncio
import os
import threading
from functools import cache
from queue import SimpleQueue

from asgiref.sync import SyncToAsync
from django.db import connections

from ironbolt.core.settings import get_settings
from ironbolt.core.threads.jobs import MAX_QUEUED, MAX_WITHDRAWN, Job, OverloadedError

MAX_THREADS_AWAY = 64
"""How many threads may be out of the pool at once, see :func:`leave_the_pool`."""

_here = threading.local()


def leave_the_pool() -> bool:
    """Take the running thread out of the pool for the rest of its job, with another in its place.

    For work that waits for a slow client: such work may hold a thread, never one of the pool's.
    False means that too many threads are away already and that the job has to end soon. In the
    thread of a test there is nothing to leave.
    """
    pool: Pool | None = getattr(_here, "pool", None)
    return pool is None or pool.let_go()


class Pool:
    """A fixed number of threads at one queue.

    Not a ``ThreadPoolExecutor``: that one makes two futures for each job and has no way for a
    thread to leave. The threads are daemons, so that a stuck one cannot keep the process alive.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._away = 0
        self._withdrawn = 0

    def submit(self, job: Job) -> None:
        if self._jobs.qsize() - self._withdrawn >= MAX_QUEUED or self._withdrawn >= MAX_WITHDRAWN:
            raise OverloadedError
        self._jobs.put(job)
        if len(self._threads) < self._size:
            self._start_one()

    def withdraw(self, job: Job) -> None:
        """Give up a job that has not begun; it stays in the queue, and nobody runs it."""
        if job.claim():
            with self._lock:
                self._withdrawn += 1
            job.give_up()

    def let_go(self) -> bool:
        if _here.away:
            return True
        with self._lock:
            if self._away >= MAX_THREADS_AWAY:
                return False
            self._away += 1
            self._threads.discard(threading.current_thread())
        _here.away = True
        # At once, for jobs may be waiting already.
        self._start_one()
        return True

    def close(self, seconds: float) -> None:
        threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join(seconds)

    def _start_one(self) -> None:
        with self._lock:
            if len(self._threads) < self._size:
                thread = threading.Thread(target=self._work, name="ironbolt-database", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _work(self) -> None:
        _here.pool, _here.away = self, False
        while not _here.away and (job := self._jobs.get()) is not None:
            self._run(job)
            del job  # or the last request lives on until the next
        connections.close_all()
        with self._lock:
            self._threads.discard(threading.current_thread())
            self._away -= _here.away

    def _run(self, job: Job) -> None:
        if job.claim():
            _run_async_code_on(job.loop)
            job.run()
        else:
            with self._lock:
                self._withdrawn -= 1


def _run_async_code_on(loop: asyncio.AbstractEventLoop) -> None:
    """Let ``async_to_sync`` in this thread use the loop that waits, as ``sync_to_async`` would.

    Otherwise each asynchronous view gets a new thread and a loop of its own, on which nothing that
    belongs to the server's loop works (clients, pools, channel layers).
    """
    bridge = SyncToAsync.threadlocal
    if getattr(bridge, "main_event_loop", None) is not loop:
        bridge.main_event_loop = loop
        bridge.main_event_loop_pid = os.getpid()


@cache
def the_pool() -> Pool:
    """The pool of this process, made when it is first needed."""
    return Pool(get_settings().DATABASE_THREADS)
