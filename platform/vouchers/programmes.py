"""The life of a programme at the bureau: drafted, checked by another person, announced, open, closed."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import second_person
from accounts.models import Organisation, OrganisationKind
from accounts.passwords import reconfirmed
from audit.changes import change_state
from audit.decisions import decide
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from foundation.periodic import Due
from vouchers.duties import judges
from vouchers.models import Programme, ProgrammeState, ProgrammeVersion
from vouchers.states import PROGRAMME
from vouchers.terms import Terms, current_terms

CLOSE: Final = "programme.close"
_RUNNING = frozenset({ProgrammeState.ANNOUNCED, ProgrammeState.OPEN})


def draft(
    session: Session,
    actor: Actor,
    *,
    name: str,
    summary: str,
    scheme_id: str,
    treasury_uscc: str,
    terms: Terms,
) -> Programme:
    """Draft a programme for the region of the actor's bureau, with its first version of terms.

    BadInput when the treasury is none or belongs to another region.
    """
    bureau = session.get_one(Organisation, actor.organisation_id)
    treasury = session.scalar(
        select(Organisation).where(
            Organisation.uscc == treasury_uscc,
            Organisation.kind == OrganisationKind.TREASURY,
            Organisation.region_id == bureau.region_id,
        )
    )
    if treasury is None:
        raise BadInput(N_("请选择本地区的财政部门"), field="treasury")
    programme = Programme(
        number=new_number("XM", today()),
        name=name,
        summary=summary,
        bureau=bureau,
        treasury=treasury,
        region=bureau.region,
        scheme_id=scheme_id,
        state=ProgrammeState.DRAFT,
        drafted_by_id=actor.user_id,
        versions=[ProgrammeVersion(version=1, terms=terms.for_storage())],
    )
    session.add(programme)
    session.flush()
    judges(session, actor, programme)
    record(session, actor, "programme.draft", programme, after={"number": programme.number, "name": name})
    return programme


def edit(session: Session, actor: Actor, programme: Programme, *, name: str, summary: str, terms: Terms) -> Programme:
    """Change a draft, or propose a new version of an announced programme.

    A new version binds nobody until another person approves it, and then only new claims. Whoever edits becomes the
    drafter, so somebody else must check.
    """
    actor = _hold(session, actor, programme)
    latest = programme.versions[-1]
    before = dict(latest.terms)
    if programme.state is ProgrammeState.DRAFT:
        programme.name, programme.summary, latest.terms = name, summary, terms.for_storage()
    elif programme.state not in _RUNNING:
        raise Conflict(
            N_("当前状态为“%(state)s”，不能修改规则"),
            remedy=N_("已审核、未公布的项目可以由审核人退回后修改"),
            state=PROGRAMME.labels[programme.state],
        )
    elif latest.announced_at is None:
        latest.terms = terms.for_storage()
    else:
        latest = ProgrammeVersion(version=latest.version + 1, terms=terms.for_storage())
        programme.versions.append(latest)
    programme.drafted_by_id, programme.checked_by_id = actor.user_id, None
    session.flush()
    changed = {key for key, value in latest.terms.items() if before.get(key) != value}
    record(
        session,
        actor,
        "programme.edit",
        programme,
        before={key: before.get(key) for key in sorted(changed)},
        after={"version": latest.version, **{key: latest.terms[key] for key in sorted(changed)}},
    )
    return programme


def check(session: Session, actor: Actor, programme: Programme, *, note: str | None = None) -> Programme:
    """Confirm a draft as a second person; NotAllowed for whoever drafted it."""
    actor = _hold(session, actor, programme)
    _ensure_second_person(actor, programme)
    change_state(session, actor, programme, PROGRAMME, "check", note=note)
    programme.checked_by_id = actor.user_id
    return programme


def send_back(session: Session, actor: Actor, programme: Programme, *, note: str) -> Programme:
    """Return a checked programme to its drafter with the reason."""
    actor = _hold(session, actor, programme)
    change_state(session, actor, programme, PROGRAMME, "send_back", note=note)
    programme.checked_by_id = None
    return programme


def announce(session: Session, actor: Actor, programme: Programme) -> Programme:
    """Make the rules public; from here on they change only by a new version."""
    actor = _hold(session, actor, programme)
    change_state(session, actor, programme, PROGRAMME, "announce")
    programme.versions[-1].announced_at = now()
    return programme


def approve_version(session: Session, actor: Actor, programme: Programme) -> Programme:
    """Make a proposed version binding for new claims, as a second person. Conflict when none is proposed."""
    actor = _hold(session, actor, programme)
    latest = programme.versions[-1]
    if programme.state not in _RUNNING or latest.announced_at is not None:
        raise Conflict(N_("没有待审核的规则修改"))
    _ensure_second_person(actor, programme)
    programme.checked_by_id = actor.user_id
    latest.announced_at = now()
    decide(session, actor, "programme.approve_version", programme, after={"version": latest.version})
    session.flush()
    return programme


def open_claims(session: Session, actor: Actor, programme: Programme) -> Programme:
    """Open the claim window; Conflict before its first moment or after its last."""
    actor = _hold(session, actor, programme)
    if not current_terms(programme).claims_open(now()):
        raise Conflict(N_("现在不在申领时间内"), remedy=N_("到申领开始时间，项目会自动开放"))
    change_state(session, actor, programme, PROGRAMME, "open")
    return programme


def ask_to_close(session: Session, actor: Actor, programme: Programme, *, reason: str) -> Programme:
    """Ask a colleague to end the claim window before its last day; nothing is closed yet."""
    actor = _hold(session, actor, programme)
    PROGRAMME.next(programme.state, "close", actor.role)
    second_person.ask(session, actor, programme, CLOSE, reason=reason)
    return programme


def close_claims(session: Session, actor: Actor, programme: Programme, *, password: str) -> Programme:
    """End the claim window as the second person, who gives the password; who waits in line keeps the place."""
    actor = _hold(session, actor, programme)
    reconfirmed(session, actor, password)
    request = second_person.carry_out(session, actor, programme, CLOSE)
    change_state(session, actor, programme, PROGRAMME, "close", note=request.reason)
    return programme


def decline_closing(session: Session, actor: Actor, programme: Programme, *, reason: str) -> Programme:
    """Keep the claim window open; whoever asked to close it takes the request back."""
    actor = _hold(session, actor, programme)
    second_person.decline(session, actor, programme, CLOSE, reason=reason)
    return programme


def running() -> Due:
    """Programmes whose window the clock opens or closes."""
    return select(Programme.id).where(Programme.state.in_(_RUNNING))


def turn_with_the_clock(session: Session, programme_id: UUID) -> bool:
    """Open or close a programme whose window has begun or ended; says whether it did. May run any number of times."""
    programme = session.get_one(Programme, programme_id)
    if _turn(programme, now()) is None:
        return False
    # Looked at again under the lock: a person may have closed it meanwhile.
    event = _turn(lock_row(session, Programme, programme_id), now())
    if event is None:
        return False
    change_state(session, SYSTEM, programme, PROGRAMME, event)
    return True


def _turn(programme: Programme, moment: datetime) -> str | None:
    """What the clock does with the programme."""
    terms = current_terms(programme)
    if programme.state is ProgrammeState.ANNOUNCED and terms.claims_open(moment):
        return "open"
    if programme.state is ProgrammeState.OPEN and moment >= terms.claims_close_at:
        return "close"
    return None


def _hold(session: Session, actor: Actor, programme: Programme) -> Actor:
    """Locked and read anew with its rules, as two people may have it before them; see ``judges`` for who may."""
    lock_row(session, Programme, programme.id)
    _read_versions(session, programme)
    return judges(session, actor, programme)


def _read_versions(session: Session, programme: Programme) -> None:
    session.expire(programme, ["versions"])
    versions = select(ProgrammeVersion).where(ProgrammeVersion.programme_id == programme.id)
    session.scalars(versions.execution_options(populate_existing=True)).all()


def _ensure_second_person(actor: Actor, programme: Programme) -> None:
    if programme.drafted_by_id == actor.user_id:
        raise NotAllowed(N_("起草人不能审核自己起草的项目"), remedy=N_("请由另一位工作人员审核"))
