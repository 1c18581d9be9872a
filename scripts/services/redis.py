"""Redis, from Debian's redis-server."""

import os
import signal
import socket
import time
from pathlib import Path

from scripts.services import place as places
from scripts.services.place import LOOPBACK, Place, Refused

NAME = "Redis"
VARIABLE = "REDIS_URL"
PATIENCE = 20

CONFIGURATION = """
bind {host}
port {port}
requirepass {secret}
daemonize yes
dir {folder}
pidfile {folder}/pid
logfile {folder}/log
"""


def install() -> None:
    """Have redis-server."""
    places.install("redis-server", "redis-server")


def runs(place: Place) -> bool:
    """Whether our server is up."""
    return pid_of(place) is not None


def pid_of(place: Place) -> int | None:
    """The process in our pid file, if it still is a redis-server and not a later one with the same number."""
    noted = place.read("redis/pid")
    if not noted or not noted.strip():
        return None
    pid = int(noted)
    command = Path(f"/proc/{pid}/cmdline")
    try:
        os.kill(pid, 0)
        return pid if not Path("/proc/self").exists() or b"redis-server" in command.read_bytes() else None
    except OSError:
        return None


def start(place: Place) -> str:
    """Start a server, wait until it answers; return its URL."""
    folder = place.make("redis")
    port = places.choose_port(NAME, "IRONBOLT_REDIS_PORT", 6379)
    secret = place.secret()
    # By standard input, since a command line can be read by everybody.
    configuration = CONFIGURATION.format(host=LOOPBACK, port=port, secret=secret, folder=folder)
    place.must_run("redis-server", "-", input=configuration)
    deadline = time.monotonic() + PATIENCE
    while not is_ready(port, secret):
        if time.monotonic() > deadline:
            stop(place)
            raise Refused(f"Redis does not answer on port {port}; see {folder}/log")
        time.sleep(0.05)
    return f"redis://:{secret}@{LOOPBACK}:{port}/0"


def is_ready(port: int, secret: str) -> bool:
    """Whether the server answers a ping."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection, connection.makefile("rb") as lines:
            connection.sendall(f"AUTH {secret}\r\nPING\r\n".encode())
            return (lines.readline(), lines.readline()) == (b"+OK\r\n", b"+PONG\r\n")
    except OSError:
        return False


def stop(place: Place) -> None:
    """Ask our server to end, and wait for it."""
    pid = pid_of(place)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while pid_of(place) is not None:
        if time.monotonic() > deadline:
            raise Refused(f"Redis (process {pid}) does not end")
        time.sleep(0.05)
