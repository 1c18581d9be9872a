"""Servers under test: one process each, kept to one core, ended by its id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

SERVER_CORE = 0
START_SECONDS = 30
STOP_SECONDS = 10


class Server(NamedTuple):
    """A server that answers.

    Attributes:
        port: where, on loopback.
        pid: the process whose children do the work.
    """

    port: int
    pid: int

    def memory(self) -> int:
        """The proportional set size of the whole process tree, in bytes; Linux only."""
        return sum(_pss(pid) for pid in _tree(self.pid))

    def largest(self) -> int:
        """The proportional set size of the largest process of the tree, in bytes: the one that answers."""
        return max(_pss(pid) for pid in _tree(self.pid))


@contextmanager
def granian(target: str, *, env: dict[str, str] | None = None) -> Iterator[Server]:
    """Serve an ASGI application as ``manage.py serve`` would: one worker, the same loop, no access log.

    Args:
        target: ``package.module:attribute``.
        env: more environment variables.
    """
    port = free_port()
    command = ["-m", "granian", "--interface", "asgi", "--port", str(port), "--no-ws", "--log-level", "warning", target]
    with running([sys.executable, *command], port, env or {}) as server:
        yield server


@contextmanager
def running(command: list[str], port: int, env: dict[str, str], log: Path | None = None) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        command: what to run.
        port: where it will listen.
        env: more environment variables.
        log: the file that its output goes to; None leaves it where the harness's own goes.
    """
    with Path(log or os.devnull).open("ab") as output:
        sink = output if log else None
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=sink, stderr=sink)
    os.sched_setaffinity(process.pid, {SERVER_CORE})  # before it has threads or children, which inherit it
    try:
        _wait_for(port, process)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in _tree(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it answered.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{process.args!r} does not answer on port {port}.")


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tree(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(below for child in children for below in _tree(child))]


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
