"""PostgreSQL, from Debian's programs: a cluster of our own with one user and one database."""

import os
from pathlib import Path
from shutil import which

from scripts.services import place as places
from scripts.services.place import LOOPBACK, Place, Refused

NAME = "PostgreSQL"
VARIABLE = "DATABASE_URL"
USER = DATABASE = "ironbolt"


def programs() -> Path | None:
    """The folder of the newest server programs (Debian keeps them off PATH)."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = debian[-1] if debian else which("postgres")
    return Path(found).parent if found else None


def install() -> None:
    """Have the server programs."""
    if programs() is None:
        places.install("postgres", "postgresql")


def runs(place: Place) -> bool:
    """Whether our cluster is up; PostgreSQL's own tool judges its pid file."""
    folder = programs()
    if folder is None or not (place.folder / "postgres").exists():
        return False
    return place.run(folder / "pg_ctl", "status", "-D", place.folder / "postgres", capture_output=True).returncode == 0


def start(place: Place) -> str:
    """Make the cluster at the first start, start it, wait until it answers; return its URL."""
    folder = programs()
    if folder is None:
        raise Refused("PostgreSQL's server programs are missing")
    data = place.make("postgres")
    secret = place.secret()
    if not (data / "PG_VERSION").exists():
        identity = ("-U", USER, "--auth=scram-sha-256", f"--pwfile={place.folder / 'secret'}")
        place.must_run(folder / "initdb", "-D", data, *identity, "--encoding=UTF8", "--locale=C.UTF-8")
    port = places.choose_port(NAME, "IRONBOLT_PG_PORT", 5432)
    options = f"-p {port} -c listen_addresses={LOOPBACK} -c unix_socket_directories=''"
    place.must_run(folder / "pg_ctl", "start", "-w", "-D", data, "-l", place.folder / "postgres.log", "-o", options)
    create_database(place, folder, port)
    return f"postgres://{USER}:{secret}@{LOOPBACK}:{port}/{DATABASE}"


def create_database(place: Place, folder: Path, port: int) -> None:
    """Make the database, unless an earlier start has made it."""
    command = (folder / "createdb", "-h", LOOPBACK, "-p", str(port), "-U", USER, DATABASE)
    done = place.run(*command, env={**os.environ, "PGPASSWORD": place.secret()}, capture_output=True)
    if done.returncode and "already exists" not in done.stderr:
        raise Refused(done.stderr.strip())


def stop(place: Place) -> None:
    """Stop our cluster, whoever is connected."""
    folder = programs()
    if folder is not None:
        place.must_run(folder / "pg_ctl", "stop", "-w", "-m", "fast", "-D", place.folder / "postgres")
