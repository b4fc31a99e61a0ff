"""Heads that leave the database: whoever owns its tables can make a whole tree anew, but not what was written elsewhere.

The worker appends each new head to a file of its host in the data folder, with a code (HMAC) under a key from the settings,
logs it, and sends the newest to an address of the office where one is set. ``check`` holds the tables against all of them.
"""

import hashlib
import hmac
import json
import logging
import os
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.models import AuditEvent, AuditHead
from audit.proofs import told_head
from audit.report import AuditReport
from config import Settings
from foundation.clock import now
from foundation.many import among
from foundation.unit_of_work import at_once

RESTORED: Final = "audit.restored"
AT_ONCE: Final = 2_000
_SIGNED: Final = ("heads_from", "heads_to", "lost_at", "root", "asked_by")
_SEND_SECONDS: Final = 5
_TAIL: Final = 4096

_logger = logging.getLogger(__name__)
_logger.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Lost:
    """Heads that were written out and are not in the database: from ``low`` to ``high``, the last one made at ``at``."""

    low: int
    high: int
    at: str
    root: str


@dataclass(frozen=True, slots=True)
class HeadFiles:
    """The files of heads, one a year for each host; none is ever rewritten or removed."""

    folder: Path
    key: bytes
    host: str

    @classmethod
    def of(cls, settings: Settings) -> "HeadFiles":
        """Those of this installation on this host."""
        secret = settings.audit_head_key or settings.secret_key
        host = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in socket.gethostname())
        return cls(settings.data_folder / "heads", hashlib.sha256(b"huiqi heads\n" + secret.encode()).digest(), host)

    def lines(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Each line of all files with where it stands; None where it is no head of ours."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open(encoding="utf-8", errors="replace") as file:
                for number, line in enumerate(file, start=1):
                    yield f"{path.name} line {number}", self._read(line)

    def newest(self) -> dict[str, Any] | None:
        """The last head of this host; None where there is none."""
        for path in sorted(self.folder.glob(f"{self.host}-????.jsonl"), reverse=True):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL))
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                return self._read(whole.rpartition(b"\n")[2].decode(errors="replace"))
        return None

    def append(self, heads: Sequence[AuditHead]) -> list[dict[str, Any]]:
        """Write heads to the end of this year's file; on return they are on the disk. Returns them as written."""
        written = [self._signed(told_head(head) | {"host": self.host}) for head in heads]
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{self.host}-{now().astimezone(UTC).year}.jsonl"
        with path.open("a+b") as file:
            _drop_torn_line(file)
            file.write(b"".join(json.dumps(each).encode() + b"\n" for each in written))
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return written

    def _signed(self, head: dict[str, Any]) -> dict[str, Any]:
        return head | {"code": self._code(head)}

    def _code(self, head: dict[str, Any]) -> str:
        said = json.dumps({name: value for name, value in head.items() if name != "code"}, sort_keys=True)
        return hmac.new(self.key, said.encode(), hashlib.sha256).hexdigest()

    def _read(self, line: str) -> dict[str, Any] | None:
        try:
            head = json.loads(line)
            right = hmac.compare_digest(head["code"], self._code(head))
        except (ValueError, TypeError, KeyError):
            return None
        return head if right else None


def publish(session: Session, settings: Settings, *, most: int = 10_000) -> bool:
    """Write committed heads out that this host has not written yet, log them, and send the newest; True when more may wait.

    An address that does not answer is logged: the next head goes there again, and holds all before it.
    """
    files = HeadFiles.of(settings)
    last = _last_in_common(session, files)
    query = select(AuditHead).where(AuditHead.position > last).order_by(AuditHead.position).limit(most)
    heads = session.scalars(query).all()
    if not heads:
        return False
    written = files.append(heads)
    for each in written:
        _logger.info("head %s: size %s root %s code %s", each["position"], each["size"], each["root"], each["code"])
    if settings.audit_head_address is not None:
        _send(settings.audit_head_address, written[-1])
    return len(heads) == most


