"""Where the bytes lie: under their SHA-256, once, in a folder or in S3-compatible storage."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

from config import Settings, load_settings

CHUNK: Final = 256 * 1024


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
            self.client.put_object(Bucket=self.bucket, Key=_key(sha256), Body=source, ChecksumSHA256=_base64(sha256))

    def open(self, sha256: str) -> IO[bytes]:
        """The object as a stream."""
        try:
            body: IO[bytes] = self.client.get_object(Bucket=self.bucket, Key=_key(sha256))["Body"]
        except self.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(sha256) from error
        return body

    def has(self, sha256: str) -> bool:
        """Whether the object is there."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 costs start-up time, folders need none of it

        try:
            self.client.head_object(Bucket=self.bucket, Key=_key(sha256))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise
        return True


def open_store(settings: Settings) -> Store:
    """The store that the settings name: the bucket where one is given, else the files folder."""
    if settings.s3_bucket is None:
        return FolderStore(settings.files_folder)
    import boto3  # noqa: PLC0415 - see S3Store.has

    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=_secret(settings.s3_secret_key),
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
