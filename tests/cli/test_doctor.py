"""The doctor names what was left over from trying it out, roles that nobody holds, and jobs that are not well."""

from datetime import timedelta

import pytest
from factories import actor, bureau, member, treasury
from sqlalchemy import text
from sqlalchemy.orm import Session
from voucher_factories import open_programme

from cli import doctor_rooms, doctor_settings
from config import DEMONSTRATION_KEY, DEMONSTRATION_SECRET, Settings
from demonstration.accounts import accounts
from foundation.actors import Role
from foundation.clock import now, travel
from foundation.job_runs import begun, ended
from foundation.periodic import Periodic, Tally

pytestmark = pytest.mark.clock

OWN = "a secret of our own, which is long enough"


def production(**changes) -> Settings:
    facts = {
        "environment": "production",
        "secret_key": OWN,
        "public_url": "https://huiqi.example.cn",
        "trusted_proxies": 1,
        "second_factor_keys": ("k" * 43 + "=",),
    }
    return Settings(**facts | changes)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (production(), ""),
        (Settings(), ""),
        (production(environment="demonstration"), ""),
        (production(trusted_proxies=0), "HUIQI_TRUSTED_PROXIES=1"),
        (production(environment="development"), "HUIQI_ENVIRONMENT=production"),
        (production(environment="demonstration", secret_key=DEMONSTRATION_SECRET), "SECRET_KEY"),
        (production(environment="demonstration", second_factor_keys=(DEMONSTRATION_KEY,)), "HUIQI_SECOND_FACTOR_KEYS"),
    ],
)
def test_settings_of_the_demonstration_do_not_pass_for_real_ones(settings: Settings, told: str) -> None:
    found = doctor_settings.environment(settings)
    assert (found.ok, told in found.remedy) == (not told, True)


def test_roles_that_nobody_holds_are_named(session: Session) -> None:
    found = doctor_rooms.roles(session, production())
    assert not found.ok
    assert found.told == "nobody is officer, reviewer, budget_holder, payer, auditor, administrator"
    assert doctor_rooms.roles(session, Settings()).ok, "while it is tried out this is only told"


def test_a_role_that_is_missing_where_a_programme_runs_is_named_with_the_region(session: Session) -> None:
    here = open_programme(session).programme
    elsewhere = bureau(session, "430000"), treasury(session, "430000")
    for office, role in ((elsewhere[1], Role.PAYER), (elsewhere[0], Role.AUDITOR)):
        actor(session, office, role)
    found = doctor_rooms.roles(session, production())
    assert found.told == f"nobody is administrator; in {here.region.name} nobody is payer, auditor"
    for office, role in ((here.treasury, Role.PAYER), (here.bureau, Role.AUDITOR)):
        actor(session, office, role)
    assert doctor_rooms.roles(session, production()).told == "nobody is administrator"


def test_the_demonstrations_people_in_production_are_a_fault(session: Session) -> None:
    assert doctor_rooms.demonstration(session, production()).ok
    member(session, bureau(session), Role.OFFICER).user.email = accounts()[0].email
    session.flush()
    assert not doctor_rooms.demonstration(session, production()).ok
    assert doctor_rooms.demonstration(session, Settings()).ok


def test_rules_that_cannot_be_read_are_named(session: Session) -> None:
    numbers = [open_programme(session).programme.number for _ in range(2)]
    assert doctor_rooms.programmes(session, Settings()).ok
    session.execute(
        text(
            "UPDATE programme_versions SET terms = terms - 'titles' WHERE programme_id = "
            "(SELECT id FROM programmes WHERE number = :number)"
        ),
        {"number": numbers[0]},
    )
    session.expire_all()
    found = doctor_rooms.programmes(session, Settings())
    assert not found.ok
    assert numbers[0] in found.told
    assert numbers[1] not in found.told


def test_which_job_is_not_well_since_when_and_why(session: Session) -> None:
    session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    assert doctor_rooms.jobs(session, Settings()).told == "1 workers alive"
    sick, slow = Periodic("test.sick", "* * * * *", ()), Periodic("test.slow", "5 16 * * *", ())
    begun(session, sick)
    ended(session, sick.name, Tally(failed=2, error="test.sick 42: it hurts"))
    with travel(now() - timedelta(days=2)):
        begun(session, slow)
        ended(session, slow.name, Tally())
    found = doctor_rooms.jobs(session, Settings())
    assert not found.ok
    for words in (
        "test.sick is failing since",
        "2 of its things failed",
        "test.sick 42: it hurts",
        "test.slow is late",
    ):
        assert words in found.told
    session.execute(text("DELETE FROM procrastinate_workers"))
    assert "no worker gives a sign" in doctor_rooms.jobs(session, Settings()).told