def _send(address: str, head: dict[str, Any]) -> None:
    # The setting takes only http and https.
    request = urllib.request.Request(  # noqa: S310
        address, data=json.dumps(head).encode(), headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SEND_SECONDS):  # noqa: S310
            pass
    except OSError as error:
        _logger.error("head %s was not sent to the office's address: %s", head["position"], error)  # noqa: TRY400


def _last_in_common(session: Session, files: HeadFiles) -> int:
    """The last head of this host's files that the database has too; 0 where there is none."""
    newest = files.newest()
    if newest is not None and _known(session, [newest]):
        return int(newest["position"])
    last = 0
    for lines in _batches(files.lines()):
        heads = [head for _, head in lines if head is not None and head["host"] == files.host]
        last = max([last, *(head["position"] for head in _known(session, heads))])
    return last


def _known(session: Session, heads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the heads that the database has just so."""
    columns = (AuditHead.position, AuditHead.size, AuditHead.root)
    rows = session.execute(select(*columns).where(among(AuditHead.position, [head["position"] for head in heads])))
    there = {tuple(row) for row in rows}
    return [head for head in heads if (head["position"], head["size"], head["root"]) in there]


def check(session: Session, report: AuditReport, settings: Settings) -> None:
    """Hold the tree against all heads that were written out; what a signed note says was lost is told, and no fault."""
    files = HeadFiles.of(settings)
    report.restored = notes(session)
    for lines in _batches(files.lines()):
        for place, head in lines:
            if head is None:
                report.fault(f"{place}: not a head of ours: it was changed, or the key is another one")
        report.heads_held_against += sum(head is not None for _, head in lines)
    lost = missing(session, settings)
    if lost is not None:
        report.fault(
            f"restored before head {lost.low}: heads {lost.low} to {lost.high} were written out and are not in the database;"
            " if it was not restored, seals were taken away or made anew"
        )


def missing(session: Session, settings: Settings) -> Lost | None:
    """The heads that were written out, are not in the database, and that no signed note tells of; None when there are none."""
    signed = notes(session)
    gone: list[dict[str, Any]] = []
    low = high = None
    for lines in _batches(HeadFiles.of(settings).lines()):
        heads = [head for _, head in lines if head is not None]
        known = {head["code"] for head in _known(session, heads)}
        gone = [head for head in heads if head["code"] not in known and not _excused(head, signed)]
        if gone:
            # What was sealed while a long check looks at one moment of the database is there all the same.
            with at_once(session) as own:
                known = {head["code"] for head in _known(own, gone)}
            gone = [head for head in gone if head["code"] not in known]
        for head in gone:
            low = head if low is None or head["position"] < low["position"] else low
            high = head if high is None or head["position"] >= high["position"] else high
    if low is None or high is None:
        return None
    return Lost(low["position"], high["position"], high["at"], high["root"])


def _excused(head: dict[str, Any], signed: list[dict[str, Any]]) -> bool:
    return any(
        note["from"] <= head["position"] <= note["to"]
        and datetime.fromisoformat(head["at"]) <= datetime.fromisoformat(note["lost_at"])
        for note in signed
    )


def notes(session: Session) -> list[dict[str, Any]]:
    """What was signed as lost by a restore: the heads, who signed, when and why."""
    query = select(AuditEvent).where(AuditEvent.action == RESTORED).order_by(AuditEvent.sequence)
    return [
        {
            **{name.removeprefix("heads_"): (event.after or {}).get(name) for name in _SIGNED},
            "second": event.person,
            "at": event.at.isoformat(),
            "note": event.note,
        }
        for event in session.scalars(query)
    ]


def _batches(lines: Iterator[tuple[str, dict[str, Any] | None]]) -> Iterator[list[tuple[str, dict[str, Any] | None]]]:
    while batch := list(islice(lines, AT_ONCE)):
        yield batch


def _drop_torn_line(file: Any) -> None:
    """A line that a crash cut short goes away: its head is written again."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    if not tail.endswith(b"\n"):
        file.truncate(size - len(tail.rpartition(b"\n")[2]))
    file.seek(0, os.SEEK_END)
