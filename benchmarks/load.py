"""Load on a server: wrk on the other core, and what it counted."""

import os
import re
import shutil
import subprocess
from typing import NamedTuple

LOAD_CORE = 1
TIMEOUT_SECONDS = 20


class Load(NamedTuple):
    """What one run of wrk saw.

    Attributes:
        rate: requests per second.
        p50: the median latency, in milliseconds.
        p99: the latency that 99 of 100 requests keep below, in milliseconds.
    """

    rate: float
    p50: float
    p99: float


def wrk(url: str, *, seconds: int = 3, connections: int = 32, headers: tuple[str, ...] = (), script: str = "") -> Load:
    """Ask for ``url`` as often as the server answers.

    Args:
        url: what to ask for.
        seconds: how long; wrk takes whole ones.
        connections: how many at once.
        headers: header lines to send.
        script: the path of a Lua script that makes the requests, if they are not all the same.

    Raises:
        RuntimeError: wrk is not installed, or some answers were no success.
    """
    program = shutil.which("wrk")
    if program is None:
        raise RuntimeError("wrk is not installed; Debian and Ubuntu have it as the package wrk.")
    said = [part for line in headers for part in ("-H", line)]
    scripted = ["-s", script] if script else []
    command = [
        program,
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        f"--timeout={TIMEOUT_SECONDS}s",
        *said,
        *scripted,
        url,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        os.sched_setaffinity(process.pid, {LOAD_CORE})  # before it has threads, which inherit it
        try:
            output, _ = process.communicate(timeout=seconds + TIMEOUT_SECONDS + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"wrk does not come back from {url}.") from None
    if process.returncode:
        raise RuntimeError(f"wrk ended with {process.returncode}.")
    return read_load(output, url)


def read_load(output: str, url: str) -> Load:
    """What wrk has printed.

    Raises:
        RuntimeError: some answers were no success.
    """
    if wrong := re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", output):
        raise RuntimeError(f"{url} did not go well: {wrong.group(0)}")
    return Load(_number(r"Requests/sec:\s+([\d.]+)", output), _latency("50", output), _latency("99", output))


def _number(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    assert found, output
    return float(found.group(1))


def _latency(percent: str, output: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", output)
    assert found, output
    return float(found.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[found.group(2)]
