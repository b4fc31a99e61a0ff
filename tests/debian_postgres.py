"""Debian's PostgreSQL for tests: ``debian_postgres.py 15 COMMAND…`` runs the command with ``TEST_DATABASE_URL`` set.

The README promises 15 and later, and the embedded server is a later one. Debian's own cluster is left alone: this
server has a folder of its own, gone at the end, and listens at a socket there only.
"""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from foundation.unprivileged import own, server_account

_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    # Nothing here outlives the run.
    "fsync": "off",
}


@contextmanager
def debian_postgres(version: str) -> Iterator[str]:
    """The URL of a new server of this major version, as Debian's package ``postgresql-VERSION`` has it."""
    programs = Path("/usr/lib/postgresql") / version / "bin"
    account = server_account()
    with tempfile.TemporaryDirectory(prefix="huiqi-postgres-") as name:
        folder = Path(name)
        own(folder, account)
        data = folder / "data"
        # Like the embedded server's: characters in their own order, and letters of all alphabets have two cases.
        options = ["--username=huiqi", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run(programs / "initdb", [*options, f"--pgdata={data}"], account, folder)
        given = " ".join(f"--{key}={value}" for key, value in _SETTINGS.items())
        server = f"--options=-k {folder} --listen_addresses='' {given}"
        _run(
            programs / "pg_ctl",
            ["start", "--wait", f"--pgdata={data}", f"--log={folder / 'log'}", server],
            account,
            folder,
        )
        try:
            yield f"postgresql://huiqi@/postgres?host={quote(name, safe='/')}"
        finally:
            _run(programs / "pg_ctl", ["stop", "--mode=fast", "--wait", f"--pgdata={data}"], account, folder)


def _run(program: Path, arguments: Sequence[str], account: pwd.struct_passwd | None, folder: Path) -> None:
    as_account = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run([program, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_account)


if __name__ == "__main__":
    with debian_postgres(sys.argv[1]) as url:
        sys.exit(subprocess.run(sys.argv[2:], check=False, env={**os.environ, "TEST_DATABASE_URL": url}).returncode)
