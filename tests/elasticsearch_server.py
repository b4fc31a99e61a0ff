"""A real Elasticsearch for the tests: Elastic's own minimal server for plug-in authors, from Maven Central.

``ELASTICSEARCH_URL`` names a server that runs already; otherwise the server is fetched once into the user's cache,
started as another user than root on free ports of the loopback interface, and ended by its own process id.
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from elasticsearch import Elasticsearch

VERSION = "8.19.21"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "huiqi"
START_SECONDS = 90
NEEDED = {
    "java": "openjdk-17-jre-headless",
    "mvn": "maven",
}


class ServerMissing(Exception):
    """No Elasticsearch can be had here; the text says what to install."""


def why_missing() -> str | None:
    """One line that says what to install before a server can be started; None when nothing is missing."""
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if not missing:
        return None
    return f"install what a server needs: apt-get install {' '.join(missing)}"


class Server:
    """One server process in a folder of its own, which can be killed and started again on the same port and data."""

    def __init__(self, folder: Path, *, password: str | None = None) -> None:
        self.folder = folder
        self.password = password
        self.port, transport = _free_ports(2)
        self.process: subprocess.Popen[bytes] | None = None
        _unpack(folder)
        (folder / "config/elasticsearch.yml").write_text(
            "\n".join(
                [
                    "cluster.name: tests",
                    "discovery.type: single-node",
                    "http.host: 127.0.0.1",
                    "transport.host: 127.0.0.1",
                    f"http.port: {self.port}",
                    f"transport.port: {transport}",
                    "cluster.routing.allocation.disk.threshold_enabled: false",
                    f"xpack.security.enabled: {'true' if password else 'false'}",
                ]
            )
        )
        if password:
            self._keep_password(password)

    @property
    def url(self) -> str:
        """The address without name and password."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def signed_url(self) -> str:
        """The address with name and password, as a person would configure it."""
        return f"http://elastic:{self.password}@127.0.0.1:{self.port}" if self.password else self.url

    def start(self) -> None:
        """Start the process and wait until it answers; raises ServerMissing with the end of its log."""
        log = self.folder / "output.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [*_as_other_user(), str(self.folder / "bin/elasticsearch")],
                env=_environment(self.folder),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if _answers(self.url, self.password):
                return
            time.sleep(0.2)
        tail = log.read_text(errors="replace")[-2000:]
        self.kill()
        raise ServerMissing(f"Elasticsearch {VERSION} did not start:\n{tail}")

    def kill(self) -> None:
        """SIGKILL to the server's own process group: no time to flush anything."""
        if self.process is not None:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _keep_password(self, password: str) -> None:
        keystore = [*_as_other_user(), str(self.folder / "bin/elasticsearch-keystore")]
        environment = _environment(self.folder)
        subprocess.run([*keystore, "create"], env=environment, check=True, capture_output=True)
        subprocess.run(
            [*keystore, "add", "-x", "bootstrap.password"],
            env=environment,
            check=True,
            capture_output=True,
            input=password.encode(),
        )


@contextmanager
def server(*, password: str | None = None) -> Iterator[Server]:
    """A running server for the block, in a temporary folder."""
    # Not pytest's own temporary folder: only its owner may enter that one, and the server runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="huiqi-elasticsearch-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        running = Server(folder / "server", password=password)
        try:
            running.start()
            yield running
        finally:
            running.kill()


def version_of(url: str) -> str:
    """The version that the server itself reports (``GET /_nodes``)."""
    with Elasticsearch(url) as client:
        nodes = client.nodes.info()["nodes"]
    return ", ".join(sorted({str(node["version"]) for node in nodes.values()}))


def _fetch() -> Path:
    """The server's archive in the cache; fetched once, also when several test processes ask at the same time."""
    reason = why_missing()
    if reason:
        raise ServerMissing(reason)
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"elasticsearch-{VERSION}.zip"
    with (CACHE / "elasticsearch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            fresh = CACHE / "fresh"
            copied = subprocess.run(
                ["mvn", "-B", "-q", COPY, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={fresh}"],
                capture_output=True,
                text=True,
                check=False,
            )
            if copied.returncode:
                raise ServerMissing(f"Maven could not fetch {ARTIFACT}: {copied.stdout[-500:]}{copied.stderr[-500:]}")
            (fresh / archive.name).replace(archive)
    return archive


def _unpack(folder: Path) -> None:
    with ZipFile(_fetch()) as archive:
        archive.extractall(folder.parent)
    (folder.parent / f"elasticsearch-{VERSION}").rename(folder)
    (folder / "temporary").mkdir()
    for program in (
        *(folder / "bin").iterdir(),
        *folder.glob("modules/*/platform/*/bin/*"),
        *folder.glob("lib/**/bin/*"),
    ):
        program.chmod(0o755)
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _as_other_user() -> list[str]:
    """Elasticsearch refuses to run as root, and it is right; and it is to end with us when we are killed."""
    if shutil.which("setpriv") is None:
        return []
    if os.getuid() != 0:
        return ["setpriv", "--pdeathsig=KILL"]
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--pdeathsig=KILL"]


def _environment(folder: Path) -> dict[str, str]:
    java = Path(shutil.which("java") or "java").resolve().parent.parent
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ES_TMPDIR": str(folder / "temporary"),
        "ES_JAVA_HOME": str(java),
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
    }


def _answers(url: str, password: str | None) -> bool:
    request = urllib.request.Request(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s")  # noqa: S310
    if password:
        request.add_header("Authorization", "Basic " + b64encode(f"elastic:{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310 - the tests' own address
            return bool(json.load(answer)["status"] in {"green", "yellow"})
    except (OSError, ValueError):
        return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
