"""Running PostgreSQL when root runs us: the server refuses root, so an account without rights runs it.

Root on a fresh machine or in a container is common, and the account must then reach the binaries and the data.
"""

import fcntl
import logging
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ACCOUNT: Final = "huiqi"
_TRIES: Final = 10

# useradd's codes for account files that it cannot lock or update (useradd(8)).
_BUSY: Final = frozenset({1, 10})
_logger = logging.getLogger(__name__)


def server_account() -> pwd.struct_passwd | None:
    """The account that runs the server: None (ourselves) unless we are root; made when it is missing.

    ``nobody`` only where no account can be made at all.
    """
    if os.geteuid() != 0:
        return None
    # Of several processes that find it missing (test workers on a new machine) one makes it and the others wait:
    # two useradds at once may each make the account, and the first one's number is then nobody's.
    with _one_at_a_time():
        return _account() or _make_account() or pwd.getpwnam("nobody")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """A lock on the folder of the account files, which every root process of this machine can open."""
    folder = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        return None


def _make_account() -> pwd.struct_passwd | None:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        return None
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    for _ in range(_TRIES):
        done = subprocess.run([program, *options, _ACCOUNT], check=False, capture_output=True)
        # Refused, but there: another program made it. Not there: a package may be adding accounts of its own just now.
        if made := _account():
            return made
        if done.returncode not in _BUSY:
            break
        time.sleep(1)
    return None


def own(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make ``folder`` if it is missing, and let only the server's account enter it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)


def open_way(target: Path) -> None:
    """Let other accounts pass through (not list) the folders above ``target``; says so where that changes anything."""
    for folder in target.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            _logger.warning("%s: other accounts may now pass through, as PostgreSQL does not run as root", folder)


def open_tree(root: Path) -> None:
    """Let other accounts read and run what lies in ``root``; a strict umask at installation time forbids it."""
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        needed = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode & needed != needed:
            path.chmod(mode | needed)
