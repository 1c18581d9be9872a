"""The README's curl session, run as it is printed against a server that is really running."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SESSION = re.compile(r"<!-- curl session -->\n```sh\n(?P<script>.*?)```", re.DOTALL)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """The shop with its demo, served as `make run` serves it; its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "bookstore.project.settings.local",
    }
    environment.pop("DATABASE_URL", None)

    def manage(*arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    for command in (("migrate", "--verbosity", "0"), ("demo", "--quiet")):
        subprocess.run(manage(*command), env=environment, check=True, timeout=60)
    server = subprocess.Popen(manage("serve", "--port", str(port)), env=environment)
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "The server did not start."
            time.sleep(0.05)
        else:
            return


def documents_in(text: str) -> list[Any]:
    """The JSON documents that stand in ``text`` one after the other."""
    found, decoder, position = [], json.JSONDecoder(), 0
    while position < len(text):
        document, position = decoder.raw_decode(text, position)
        found.append(document)
    return found


def test_curl_session_of_the_readme(shop: str) -> None:
    """Both doors list and patch, refuse the anonymous, and name every fault, as the README says."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    match = SESSION.search((ROOT / "README.md").read_text())
    assert match
    script = match["script"].replace("127.0.0.1:8000", shop)
    done = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    page_1, page_2, book, refused, patched, faults = documents_in(done.stdout)
    assert page_1["data"]["results"] == page_2["data"]["results"]
    assert page_1["data"]["count"] == page_2["data"]["count"] == 249
    assert book["data"]["id"] == 1
    assert refused["error"]["code"] == "authentication_error"
    assert patched["data"]["price"] == "7.50"
    assert set(faults["error"]["details"]) == {"title", "isbn", "author_id", "price", "colour"}
