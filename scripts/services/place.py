"""Where the servers run: their account, their folder, their ports and their secret."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"


class Refused(Exception):
    """A server cannot run here; the message tells a person why."""


@dataclass(frozen=True)
class Place:
    """The folder that holds what servers keep, and the account that they run under (None: one's own)."""

    folder: Path
    account: pwd.struct_passwd | None

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program as the servers' account, from a folder that it may enter."""
        if self.account is not None:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return subprocess.run([*map(str, command)], cwd="/", text=True, check=False, **options)

    def must_run(self, *command: str | Path, **options: Any) -> None:
        """Run a program and refuse to go on when it fails, with what it said."""
        with tempfile.TemporaryFile("w+") as output:
            # A file and not a pipe: a server that stays would hold a pipe open, and we would wait for its end.
            done = self.run(*command, stdout=output, stderr=output, **options)
            if done.returncode:
                output.seek(0)
                raise Refused(f"{Path(command[0]).name} failed:\n{output.read().strip()}")

    def make(self, name: str) -> Path:
        """A folder for one server, which only its account may enter."""
        path = self.folder / name
        path.mkdir(mode=0o700, exist_ok=True)
        self.own(path)
        return path

    def own(self, path: Path) -> None:
        """Give ``path`` to the servers' account."""
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the servers' account (and root) may read."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self.own(path)
        return path

    def read(self, name: str) -> str | None:
        """What ``write`` has written, if it has."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def secret(self) -> str:
        """The password of these servers, made up once: other users of this machine reach loopback too."""
        known = self.read("secret")
        if known is None:
            known = secrets.token_urlsafe(18)
            self.write("secret", known)
        return known


def find_place() -> Place:
    """``var/services``; for root a place that an unprivileged account can reach, since servers refuse root."""
    folder = ROOT / "var/services"
    if os.geteuid() != 0:
        folder.mkdir(parents=True, exist_ok=True)
        return Place(folder, None)
    fallback = Path(tempfile.gettempdir()) / f"ironbolt-services-{sha256(bytes(ROOT)).hexdigest()[:12]}"
    for path in (folder, fallback):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = Place(path, account_of(path))
        place.own(path)
        if place.run("test", "-w", path).returncode == 0:
            return place
    raise Refused(f"The servers' account can write neither {folder} nor {fallback}")


def account_of(folder: Path) -> pwd.struct_passwd:
    """The account that has the folder already, else ``postgres``, else ``nobody``."""
    owner = folder.stat().st_uid
    if owner != 0:
        return pwd.getpwuid(owner)
    known = {account.pw_name: account for account in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def answers(port: int) -> bool:
    """Whether anybody listens on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def choose_port(server: str, variable: str, default: int) -> int:
    """The port that was asked for, or a free one where somebody else's server answers on it."""
    wanted = int(os.environ.get(variable) or default)
    if not answers(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    notice = f"Port {wanted} belongs to a server that is not ours; {server} takes {port} ({variable} names another)."
    print(notice, file=sys.stderr)
    return port


def install(program: str, package: str) -> None:
    """Have a program on PATH, from Debian's packages where it is missing."""
    if shutil.which(program) is None:
        done = subprocess.run([ROOT / "scripts/apt-install", package], check=False)
        if done.returncode:
            raise Refused(f"{program} is missing")
