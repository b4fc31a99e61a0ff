"""A provider's application to be a certified platform: draft, facts, judgement, submission."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Organisation
from audit.changes import change_state
from audit.trail import record
from files.intake import Upload, Wanted, take_all
from foundation.actors import PROVIDER, Actor
from foundation.clock import now, today
from foundation.errors import BadInput, Conflict, DomainError, Faults, NotAllowed
from foundation.i18n import N_
from foundation.identifiers import new_number
from foundation.locking import lock_row
from policies.answers import Answer, Outcome, Status
from policies.catalogue import shipped
from policies.evaluation import check
from policies.facts import Facts, FactValue, parse_facts, to_json, vocabulary
from policies.rulesets import RuleSet
from policies.versions import row_of
from providers.access import certified_on, ensure_own
from providers.models import Certification, CertificationState
from providers.rules import WRITABLE, rules_for
from providers.states import CERTIFICATION
from providers.terms import regional, rules_of

_APPLYING = (
    CertificationState.DRAFT,
    CertificationState.SUBMITTED,
    CertificationState.IN_REVIEW,
    CertificationState.MORE_INFORMATION,
    CertificationState.PUBLIC_NOTICE,
)
_HOLDING = (CertificationState.CERTIFIED, CertificationState.SUSPENDED)


def start(session: Session, actor: Actor) -> Certification:
    """Begin an application, with the facts of the last one; Conflict while one is under way or a certificate has long to run."""
    if actor.role not in PROVIDER or actor.organisation_id is None:
        raise NotAllowed(N_("只有服务机构可以申请认定"))
    earlier = session.scalars(
        select(Certification)
        .where(Certification.organisation_id == actor.organisation_id)
        .order_by(Certification.created_at.desc())
    ).all()
    if any(one.state in _APPLYING for one in earlier):
        raise Conflict(N_("贵单位已有一份正在办理的认定申请"), remedy=N_("在“认定”页面查看它的进度"))
    if any(one.state in _HOLDING for one in earlier):
        raise Conflict(N_("贵单位的认定仍然有效"), remedy=N_("到期前90天起可以申请续期"))
    organisation = session.get_one(Organisation, actor.organisation_id)
    ruling = regional(organisation.region.path)
    wanted = rules_of(ruling.rule_set).facts
    last = earlier[0].facts if earlier else {}
    made = Certification(
        number=new_number("RD", today()),
        organisation=organisation,
        level=ruling.level,
        ruleset_id=ruling.rule_set,
        rules=row_of(session, shipped(ruling.rule_set)),
        facts={key: last[key] for key in wanted if key in last},
    )
    session.add(made)
    session.flush()
    record(session, actor, "certification.start", made, after={"rule_set": ruling.rule_set})
    return made


def save(
    session: Session,
    actor: Actor,
    certification: Certification,
    texts: Mapping[str, str],
    files: list[Upload] | None = None,
) -> Certification:
    """Keep what was typed (fact key to text; blank is unknown). Faults name each fact that cannot be read, and keep nothing."""
    ensure_own(actor, certification.organisation_id)
    lock_row(session, Certification, certification.id)
    if certification.state not in WRITABLE:
        raise Conflict(N_("申请已提交，不能再修改"), remedy=N_("如需更正，请联系受理的主管部门"))
    facts, faults = read_facts(rules_for(certification), texts)
    if faults:
        raise Faults(faults)
    after = {key: to_json(value) for key, value in facts.items() if value is not None}
    changed = {
        key for key in after.keys() | certification.facts.keys() if after.get(key) != certification.facts.get(key)
    }
    if changed:
        before = {key: certification.facts.get(key) for key in sorted(changed)}
        certification.facts = after
        session.flush()
        shown = {key: after.get(key) for key in sorted(changed)}
        record(session, actor, "certification.save", certification, before=before, after=shown)
    take_all(session, actor, [Wanted(one, "evidence", "files") for one in files or []], subject=certification)
    return certification


def submit(session: Session, actor: Actor, certification: Certification) -> None:
    """File the application with the rule set's answer of today.

    Faults by field for facts that are missing and for criteria that are unmet (with citation and what would mend it);
    what only a person can judge is left to the bureau. Also answers a request for more information.
    """
    ensure_own(actor, certification.organisation_id)
    lock_row(session, Certification, certification.id)
    answer = judge(rules_of(certification.ruleset_id), facts_of(certification))
    if answer.outcome is Outcome.INELIGIBLE or any(one.status is Status.UNKNOWN for one in answer.criteria):
        raise Faults(_shortfalls(answer))
    change_state(session, actor, certification, CERTIFICATION, "submit")
    certification.answer = answer.as_json()
    certification.rules = row_of(session, shipped(certification.ruleset_id))
    certification.answered_facts = dict(certification.facts)
    if certification.submitted_at is None:
        certification.submitted_at = now()
    else:
        certification.resubmitted_at = now()
    certification.due_on = None
    certification.requested = None
    session.flush()


def read_facts(rules: RuleSet, texts: Mapping[str, str]) -> tuple[dict[str, FactValue | None], list[DomainError]]:
    """The typed facts of a form, and a fault for each text that is none; only facts that the rules ask for."""
    facts: dict[str, FactValue | None] = {}
    faults: list[DomainError] = []
    for key in rules.facts:
        try:
            facts[key] = vocabulary()[key].parse_text(texts.get(key, ""))
        except BadInput as fault:
            faults.append(fault)
    return facts, faults


def facts_of(certification: Certification) -> dict[str, FactValue | None]:
    """The typed facts that are stored."""
    return parse_facts(certification.facts)


def judge(rules: RuleSet, facts: Facts) -> Answer:
    """The rule set's answer today; a closed batch is judged as on its last day."""
    return check(rules, facts, rules.day_in_force(today()))


def is_certified(session: Session, provider_id: UUID, day: date) -> bool:
    """Whether the provider holds a certificate on ``day``: valid on that day, and not suspended or revoked."""
    return session.scalar(certified_on(day).where(Certification.organisation_id == provider_id).limit(1)) is not None


def _shortfalls(answer: Answer) -> list[DomainError]:
    faults: list[DomainError] = []
    for finding in answer.criteria:
        if finding.status is Status.UNKNOWN:
            missing = [key for key, value in finding.observed.items() if value is None]
            faults += [
                BadInput(
                    N_("缺少信息：%(text)s"), field=key, rule=finding.criterion.citation, text=finding.criterion.text
                )
                for key in missing
            ]
        elif finding.status is Status.UNMET:
            faults.append(
                BadInput(
                    N_("不符合条件：%(text)s"),
                    field=next(iter(finding.observed), None),
                    rule=finding.criterion.citation,
                    remedy=finding.criterion.mend,
                    text=finding.criterion.text,
                )
            )
    return faults
