"""Target tables: validated by their template, approved by somebody else, frozen; actuals from confirmed records."""

from decimal import Decimal
from uuid import UUID, uuid4

import factories as make
import pytest
from order_cases import Scene
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.actors import Role
from foundation.clock import today
from foundation.errors import BadInput, Conflict, Faults, NotAllowed, NotFound
from orders import ending
from orders.models import OrderState
from performance import tables
from performance.actuals import attainment, behind, of_table
from performance.models import TargetState, TargetTable
from performance.queries import tables as listed
from performance.templates import RowValues

pytestmark = pytest.mark.clock

TEMPLATE = "beijing-2021-annex4"


def values(**rows: RowValues) -> dict[str, RowValues]:
    return {row_id.replace("_", "-"): row for row_id, row in rows.items()}


GOOD = values(
    ind03_srdi=RowValues(Decimal(3), Decimal(10), Decimal(1), Decimal(4)),
    ind05_srdi=RowValues(Decimal(0), Decimal(4)),
    ind08_giant=RowValues(Decimal("100.5"), Decimal("2000.1234")),
)


def filled(session: Session, scene: Scene, year: int | None = None) -> TargetTable:
    table = tables.create(session, scene.clerk, template_id=TEMPLATE, year=year or today().year)
    return tables.save(session, scene.clerk, table.id, GOOD)


def in_force(session: Session, scene: Scene) -> TargetTable:
    table = filled(session, scene)
    tables.submit(session, scene.clerk, table.id)
    return tables.approve(session, scene.officer, table.id)


def test_what_is_saved_is_read_again(session: Session, scene: Scene) -> None:
    table = filled(session, scene)
    session.expire_all()
    assert tables.values_of(table) == GOOD


def test_saving_again_replaces_and_drops_rows(session: Session, scene: Scene) -> None:
    table = filled(session, scene)
    fewer = values(ind05_srdi=RowValues(Decimal(1), Decimal(9)), ind12=RowValues(Decimal(0), Decimal(6)))
    tables.save(session, scene.clerk, table.id, fewer)
    session.expire_all()
    assert tables.values_of(table) == fewer


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (values(ind03_srdi=RowValues(Decimal(3), Decimal(4), Decimal(1), Decimal(5))), "ind03-srdi.target_part"),
        (values(ind05_srdi=RowValues(Decimal(1), Decimal("2.5"))), "ind05-srdi.target"),
        (values(ind05_srdi=RowValues(Decimal(-1), Decimal(2))), "ind05-srdi.baseline"),
        (values(ind05_srdi=RowValues(Decimal(3), Decimal(2))), "ind05-srdi.target"),
        (values(ind99=RowValues(Decimal(3), Decimal(2))), "ind99"),
    ],
)
def test_the_template_says_no_by_field(session: Session, scene: Scene, wrong: dict[str, RowValues], field: str) -> None:
    table = tables.create(session, scene.clerk, template_id=TEMPLATE, year=today().year)
    with pytest.raises(Faults) as refused:
        tables.save(session, scene.clerk, table.id, wrong)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_the_database_itself_keeps_the_part_within_the_whole(session: Session, scene: Scene) -> None:
    filled(session, scene)
    with pytest.raises(IntegrityError, match="part_within_whole"):
        session.execute(text("UPDATE target_rows SET target_part = target + 1 WHERE target_part IS NOT NULL"))


def test_an_empty_table_is_not_submitted(session: Session, scene: Scene) -> None:
    table = tables.create(session, scene.clerk, template_id=TEMPLATE, year=today().year)
    with pytest.raises(Faults):
        tables.submit(session, scene.clerk, table.id)
    assert table.state is TargetState.DRAFT


def test_one_table_a_year(session: Session, scene: Scene) -> None:
    filled(session, scene)
    with pytest.raises(Conflict):
        tables.create(session, scene.clerk, template_id=TEMPLATE, year=today().year)
    with pytest.raises(BadInput):
        tables.create(session, scene.clerk, template_id=TEMPLATE, year=today().year + 4)


