"""scripts/fetch_scalar.py, and what it has put into the package."""

import gzip
import io
import tarfile
from pathlib import Path

from scripts import fetch_scalar


def test_hash_is_written_as_npm_writes_it() -> None:
    """SHA-512 in Base64, after its name."""
    assert fetch_scalar.integrity_of(b"abc") == (
        "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
    )


def test_script_is_taken_out_and_compressed(tmp_path: Path) -> None:
    """The same bytes each time, whenever it runs."""
    archive = tmp_path / "package.tgz"
    with tarfile.open(archive, "w:gz") as package:
        member = tarfile.TarInfo(fetch_scalar.MEMBER)
        member.size = 4
        package.addfile(member, io.BytesIO(b"js()"))
    first = fetch_scalar.compressed_script(archive)
    assert gzip.decompress(first) == b"js()"
    assert fetch_scalar.compressed_script(archive) == first


def test_version_in_the_package_is_the_one_that_is_written_down() -> None:
    """Whoever changes the version has to run the script."""
    assert fetch_scalar.VERSION.encode() in gzip.decompress(fetch_scalar.TARGET.read_bytes())
