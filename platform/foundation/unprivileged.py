"""Running PostgreSQL when root runs us: the server refuses root, so an account without rights runs it.

Root on a fresh machine or in a container is common, and the account must then reach the binaries and the data.
"""

import logging
import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Final

_ACCOUNT: Final = "huiqi"
_logger = logging.getLogger(__name__)


def server_account() -> pwd.struct_passwd | None:
    """The account that runs the server: None (ourselves) unless we are root; made when it is missing."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_ACCOUNT)
    except KeyError:
        pass
    made = subprocess.run(
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            _ACCOUNT,
        ],
        check=False,
        capture_output=True,
    )
    return pwd.getpwnam(_ACCOUNT if made.returncode == 0 else "nobody")


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
