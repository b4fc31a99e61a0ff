"""Where the bytes lie: under their SHA-256, once, in a folder or in S3-compatible storage."""

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

from config import Settings, load_settings
from foundation.errors import DomainError
from foundation.i18n import N_

CHUNK: Final = 256 * 1024

_logger = logging.getLogger(__name__)


class StoreAway(DomainError):
    """The store takes or gives nothing now: its disk is full, it cannot be reached, or the bytes are gone."""

    status = 503


@contextmanager
def answering(field: str | None = None) -> Iterator[None]:
    """For whoever uses the store: what fails there is told to the person, by ``field``; the log says why."""
    try:
        yield
    except OSError as error:
        _logger.error("file store: %s", error)  # noqa: TRY400 - the line says all; a trace would only bury it
        raise StoreAway(
            N_("文件库暂时不能使用，文件没有保存或取不出来"),
            field=field,
            remedy=N_("请稍后再试；仍不行时请联系运营方"),
        ) from error


class Store(Protocol):
    """Content-addressed: the same bytes put twice are there once, and nothing is ever overwritten by other bytes."""

    def put(self, sha256: str, source: IO[bytes]) -> None:
        """Keep what ``source`` gives from where it stands; done means it survives a power cut."""

    def open(self, sha256: str) -> IO[bytes]:
        """The bytes for reading; FileNotFoundError when they are gone."""

    def has(self, sha256: str) -> bool:
        """Whether the bytes are there."""


class FolderStore:
    """Files in a folder that only its owner may enter, two letters of the digest a sub-folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("not a SHA-256 digest")
        return self.root / sha256[:2] / sha256

    def put(self, sha256: str, source: IO[bytes]) -> None:
        """Written beside its place, flushed to disk, then renamed: a reader never sees half a file."""
        path = self._path(sha256)
        if path.exists():
            return
        for folder in (self.root, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # NamedTemporaryFile makes the file 0600.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
            try:
                while chunk := source.read(CHUNK):
                    part.write(chunk)
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        _sync_folder(path.parent)

    def open(self, sha256: str) -> IO[bytes]:
        """The file, opened for reading."""
        return self._path(sha256).open("rb")

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self._path(sha256).exists()


class S3Store:
    """Objects in a bucket of any S3-compatible storage; encryption and redundancy are the storage's business."""

    def __init__(self, bucket: str, client: Any) -> None:
        self.bucket = bucket
        self.client = client

    def put(self, sha256: str, source: IO[bytes]) -> None:
        """One PUT is atomic; an object that is there already has the same bytes."""
        if not self.has(sha256):
            with _as_os_error(refusals=True):
                self.client.put_object(
                    Bucket=self.bucket, Key=_key(sha256), Body=source, ChecksumSHA256=_base64(sha256)
                )

    def open(self, sha256: str) -> IO[bytes]:
        """The object as a stream."""
        try:
            with _as_os_error():
                body: IO[bytes] = self.client.get_object(Bucket=self.bucket, Key=_key(sha256))["Body"]
        except self.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(sha256) from error
        return body

    def has(self, sha256: str) -> bool:
        """Whether the object is there."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 costs start-up time, folders need none of it

        try:
            with _as_os_error():
                self.client.head_object(Bucket=self.bucket, Key=_key(sha256))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise OSError(str(error)) from error
        return True


@contextmanager
def _as_os_error(*, refusals: bool = False) -> Iterator[None]:
    """A storage that cannot be reached fails like a disk does; with ``refusals`` also one that answers no."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see S3Store.has

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and not refusals:
            raise
        raise OSError(str(error)) from error


def open_store(settings: Settings, *, read_seconds: int = 30) -> Store:
    """The store that the settings name: the bucket where one is given, else the files folder."""
    if settings.s3_bucket is None:
        return FolderStore(settings.files_folder)
    import boto3  # noqa: PLC0415 - see S3Store.has
    from botocore.config import Config  # noqa: PLC0415

    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=_secret(settings.s3_secret_key),
        # By itself it would try five times with a minute each, while a person and a thread of ours wait.
        config=Config(connect_timeout=3, read_timeout=read_seconds, retries={"total_max_attempts": 2}),
    )
    return S3Store(settings.s3_bucket, client)


_current: list[Store] = []


def current_store() -> Store:
    """The store of this process, opened from the settings at first use."""
    if not _current:
        _current.append(open_store(load_settings()))
    return _current[0]


@contextmanager
def using(store: Store) -> Iterator[Store]:
    """Use ``store`` for the block: for tests and for commands that name another folder."""
    before = _current[:]
    _current[:] = [store]
    try:
        yield store
    finally:
        _current[:] = before


def digest(source: IO[bytes]) -> str:
    """SHA-256 of what ``source`` gives from where it stands, as 64 hexadecimal digits."""
    found = hashlib.sha256()
    while chunk := source.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def _base64(sha256: str) -> str:
    import base64  # noqa: PLC0415 - only for the checksum header

    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _secret(value: Any) -> Any:
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def _sync_folder(folder: Path) -> None:
    """A rename is safe from a power cut only when the folder itself has reached the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
