"""Regions are planted once; offices and their people are entered by whoever runs the installation."""

import pytest
from click.testing import CliRunner, Result
from factories import member, new_uscc, organisation
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Membership, OrganisationKind, Region
from accounts.passwords import matches
from accounts.regions import plant
from accounts.staff import appoint
from cli.staff import staff
from foundation.actors import Role
from foundation.errors import BadInput


def facts(**changes):
    return {
        "kind": OrganisationKind.BUREAU,
        "organisation": "样例市工业和信息化局",
        "uscc": new_uscc(),
        "region_code": "350200",
        "role": Role.OFFICER,
        "person": "样例人",
        "email": "officer@example.cn",
        "password": "a long enough phrase",
        **changes,
    }


def test_regions_are_planted_once(session: Session):
    tree = plant(session)
    assert tree["350203"].path == "100000/350000/350200/350203/"
    count = session.scalar(select(func.count()).select_from(Region))
    plant(session)
    assert session.scalar(select(func.count()).select_from(Region)) == count == len(tree)


def test_an_office_gets_its_people(session: Session):
    given = facts()
    first = appoint(session, **given)
    second = appoint(session, **given | {"role": Role.REVIEWER, "email": "reviewer@example.cn"})
    assert first.organisation_id == second.organisation_id
    assert matches(first.user, "a long enough phrase")
    assert session.scalar(select(func.count()).select_from(Membership)) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": Role.PAYER}, "role"),
        ({"kind": OrganisationKind.ENTERPRISE}, "role"),
        ({"region_code": "999999"}, "region"),
        ({"uscc": "91350200MA00000000"}, "uscc"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@@b.cn"}, "email"),
        ({"email": "a@b.cn,c@d.cn"}, "email"),
        ({"email": "<script>@x.cn"}, "email"),
        ({"email": "a\x01@b.cn"}, "email"),
        ({"email": "a\u200b@b.cn"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
def test_what_does_not_fit_is_named(session: Session, change, field):
    with pytest.raises(BadInput) as refused:
        appoint(session, **facts(**change))
    assert refused.value.field == field


def test_who_is_in_the_office_already_is_told_so(session: Session):
    given = facts()
    appoint(session, **given)
    with pytest.raises(BadInput, match=r"officer@example\.cn 已在 样例市工业和信息化局 担任 officer") as refused:
        appoint(session, **given | {"role": Role.REVIEWER})
    assert refused.value.exit_code == 2


def test_somebody_on_both_sides_is_warned_of(session: Session, sign_in):
    """Still appointed: a small office may need it for programmes of different places."""
    bureau_of = facts()
    treasury_of = facts(kind=OrganisationKind.TREASURY, role=Role.PAYER, uscc=new_uscc(), organisation="厦门市财政局")

    def add(given: dict[str, object]) -> Result:
        options = {"kind": given["kind"].value, "role": given["role"].value, "region": given["region_code"]}
        options |= {name: given[name] for name in ("organisation", "uscc", "person", "email", "password")}
        return CliRunner().invoke(staff, ["add", *(f"--{name}={value}" for name, value in options.items())])

    assert (add(bureau_of).exit_code, add(bureau_of | {"email": "other@example.cn"}).stderr) == (0, "")
    told = add(treasury_of)
    assert told.exit_code == 0
    assert told.stderr.startswith("warning: ")
    assert "officer of" in told.stderr
    assert "payer of" in told.stderr
    assert told.stderr.count("\n") == 1
    page = sign_in(member(session, organisation(session, OrganisationKind.OPERATOR), Role.ADMINISTRATOR)).get(
        "/members"
    )
    assert page.text.count("同时在主管部门和财政部门任职") == 2
