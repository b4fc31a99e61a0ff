"""What the last proofs say, at the head of a desk."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from foundation.actors import STAFF, Actor
from foundation.desk import SHOWN, Figure, Lying, Standing, Tone
from foundation.i18n import N_
from proofs.models import Subject
from proofs.reading import ProofRow
from proofs.reading import standing as last_proofs

_FOUND: Final = {
    Subject.LEDGER: N_("夜间核对资金账目：发现 %(faults)s 处不符。请立即联系系统管理员运行 %(command)s"),
    Subject.TRAIL: N_("夜间核对操作记录：发现 %(faults)s 处不符。请立即联系系统管理员运行 %(command)s"),
}
_GOOD: Final = {
    Subject.LEDGER: N_("夜间核对资金账目：全部相符"),
    Subject.TRAIL: N_("夜间核对操作记录：完整，未被改动"),
}
_LATE: Final = {
    Subject.LEDGER: N_("资金账目的夜间核对没有按时运行，请联系系统管理员"),
    Subject.TRAIL: N_("操作记录的夜间核对没有按时运行，请联系系统管理员"),
}


def standing(session: Session, actor: Actor) -> list[Standing]:
    """For bureau, treasury and auditor: how the last proofs ended, and whether one was missed."""
    return list(_standings(last_proofs(session))) if actor.role in STAFF else []


def waiting(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing: what a proof finds is mended at the server."""
    return Lying()


def others(_session: Session, _actor: Actor, _most: int = SHOWN) -> Lying:
    """Nothing."""
    return Lying()


def figures(_session: Session, _actor: Actor) -> list[Figure]:
    """Nothing."""
    return []


def _standings(rows: Iterable[ProofRow]) -> Iterable[Standing]:
    for row in rows:
        if row.faults:
            facts = {"faults": row.faults, "command": row.command}
            yield Standing(Tone.BAD, _FOUND[row.subject], row.at, "proofs.index", facts)
        elif row.late:
            yield Standing(Tone.ACT, _LATE[row.subject], row.at, "proofs.index")
        else:
            yield Standing(Tone.OK, _GOOD[row.subject], row.at, "proofs.index")
