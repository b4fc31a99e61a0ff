"""The file ``postmaster.pid`` of a PostgreSQL cluster: who runs it and where it listens."""

import os
from pathlib import Path
from typing import Final, NamedTuple, Self

import psutil

# The line of the file that holds the folder of the socket.
_SOCKET_LINE: Final = 5


class Postmaster(NamedTuple):
    """What ``postmaster.pid`` says of the running (or killed) server."""

    pid: int
    socket_folder: Path

    @classmethod
    def read(cls, data: Path) -> Self:
        """Raises FileNotFoundError where no server runs; a file that is being written counts as none."""
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        if len(lines) < _SOCKET_LINE:
            raise FileNotFoundError(f"{data / 'postmaster.pid'} is not complete")
        return cls(int(lines[0]), Path(lines[_SOCKET_LINE - 1]))

    def alive(self, data: Path) -> bool:
        """Whether the process of this id still is the server of ``data``, not a stranger that got the number."""
        try:
            process = psutil.Process(self.pid)
            return process.name() == "postgres" and Path(process.cwd()) == data
        except psutil.Error:
            return False


def disown_reused_pid(data: Path) -> None:
    """Make the server start although a stranger runs under the id that a killed server left behind.

    PostgreSQL trusts the id in the file as long as some process has it, but not the id of its own grandparent, which
    we are (``pg_ctl`` passes it on). Deleting the file instead would also skip its check for surviving children.
    """
    try:
        postmaster = Postmaster.read(data)
    except FileNotFoundError:
        return
    if not postmaster.alive(data):
        file = data / "postmaster.pid"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]), encoding="utf-8")