def test_an_approved_table_is_frozen(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    with pytest.raises(Conflict, match="锁定"):
        tables.save(session, scene.clerk, table.id, GOOD)
    with pytest.raises(Conflict):
        tables.submit(session, scene.clerk, table.id)


def test_who_files_does_not_approve(session: Session, scene: Scene) -> None:
    table = filled(session, scene)
    tables.submit(session, scene.clerk, table.id)
    with pytest.raises(NotFound):
        tables.approve(session, scene.clerk, table.id)
    table.submitted_by_id = scene.officer.user_id
    with pytest.raises(NotAllowed):
        tables.approve(session, scene.officer, table.id)
    session.flush()
    with pytest.raises(IntegrityError, match="two_people"):
        session.execute(text("UPDATE target_tables SET approved_by_id = submitted_by_id"))


def test_sent_back_it_is_a_draft_again(session: Session, scene: Scene) -> None:
    table = filled(session, scene)
    tables.submit(session, scene.clerk, table.id)
    tables.send_back(session, scene.reviewer, table.id, reason="目标偏低")
    assert (table.state, table.submitted_at) == (TargetState.DRAFT, None)
    tables.save(session, scene.clerk, table.id, GOOD)


def test_a_change_is_a_new_version_and_the_old_stays_until_approval(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    changed = tables.change(session, scene.clerk, table.id, reason="企业数量变化")
    assert (changed.version, changed.state, table.state) == (2, TargetState.DRAFT, TargetState.APPROVED)
    assert tables.values_of(changed) == tables.values_of(table)
    with pytest.raises(Conflict):
        tables.change(session, scene.clerk, table.id, reason="再变一次")
    tables.submit(session, scene.clerk, changed.id)
    tables.approve(session, scene.officer, changed.id)
    assert (changed.state, table.state) == (TargetState.APPROVED, TargetState.SUPERSEDED)


def test_others_do_not_see_it(session: Session, scene: Scene) -> None:
    draft = filled(session, scene)
    stranger = make.actor(session, make.provider(session), Role.PROVIDER_MANAGER)
    elsewhere = make.actor(session, make.bureau(session, "430000"), Role.OFFICER)
    for person in (stranger, elsewhere, scene.officer):
        with pytest.raises(NotFound):
            tables.find(session, person, draft.id)
    # Whose trail leads to it: an auditor reads everything of the region.
    auditor = make.actor(session, make.bureau(session), Role.AUDITOR)
    assert tables.find(session, auditor, draft.id) is draft
    assert listed(session, auditor).total == 1
    tables.submit(session, scene.clerk, draft.id)
    assert tables.find(session, scene.officer, draft.id) is draft
    assert [listed(session, person).total for person in (scene.clerk, scene.officer, stranger, elsewhere)] == [
        1,
        1,
        0,
        0,
    ]


def test_actuals_count_confirmed_records_and_open_to_them(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    counted = scene.order_in(OrderState.CONFIRMED)
    scene.order_in(OrderState.DELIVERED)
    actual = of_table(session, table)["ind05-srdi"]
    assert actual.value == 1
    found = behind(session, table, "ind05-srdi")
    assert [record.order.number for record in found.records] == [counted.number]
    assert attainment(actual.value, Decimal(4)) == 25
    assert behind(session, table, "ind05-giant").records == []


def test_the_title_is_the_orders_not_todays(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    order = scene.order_in(OrderState.CONFIRMED)
    order.enterprise_title = "little_giant"
    session.flush()
    assert of_table(session, table)["ind05-srdi"].value == 0
    assert of_table(session, table)["ind05-giant"].value == 1


def test_an_order_that_ended_counts_nowhere(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    order = scene.order_in(OrderState.CLAIMED)
    assert of_table(session, table)["ind05-srdi"].value == 1
    ending.end(session, scene.officer, order.id, "reject", reason="未开展")
    assert of_table(session, table)["ind05-srdi"].value == 0


def test_another_year_and_provider_count_nothing(session: Session, scene: Scene) -> None:
    scene.order_in(OrderState.CONFIRMED)
    earlier = filled(session, scene, today().year - 1)
    assert of_table(session, earlier)["ind05-srdi"].value == 0
    stranger = make.actor(session, make.provider(session), Role.PROVIDER_MANAGER)
    theirs = tables.create(session, stranger, template_id=TEMPLATE, year=today().year)
    assert of_table(session, theirs)["ind05-srdi"].value == 0


def test_nothing_promised_has_no_attainment() -> None:
    assert attainment(Decimal(3), Decimal(0)) is None


def test_an_unknown_row_or_table_is_not_here(session: Session, scene: Scene) -> None:
    table = in_force(session, scene)
    with pytest.raises(NotFound):
        behind(session, table, "ind99")
    with pytest.raises(NotFound):
        tables.find(session, scene.clerk, UUID(int=uuid4().int))
