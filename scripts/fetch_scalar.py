"""Puts Scalar's script, at the version and hash below, where the documentation pages serve it from.

To take another version, write down what ``npm view @scalar/api-reference version dist.integrity`` says, run this with
npm installed, and look at ``/scalar`` in a browser. Its licence lies beside it, as the package carries none.
"""

import base64
import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/ironbolt/bolt/openapi/assets/scalar.js.gz"

PACKAGE = "@scalar/api-reference"
VERSION = "1.72.1"
INTEGRITY = "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow=="
MEMBER = "package/dist/browser/standalone.js"


def main() -> int:
    """Fetch the package, check it, and write the compressed script."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, cwd=folder)
        archive = next(Path(folder).glob("*.tgz"))
        found = integrity_of(archive.read_bytes())
        if found != INTEGRITY:
            print(f"{archive.name} is not what was expected: {found}", file=sys.stderr)
            return 1
        TARGET.write_bytes(compressed_script(archive))
    print(f"{TARGET.relative_to(ROOT)}: {PACKAGE} {VERSION}, {TARGET.stat().st_size} bytes")
    return 0


def integrity_of(data: bytes) -> str:
    """The hash of a package as npm writes it."""
    return f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"


def compressed_script(archive: Path) -> bytes:
    """The script for browsers in an npm package, compressed the same way each time."""
    with tarfile.open(archive) as package:
        member = package.extractfile(MEMBER)
        if member is None:
            raise FileNotFoundError(MEMBER)
        return gzip.compress(member.read(), 9, mtime=0)


if __name__ == "__main__":
    sys.exit(main())
