"""Starts and stops the servers, or runs a command with them: ``python -m scripts.services start|stop|run COMMAND``."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from types import ModuleType

from scripts.services import postgres, redis
from scripts.services.place import Place, Refused, find_place

SERVERS = (postgres, redis)


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["start"]:
            for server in SERVERS:
                print(f"export {server.VARIABLE}='{start(server, ExitStack())}'")
        case ["stop"]:
            place = find_place()
            for server in SERVERS:
                if server.runs(place):
                    stop(server, place)
        case ["run", *command] if command:
            return run(command)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def run(command: list[str]) -> int:
    """Run ``command`` with the servers' URLs, and stop afterwards what was started for it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        urls = {server.VARIABLE: start(server, stack) for server in SERVERS}
        return subprocess.run(command, env={**os.environ, **urls}, check=False).returncode


def start(server: ModuleType, stack: ExitStack) -> str:
    """The URL of a server: the one that is set, that of ours if it runs, else of one that ``stack`` will stop."""
    given = os.environ.get(server.VARIABLE)
    if given:
        print(f"{server.VARIABLE} is set: no {server.NAME} of our own is started.", file=sys.stderr)
        return given
    server.install()
    place = find_place()
    record = f"{server.VARIABLE}.txt"
    known = place.read(record)
    if known and server.runs(place):
        return known
    print(f"Starting {server.NAME} (data in {place.folder}) ...", file=sys.stderr)
    url: str = server.start(place)
    stack.callback(stop, server, place)
    place.write(record, url)
    return url


def stop(server: ModuleType, place: Place) -> None:
    """Stop one of our servers."""
    server.stop(place)
    print(f"Stopped {server.NAME}.", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as reason:
        sys.exit(f"{reason}")
