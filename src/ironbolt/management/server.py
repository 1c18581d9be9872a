"""Granian as ``manage.py serve`` starts it: what each worker loads, how it stops, who says that it is ready."""

import asyncio
import gc
import logging
import multiprocessing
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import django
from django.db import connections
from django.utils.module_loading import import_string
from granian import _signals as granian_signals
from granian._granian import WorkerSignal
from granian.constants import Interfaces, Loops
from granian.server.mp import MPServer

from ironbolt.asgi import Application, get_api_application

LOGGERS = ("_granian", "granian.access")

_PROBE_SECONDS = 0.05

YOUNG_OBJECTS = 10_000
"""How many objects more than before bring the collector round; Python's own number is met by every third list."""


def load_application(name: str, *, api: bool) -> Application:
    """The ASGI application called ``package.module.attribute``; with ``api`` that of the Bolt API of this name."""
    _mind_signals()
    django.setup(set_prefix=False)
    _give_logs_a_way_out()
    found = import_string(name)
    application = get_api_application(found) if api else cast(Application, found)
    _spare_the_collector()
    return application


def _spare_the_collector() -> None:
    """Have the garbage collector leave alone what is there for good: a list of rows makes it look again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def log_config() -> dict[str, Any]:
    """Leave the project's logging as it is: granian's records go where those of everything else go."""
    return {"incremental": True, "formatters": {}, "handlers": {}, "loggers": {"granian.access": {"level": "INFO"}}}


def _give_logs_a_way_out() -> None:
    """To standard error, in a project whose logging has no handler that granian's loggers would reach."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not logger.hasHandlers():
            logger.addHandler(logging.StreamHandler())


def _mind_signals() -> None:
    """Let a worker drain on its first SIGTERM and not care for any other signal to stop.

    Ctrl-C and a supervisor may reach every process of the group, and then the main process signals
    its workers once more. Granian's own handler blocks for ever on a second signal, with the
    interpreter's lock in its hand, so that nothing in flight is ever answered.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the forked one; nothing is in flight yet
    granian_signals.set_loop_signals = _drain_once


def _drain_once(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
    stop = WorkerSignal()

    def drain() -> None:
        loop.add_signal_handler(signal.SIGTERM, lambda: None)
        stop.set()

    loop.add_signal_handler(signal.SIGTERM, drain)
    return stop


class Server(MPServer):
    """Granian with one more habit: a second Ctrl-C does not wait for what is in flight."""

    def signal_handler_interrupt(self, *_: Any) -> None:
        """Begin to drain; the second time, stop at once."""
        if self.interrupt_signal:
            for worker in list(self.wrks):
                worker.kill()  # type: ignore[no-untyped-call]
            return  # a signal that came while the first was being handled would wait for its lock for ever
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]


def serve(name: str, *, api: bool, on_ready: Callable[[], None], options: dict[str, Any]) -> None:
    """Serve until a signal comes; ``options`` are granian's.

    Raises:
        SystemExit: the workers died and could not be replaced.
    """
    reload = options.get("reload", False)
    # A forked worker finds everything imported; after a change of code it must not.
    fork = sys.platform == "linux" and not reload
    multiprocessing.set_start_method("fork" if fork else "spawn", force=True)
    _give_logs_a_way_out()
    server = Server(
        name,
        interface=Interfaces.ASGI,
        loop=Loops.auto,
        log_dictconfig=log_config(),
        respawn_failed_workers=True,
        **options,
    )
    address = options.get("uds") or (options["address"], options["port"])
    ready = threading.Thread(target=_say_when_ready, args=(server, address, on_ready), daemon=True)
    server.on_startup(ready.start)
    connections.close_all()  # a worker must not inherit one
    try:
        server.serve(target_loader=partial(load_application, name, api=api), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:
            raise


def _say_when_ready(server: Server, address: Any, on_ready: Callable[[], None]) -> None:
    """Call back once a worker takes connections."""
    while not server.interrupt_signal:
        if _answers(address):
            on_ready()
            return
        time.sleep(_PROBE_SECONDS)


def _answers(address: Any) -> bool:
    try:
        if isinstance(address, tuple):
            host, port = address
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 # looked up, not listened on
            socket.create_connection((host, port), timeout=1).close()
        else:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(address))
    except OSError:
        return False
    return True
