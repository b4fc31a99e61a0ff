"""What the doctor reads in the database: jobs, search, rules that cannot be read, roles that nobody holds."""

import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.queries import Held, staff_roles
from accounts.sealed_secrets import keys_of, people_in_clear, unreadable_people
from audit.retention import kept_days
from cli.doctor_settings import for_real
from cli.findings import Finding
from config import Environment, Settings
from demonstration.history import is_loaded
from foundation.actors import Role
from foundation.clock import local, today, year_without_notice
from foundation.jobs_health import Trouble, given_up, troubles, waiting_is_late, workers
from search.current import all_searches
from search.engine import Health
from vouchers.queries import offices, unreadable_programmes
from working_days.stored import refresh

_NAMED: Final = 5
UNREADABLE_REMEDY: Final = (
    "put the key that is missing behind the others in HUIQI_SECOND_FACTOR_KEYS, or, where it is lost, let each of them set "
    "the authenticator up anew: `huiqi staff restore --email …`"
)
NEEDED: Final = (
    Role.OFFICER,
    Role.REVIEWER,
    Role.BUDGET_HOLDER,
    Role.PAYER,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
"""Roles without which something cannot go on: nobody can stand in for them."""


def jobs(session: Session, _settings: Settings) -> Finding:
    """Workers, and the jobs of the clock: which is failing or late, since when, and its last error."""
    found = troubles(session)
    alive = f"{workers(session)} workers alive"
    if found and found[0].word == "no_worker":
        # Without a worker every job is late, so that is not listed separately.
        found = [one for one in found if one.word != "late"]
    said = [_in_words(one) for one in found]
    if not found and waiting_is_late(session):
        said = ["jobs wait in the queue for over two minutes"]
    ways = {
        "no_worker": "start `huiqi worker` as a service",
        "failing": "see the worker's log for why; things that failed are tried again by themselves",
        "late": "see the worker's log, or start one more `huiqi worker`",
    }
    remedy = "; ".join(dict.fromkeys(ways[one.word] for one in found)) or (ways["late"] if said else "")
    return Finding("jobs", ok=not said, told="; ".join([alive, *said]), remedy=remedy)


def second_factors(session: Session, settings: Settings) -> Finding:
    """Whether the keys of the settings open the second factor of everybody."""
    clear = people_in_clear(session)
    unreadable = [email for email in unreadable_people(session, keys_of(settings)) if email not in set(clear)]
    faults = {}
    if clear:
        faults[f"the second factor of {len(clear)} people lies in clear ({_some(clear)})"] = "run `huiqi migrate`"
    if unreadable:
        faults[told_unreadable(unreadable)] = UNREADABLE_REMEDY
    keys = len(settings.second_factor_keys)
    told = "; ".join(faults) or ("1 key opens all of them" if keys == 1 else f"{keys} keys open all of them")
    return Finding("second factors", ok=not faults, told=told, remedy="; ".join(faults.values()))


def trail(session: Session, settings: Settings) -> Finding:
    """Whether the trail is kept as long as the settings say: its owner was told by the last `huiqi migrate`."""
    kept, wanted = (_kept(days) for days in (kept_days(session), settings.audit_retention_days))
    if kept == wanted:
        return Finding("trail", ok=True, told=f"kept {kept}")
    told = f"kept {kept}, by HUIQI_AUDIT_RETENTION_DAYS {wanted}"
    return Finding("trail", ok=False, told=told, remedy="run `huiqi migrate` with this setting")


def _kept(days: int | None) -> str:
    return "for ever" if days is None else f"{days} days"


def told_unreadable(emails: Sequence[str]) -> str:
    """Whose second factor cannot be read."""
    return f"no key of HUIQI_SECOND_FACTOR_KEYS opens the second factor of {len(emails)} people ({_some(emails)})"


def _some(emails: Sequence[str]) -> str:
    return ", ".join(emails[:_NAMED]) + (", …" if len(emails) > _NAMED else "")


def _in_words(trouble: Trouble) -> str:
    if trouble.word == "no_worker":
        return f"no worker gives a sign (the last job ran {_when(trouble.since)})"
    if trouble.word == "late":
        return f"{trouble.job} is late: it last began {_when(trouble.since)}"
    things = f"{trouble.items} of its things failed in the last run" if trouble.items else "the last run failed"
    return f"{trouble.job} is failing since {_when(trouble.since)}: {things}; {trouble.error}"


def _when(moment: datetime | None) -> str:
    return "never" if moment is None else f"{local(moment):%Y-%m-%d %H:%M} China time"


def failed_jobs(session: Session, _settings: Settings) -> Finding:
    """Queued jobs that were given up after their last try."""
    found = given_up(session)
    told = "; ".join(
        f"{one.count} × {one.name}, the first {_when(one.since)}" + (f"; last error: {one.error}" if one.error else "")
        for one in found
    )
    remedy = "see the worker's log for why; table procrastinate_jobs, status failed" if found else ""
    return Finding("failed jobs", ok=not found, told=told or "0", remedy=remedy)


def search(session: Session, settings: Settings) -> Finding:
    """Whether every engine holds what the database holds, for each source; and where the embedded indexes lie.

    Those are this host's own: a job feeds those of the host whose worker runs it, and no other host sees them.
    """
    reports = {name: each.report(session) for name, each in all_searches().items()}
    told = [
        f"{name}: {', '.join(_engine(one) for one in report.engines)}; the database has {report.documents}"
        for name, report in reports.items()
    ]
    host = socket.gethostname()
    told.append(f"the embedded indexes are those of host {host} in {settings.search_folder}")
    if settings.elasticsearch_url is None:
        told.append(
            "without Elasticsearch only one host may serve pages, with its worker: no other one has these indexes"
        )
    ok = all(report.ok for report in reports.values())
    return Finding("search", ok=ok, told="; ".join(told), remedy="" if ok else "run `huiqi search reindex`")


def _engine(health: Health) -> str:
    return f"{health.engine} {health.status}, {health.documents} documents"


def programmes(session: Session, _settings: Settings) -> Finding:
    """Programmes that are blocked because this release cannot read their rules."""
    numbers = unreadable_programmes(session)
    told = f"the rules of {', '.join(numbers)} cannot be read" if numbers else "all rules can be read"
    remedy = "run the release that wrote them; table programme_versions, column terms" if numbers else ""
    return Finding("programmes", ok=not numbers, told=told, remedy=remedy)


def roles(session: Session, settings: Settings) -> Finding:
    """Roles that nobody holds: in the whole installation, and in each region that has a programme.

    A fault where people work with it; elsewhere only told.
    """
    held = staff_roles(session)
    missing = [role.value for role in NEEDED if not any(one.role is role for one in held)]
    told = [f"nobody is {', '.join(missing)}"] if missing else []
    for region, path, bureau, treasury in offices(session):
        lacking = _lacking(
            held,
            path,
            {Role.OFFICER: bureau, Role.REVIEWER: bureau} | {Role.BUDGET_HOLDER: treasury, Role.PAYER: treasury},
        )
        lacking = [role for role in lacking if role not in missing]
        if lacking:
            told.append(f"in {region} nobody is {', '.join(lacking)}")
    fault = bool(told) and for_real(settings)
    return Finding(
        "roles",
        ok=not fault,
        told="; ".join(told) or "every role is held",
        remedy="enter them by `huiqi staff add`" if fault else "",
    )


def _lacking(held: Sequence[Held], path: str, offices_of: Mapping[Role, UUID]) -> list[str]:
    lacking = [
        role.value
        for role, office in offices_of.items()
        if not any(one.role is role and one.organisation_id == office for one in held)
    ]
    if not any(one.role is Role.AUDITOR and path.startswith(one.region_path) for one in held):
        lacking.append(Role.AUDITOR.value)
    return lacking


def demonstration(session: Session, settings: Settings) -> Finding:
    """Whether the demonstration's people, whose passwords are public, are in a database that is used for real."""
    loaded = is_loaded(session)
    fault = loaded and settings.environment is Environment.PRODUCTION
    return Finding(
        "demonstration",
        ok=not fault,
        told="its people and data are here" if loaded else "not loaded",
        remedy="their passwords are public: use a database of its own for production" if fault else "",
    )


def calendar(session: Session, _settings: Settings) -> Finding:
    """No fault before the year has begun: its notice comes in autumn, and until then the regulation's days count."""
    refresh(session.get_bind(), at_once=True)
    missing = year_without_notice()
    if missing is None:
        return Finding("calendar", ok=True, told=f"the notice of {today().year} is known")
    told = f"the notice of {missing} is not entered, only its statutory holidays count"
    remedy = f"when the State Council has published it: `huiqi calendar import FILE --year {missing}`"
    return Finding("calendar", ok=missing > today().year, told=told, remedy=remedy)
