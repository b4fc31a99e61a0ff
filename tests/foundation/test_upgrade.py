"""A database with rows of an older version is brought to the newest one, and nothing is lost on the way.

``upgrades/0012`` holds the rows of the demonstration as that version stored it, one CSV file a table, with a redemption
that was taken back and without most of the audit events. Whoever writes a later version adds below what that version must
have carried over: a test that compares ``upgraded.rows`` (as they were stored) with ``upgraded.session`` (the newest).
"""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from cryptography.fernet import Fernet
from factories import actor
from sqlalchemy import Connection, Engine, create_engine, func, make_url, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts.sealed_secrets import keys_of
from audit import verification as trail_verification
from audit.retention import kept_days
from audit.seals import seal
from cli.run import migrate as migrate_command
from config import Settings
from files.models import Attachment, Blob
from foundation.actors import SYSTEM, Role
from foundation.clock import travel
from foundation.database import Base, make_engine
from foundation.identifiers import new_id
from foundation.migrations import migrate, owned_by_us, revisions
from foundation.waiting import Party, Waits, turn_of
from ledger.days import fold, folded_through, rebuild
from ledger.marks import of_marks
from ledger.models import LedgerUnnamed, Transfer
from ledger.posting import reverse
from ledger.verification import failing, verify
from orders.models import Order
from performance.models import TargetTable
from providers.models import Certification
from providers.replay import replay as replay_application
from settlement.checking import check
from settlement.models import Batch, BatchOrder, Statement
from settlement.replay import replay as replay_batch
from verification.billing import billed_of, left, stated
from verification.facts import facts_of_claim
from verification.invoices import Billed, Invoice
from verification.models import InvoiceRow, RedemptionClaim, RedemptionState
from verification.parts import unclaimed
from verification.replay import replay as replay_claim
from verification.standing import order_state
from vouchers import money
from vouchers.models import Programme, Voucher
from vouchers.redemption import redeem
from vouchers.taking_back import undo_redemption
from vouchers.wallets import held_for, wallet
from web.rooms import whole_house

pytestmark = pytest.mark.clock

FIRST = "0012"
FILES = {path.stem: path for path in sorted((Path(__file__).parent / "upgrades" / FIRST).glob("*.csv"))}

_SECRETS = text("SELECT id, totp_secret FROM users WHERE totp_secret IS NOT NULL")

MOVED: dict[str, str] = {}
"""Tables that a later version took away, and where their rows are now."""
GREW: dict[str, str] = {}
"""Tables to which a later version added rows, and which ones."""

_KEYS = "SELECT conrelid::regclass::text AS tab, conname AS name FROM pg_constraint WHERE contype = 'f'"
_NUMBERED = """
    SELECT relation.oid::regclass::text AS tab, quote_ident(attribute.attname) AS col,
           pg_get_serial_sequence(relation.oid::regclass::text, attribute.attname) AS numbers
    FROM pg_class AS relation JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid
    WHERE relation.relkind = 'r' AND relation.relnamespace = 'public'::regnamespace AND attribute.attnum > 0
      AND NOT attribute.attisdropped
      AND pg_get_serial_sequence(relation.oid::regclass::text, attribute.attname) IS NOT NULL
"""


@dataclass(frozen=True)
class Upgraded:
    """A session on the upgraded database, and the rows as they were stored before."""

    session: Session

    @staticmethod
    def rows(table: str) -> list[dict[str, str]]:
        """The stored rows of a table, each value as CSV writes it (NULL is empty)."""
        with FILES[table].open(encoding="utf8", newline="") as file:
            return list(csv.DictReader(file))


def load_rows(connection: Connection) -> None:
    """Copy the stored rows in; foreign keys are looked at when all are there, since some go round in circles."""
    keys = connection.execute(text(_KEYS)).all()
    for key in keys:
        connection.exec_driver_sql(f"ALTER TABLE {key.tab} ALTER CONSTRAINT {key.name} DEFERRABLE INITIALLY DEFERRED")
    driver = connection.connection.driver_connection
    for table, path in FILES.items():
        content = path.read_text(encoding="utf8")
        columns = ", ".join(f'"{name}"' for name in content.partition("\n")[0].split(","))
        with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(content)
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for key in keys:
        connection.exec_driver_sql(f"ALTER TABLE {key.tab} ALTER CONSTRAINT {key.name} NOT DEFERRABLE")
    for tab, col, numbers in connection.execute(text(_NUMBERED)).all():
        connection.exec_driver_sql(f"SELECT setval('{numbers}', coalesce(max({col}), 0) + 1, false) FROM {tab}")  # noqa: S608 - names of the catalogue


@pytest.fixture(scope="module")
def empty_database(server_url: str) -> Iterator[Callable[[], Engine]]:
    """Makes databases in which nothing is, not even a version."""
    admin = create_engine(
        make_url(server_url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    made: list[Engine] = []

    def database() -> Engine:
        name = f"upgrade_{uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "template0"'))
        made.append(make_engine(make_url(server_url).set(database=name).render_as_string(hide_password=False)))
        return made[-1]

    yield database
    for engine in made:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{engine.url.database}" WITH (FORCE)'))
    admin.dispose()


def loaded(engine: Engine) -> Engine:
    """A database of the old version with the stored rows."""
    csv.field_size_limit(sys.maxsize)
    migrate(engine, revision=FIRST)
    with engine.begin() as connection:
        load_rows(connection)
    return engine


@pytest.fixture(scope="module")
def engine_of_old_rows(empty_database: Callable[[], Engine]) -> Engine:
    """The stored rows, upgraded to the newest version."""
    engine = loaded(empty_database())
    migrate(engine)
    return engine


@pytest.fixture
def upgraded(engine_of_old_rows: Engine) -> Iterator[Upgraded]:
    """What every test below asks; what it changes is rolled back."""
    with Session(engine_of_old_rows) as session:
        yield Upgraded(session)
        session.rollback()


def test_it_is_the_newest_version(engine_of_old_rows: Engine) -> None:
    current, newest = revisions(engine_of_old_rows)
    assert current == newest


def test_the_upgraded_tables_are_those_of_the_models(engine_of_old_rows: Engine) -> None:
    with engine_of_old_rows.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_server_default": True, "include_name": lambda name, kind, _: owned_by_us(name, kind)},
        )
        assert compare_metadata(context, Base.metadata) == []


def test_money_and_trail_add_up_as_before(upgraded: Upgraded) -> None:
    money, trail = verify(upgraded.session), trail_verification.verify(upgraded.session)
    assert (money.ok, money.faults, money.transfers) == (True, [], len(upgraded.rows("ledger_transfers")))
    assert (trail.ok, trail.faults) == (True, [])


@pytest.mark.parametrize("table", sorted(set(FILES) - set(MOVED)))
def test_every_row_is_there(upgraded: Upgraded, table: str) -> None:
    found = upgraded.session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a name of ours
    stored = len(upgraded.rows(table))
    assert found >= stored if table in GREW else found == stored


def test_every_amount_is_as_before(upgraded: Upgraded) -> None:
    before = {row["id"]: row["balance"] for row in upgraded.rows("ledger_accounts")}
    now = {
        str(row.id): "" if row.balance is None else str(row.balance)
        for row in upgraded.session.execute(text("SELECT id, balance FROM ledger_accounts"))
    }
    assert now.items() >= before.items()


def test_orders_vouchers_and_statements_can_be_read(upgraded: Upgraded) -> None:
    session = upgraded.session
    states = {row["id"]: row["state"] for row in upgraded.rows("orders")}
    assert {str(order.id): order.state.value for order in session.scalars(select(Order))} == states
    assert {programme.number for programme in session.scalars(select(Programme))} == {
        row["number"] for row in upgraded.rows("programmes")
    }
    faces = {row["id"]: row["face"] for row in upgraded.rows("vouchers")}
    vouchers = session.scalars(select(Voucher)).all()
    assert {str(voucher.id): str(wallet(session, voucher).face) for voucher in vouchers} == faces
    for number in session.scalars(select(Statement.number)):
        found = check(session, number)
        assert found is not None
        assert found.intact


# What each version must have carried over, one test or more for each, in their order.


def test_each_claim_got_what_its_order_held_and_its_lines(upgraded: Upgraded) -> None:
    """Version 0013: a claim has an amount, a number and a state of its own, and a batch line names its claim."""
    orders = {row["id"]: row for row in upgraded.rows("orders")}
    before = {row["id"]: row for row in upgraded.rows("redemption_claims")}
    claims = upgraded.session.scalars(select(RedemptionClaim)).all()
    assert len(claims) == len(before)
    for claim in claims:
        old = before[str(claim.id)]
        order = orders[old["order_id"]]
        settled = order["state"] == "settled" and old["state"] == "verified"
        assert (claim.number, claim.amount) == (order["number"], int(order["deduction"]))
        assert claim.state.value == ("settled" if settled else old["state"])
        assert claim.redeemed == (claim.amount if old["state"] == "verified" else None)
    assert "settled" in {claim.state.value for claim in claims}
    of_order = {claim.order_id: claim.id for claim in claims}
    lines = upgraded.session.scalars(select(BatchOrder)).all()
    assert lines
    assert all(line.claim_id == of_order[line.order_id] for line in lines)


def test_every_order_stands_where_its_claim_stands(upgraded: Upgraded) -> None:
    for claim in upgraded.session.scalars(select(RedemptionClaim)):
        to = order_state([claim.state], rest=unclaimed(upgraded.session, claim.order) > 0)
        assert to in {claim.order.state, None}


def test_0014_each_claim_still_shows_its_invoice_and_file(upgraded: Upgraded) -> None:
    before = {row["id"]: row for row in upgraded.rows("redemption_claims")}
    for claim in upgraded.session.scalars(select(RedemptionClaim)):
        old, (link,) = before[str(claim.id)], claim.billed
        assert billed_of(claim) == [
            Billed(
                Invoice(
                    number=old["invoice_number"],
                    day=date.fromisoformat(old["invoice_date"]),
                    amount=int(old["invoice_amount"]),
                    seller=old["invoice_seller"],
                    buyer=old["invoice_buyer"],
                    self_checked=old["self_checked"] == "t",
                ),
                int(old["invoice_amount"]),
            )
        ]
        assert (str(link.attachment_id), link.counts) == (old["attachment_id"], True)
        assert link.invoice.blob_id == link.attachment.blob_id
        assert left(upgraded.session, link.invoice) == (link.amount if claim.state is RedemptionState.REJECTED else 0)
    numbers = {row["invoice_number"] for row in before.values()}
    assert set(upgraded.session.scalars(select(InvoiceRow.number))) == numbers


def test_0014_an_invoice_that_two_old_claims_show_is_used_once(empty_database: Callable[[], Engine]) -> None:
    """The later one keeps what it says and takes nothing; a rejected one keeps what it had said otherwise."""
    engine = empty_database()
    migrate(engine, revision=FIRST)
    with engine.begin() as connection:
        load_rows(connection)
        first, again, rejected = connection.scalars(text(_THREE)).all()
        facts = {"first": first, "again": again, "rejected": rejected}
        connection.execute(text(_SAME_INVOICE), facts)
        connection.execute(text("UPDATE redemption_claims SET invoice_amount = 1 WHERE id = :rejected"), facts)
    migrate(engine)
    with Session(engine) as session:
        found = {name: session.get_one(RedemptionClaim, claim_id) for name, claim_id in facts.items()}
        (row,) = {claim.billed[0].invoice for claim in found.values()}
        assert {name: claim.billed[0].counts for name, claim in found.items()} == {
            "first": True,
            "again": False,
            "rejected": True,
        }
        assert row.amount == stated(found["first"]).amount == stated(found["again"]).amount
        assert (stated(found["rejected"]).amount, left(session, row)) == (1, 0)
        outcomes = {name: _unused(session, claim) for name, claim in found.items()}
        assert (outcomes["first"], outcomes["again"]) == (True, False)


def _unused(session: Session, claim: RedemptionClaim) -> bool:
    (found,) = facts_of_claim(session, claim).invoices
    return found.used <= found.left


_THREE = "SELECT id FROM redemption_claims ORDER BY state = 'rejected', submitted_at, id LIMIT 3"
_SAME_INVOICE = """
    UPDATE redemption_claims AS claim SET
        invoice_number = one.invoice_number, invoice_date = one.invoice_date, invoice_amount = one.invoice_amount,
        invoice_seller = one.invoice_seller, invoice_buyer = one.invoice_buyer,
        state = CASE WHEN claim.id = :rejected THEN 'rejected' ELSE claim.state END,
        duplicate_of_id = CASE WHEN claim.id = :again THEN one.id END
    FROM redemption_claims AS one WHERE one.id = :first AND claim.id IN (:again, :rejected)
"""


def test_0019_every_statement_keeps_the_file_that_was_issued(upgraded: Upgraded) -> None:
    stored = {row["id"]: (row["pdf_id"], row["pdf_hash"]) for row in upgraded.rows("statements")}
    files = upgraded.session.execute(text("SELECT statement_id, blob_id, sha256 FROM statement_files"))
    assert {str(row.statement_id): (str(row.blob_id), row.sha256) for row in files} == stored


def test_0020_what_was_decided_comes_from_the_trail_with_the_reasons_that_stand(upgraded: Upgraded) -> None:
    decided = [row for row in upgraded.rows("audit_events") if row["action"] == "redemption.verify"]
    made = upgraded.session.execute(text("SELECT * FROM decisions WHERE event = 'redemption.verify' ORDER BY sequence"))
    found = {(str(row.subject_id), str(row.by_id or ""), row.person, row.note or "") for row in made}
    assert found == {(row["subject_id"], row["user_id"], row["person"], row["note"]) for row in decided}
    checks = {row["id"]: row["checks"] for row in upgraded.rows("redemption_claims") if row["state"] == "verified"}
    last = upgraded.session.execute(
        text(
            "SELECT DISTINCT ON (subject_id) subject_id, checks FROM decisions"
            " WHERE event LIKE 'redemption.%' ORDER BY subject_id, sequence DESC"
        )
    )
    stands = {str(row.subject_id): row.checks for row in last if str(row.subject_id) in checks}
    assert stands
    assert all(value == json.loads(checks[key]) for key, value in stands.items() if value)
    assert any(stands.values())


def test_0021_what_was_paid_is_an_attempt_that_succeeded(upgraded: Upgraded) -> None:
    paid = {
        (row["subject_id"], row["amount"])
        for row in upgraded.rows("ledger_transfers")
        if (row["subject_type"], row["kind"]) == ("statements", "pay")
    }
    made = upgraded.session.execute(text("SELECT statement_id, amount, attempt, state FROM payments")).all()
    assert {(str(row.statement_id), str(row.amount)) for row in made} == paid
    assert {(row.attempt, row.state) for row in made} == {(1, "paid")}


def test_transfers_are_numbered_in_the_order_in_which_they_were_posted(upgraded: Upgraded) -> None:
    session = upgraded.session
    stored = sorted(
        upgraded.rows("ledger_transfers"), key=lambda row: (datetime.fromisoformat(row["posted_at"]), row["id"])
    )
    found = session.execute(select(Transfer.sequence, Transfer.id).order_by(Transfer.sequence)).all()
    assert [(number, str(transfer_id)) for number, transfer_id in found] == [
        (number, row["id"]) for number, row in enumerate(stored, start=1)
    ]
    last = session.get_one(Transfer, UUID(stored[-1]["id"]))
    reverse(session, SYSTEM, last.id, kind="correction")
    # Numbers that a test before took and rolled back are not given again.
    assert session.scalar(select(func.max(Transfer.sequence))) > len(stored)
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text("UPDATE ledger_transfers SET amount = amount + 1"))


def test_jobs_that_waited_wait_still(upgraded: Upgraded) -> None:
    waiting = upgraded.session.execute(text("SELECT id, task_name FROM procrastinate_jobs WHERE status = 'todo'")).all()
    assert {(str(number), name) for number, name in waiting} == {
        (row["id"], row["task_name"]) for row in upgraded.rows("procrastinate_jobs")
    }


def test_redemptions_of_before_are_taken_back_and_made_again(upgraded: Upgraded) -> None:
    """Their transfers stand under the order, as they were written; what comes now stands under the claim."""
    session = upgraded.session
    claims = session.scalars(
        select(RedemptionClaim).where(
            (RedemptionClaim.state == RedemptionState.VERIFIED) | (RedemptionClaim.undone > 0)
        )
    ).all()
    assert {claim.undone for claim in claims} == {0, 1}
    for claim in claims:
        order = claim.order
        facts = {"voucher_id": order.voucher_id, "order_id": order.id, "claim_id": claim.id}
        officer = actor(session, order.programme.bureau, Role.OFFICER)
        if not claim.undone:
            undo_redemption(session, officer, **facts)
        assert held_for(session, claim.programme_id, order.id) == claim.amount
        redeem(session, officer, provider_id=order.provider_id, amount=claim.amount - 1, transfer_id=new_id(), **facts)
        assert held_for(session, claim.programme_id, order.id) == 1
    assert verify(session).ok


def test_money_pages_say_the_same_before_and_after_the_old_transfers_are_counted(upgraded: Upgraded) -> None:
    session = upgraded.session
    programmes = session.scalars(select(Programme.id)).all()
    before = {programme: money.flow(session, programme) for programme in programmes}
    left = money.remaining(session, programmes)
    assert any(station.amount for flow in before.values() for station in flow)
    newest = session.scalar(select(func.max(Transfer.posted_at)))
    assert newest is not None
    with travel(newest + timedelta(days=1)):
        assert fold(session) is True
    assert folded_through(session) == len(upgraded.rows("ledger_transfers"))
    assert {programme: money.flow(session, programme) for programme in programmes} == before
    assert money.remaining(session, programmes) == left
    assert verify(session).ok
    assert rebuild(session) == []


def test_whose_turn_it_is_follows_from_the_rows(upgraded: Upgraded) -> None:
    """0018, for every row of every table that waits: by state, neighbouring rows and stored moments."""
    waiting = 0
    for model in Waits.__subclasses__():
        for thing in upgraded.session.scalars(select(model)).unique():
            turn = turn_of(thing)
            facts = (
                (turn.party, turn.holder_id, turn.task.id, turn.due_at) if turn else (Party.NOBODY, None, None, None)
            )
            assert (thing.waits_for, thing.waits_for_id, thing.waits_task, thing.due_at) == facts, (model, thing.id)
            waiting += turn is not None
    assert waiting > 20


def test_what_waits_waits_since_the_step_that_led_here(upgraded: Upgraded) -> None:
    began = {row["id"]: datetime.fromisoformat(row["since"]) for row in upgraded.rows("orders")}
    for order in upgraded.session.scalars(select(Order).where(Order.waits_for != Party.NOBODY)):
        assert order.waits_since is not None
        assert order.waits_since >= began[str(order.id)]
    for table in upgraded.session.scalars(select(TargetTable).where(TargetTable.waits_for == Party.BUREAU)):
        assert table.waits_since == table.submitted_at


def test_decisions_point_at_the_rules_of_their_day_and_come_out_again(upgraded: Upgraded) -> None:
    session = upgraded.session
    batches = session.scalars(select(Batch)).all()
    assert {str(each.id): (each.rules.key, each.rules.version) for each in batches if each.rules} == {
        row["id"]: (row["scheme_id"], row["scheme_version"]) for row in upgraded.rows("batches")
    }
    assert [each.number for each in batches if not replay_batch(session, each.number).same] == []
    answered = session.scalars(select(Certification).where(Certification.answer.is_not(None))).all()
    assert [each.number for each in answered if not replay_application(session, each.number).same] == []
    tables = session.scalars(select(TargetTable)).all()
    assert {str(each.id): (each.rules.key, each.rules.version) for each in tables if each.rules} == {
        row["id"]: (row["template_id"], row["template_version"]) for row in upgraded.rows("target_tables")
    }
    assert batches
    assert answered
    assert tables


def test_a_claim_of_those_days_says_which_facts_were_not_kept(upgraded: Upgraded) -> None:
    session = upgraded.session
    numbers = session.scalars(select(Order.number).join(RedemptionClaim, RedemptionClaim.order_id == Order.id)).all()
    lacking = {where.where for number in numbers for where in replay_claim(session, number).differences}
    assert lacking == {"facts", "rules"}


def test_what_a_shorter_trail_no_longer_says_is_not_made_up(empty_database: Callable[[], Engine]) -> None:
    """Of two applications the answer's own event was removed: one was written on since, one lies with the provider."""
    engine = loaded(empty_database())
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM audit_events WHERE action LIKE 'certification.s%'"))
        filed = "SELECT id FROM certifications WHERE answer IS NOT NULL AND state <> 'more_information' ORDER BY id"
        answered = connection.scalars(text(filed)).all()
        written_on, with_provider, *others = answered
        connection.execute(
            text("UPDATE certifications SET state = 'more_information' WHERE id = :id"), {"id": with_provider}
        )
        connection.execute(
            text("""
                INSERT INTO audit_events (id, at, person, organisation, role, action, subject_type, subject_id)
                VALUES (gen_random_uuid(), now(), '', '', 'provider_manager', 'certification.save', 'certifications', :id)
            """),
            {"id": written_on},
        )
        connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER USER"))
    migrate(engine)
    with engine.connect() as connection:
        kept = connection.scalars(text("SELECT id FROM certifications WHERE answered_facts IS NOT NULL")).all()
    assert others
    assert set(kept) == set(others)


def test_each_payment_names_who_made_it(empty_database: Callable[[], Engine]) -> None:
    """Of a batch that two people paid, the batch names the last one only."""
    engine = loaded(empty_database())
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE ledger_transfers DISABLE TRIGGER USER"))
        connection.execute(
            text("""
                UPDATE ledger_transfers SET user_id = (SELECT min(id::text)::uuid FROM users)
                WHERE id = (SELECT min(id::text)::uuid FROM ledger_transfers WHERE kind = 'pay')
            """)
        )
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(text("ALTER TABLE ledger_transfers ENABLE TRIGGER USER"))
    migrate(engine)
    with engine.connect() as connection:
        paid = connection.execute(text("SELECT statement_id, by_id FROM payments")).all()
        moved = connection.execute(text("SELECT subject_id, user_id FROM ledger_transfers WHERE kind = 'pay'")).all()
    assert len({by for _, by in paid}) == 2
    assert set(paid) == set(moved)


def test_lists_are_read_in_their_order_from_an_index(upgraded: Upgraded) -> None:
    """Nothing is carried over: the rows of the lists are those of before, and the indexes are usable."""
    broken = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)")
    assert upgraded.session.scalars(broken).all() == []
    upgraded.session.execute(text("SET LOCAL enable_seqscan = off"))
    listed = upgraded.session.scalars(select(Order.number).order_by(Order.placed_at.desc(), Order.id.desc())).all()
    assert sorted(listed) == sorted(row["number"] for row in upgraded.rows("orders"))


def test_0024_the_tree_goes_on_from_the_chain_and_takes_all_events_and_transfers(upgraded: Upgraded) -> None:
    old = trail_verification.verify(upgraded.session)
    while seal(upgraded.session):
        pass
    report = trail_verification.verify(upgraded.session, head=old.head)
    stored = sum(len(upgraded.rows(table)) for table in ("audit_events", "ledger_transfers"))
    assert (report.ok, report.unsealed, report.faults) == (True, 0, [])
    assert (report.position > old.position, report.sealed >= stored, report.size) == (True, True, report.sealed + 1)


def test_0023_rows_are_marked_and_transfers_of_before_are_known_as_such(upgraded: Upgraded) -> None:
    proving = whole_house().proves
    marks = [fault for proof in of_marks(proving) for fault in failing(upgraded.session, proof)]
    assert marks == []
    through = upgraded.session.scalar(select(LedgerUnnamed.through))
    assert through == upgraded.session.scalar(select(func.max(Transfer.sequence)))


def test_rows_of_before_contradict_nothing(upgraded: Upgraded) -> None:
    assert verify(upgraded.session, proving=whole_house().proves).faults == []


def test_what_told_of_old_money_may_have_been_removed(empty_database: Callable[[], Engine]) -> None:
    """Versions before the tree removed each event that was old enough, also such as carried money."""
    engine = loaded(empty_database())
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        connection.execute(
            text("DELETE FROM audit_events USING audit_seals WHERE audit_events.sequence = ANY(sequences)")
        )
        connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER USER"))
        connection.execute(
            text("INSERT INTO audit_prunings (id, at, up_to, events) VALUES (gen_random_uuid(), now(), 1, 593)")
        )
    migrate(engine)
    with Session(engine) as session:
        assert verify(session, proving=whole_house().proves).faults == []
        # Only what is as old: an event of today must be there.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE audit_seals SET sealed_at = sealed_at - interval '10 years'"))
        found = {fault.partition(":")[0] for fault in verify(session, proving=whole_house().proves).faults}
        assert {"event_before", "programme_money", "statement_event"} <= found


def test_0034_files_get_the_extension_of_what_they_are_and_honest_names_stay(
    empty_database: Callable[[], Engine],
) -> None:
    engine = loaded(empty_database())
    before = ("月报.hta", "a.png", "发票.pdf.exe", "pdf", "REPORT.PDF", "方案v1.2")
    with engine.begin() as connection:
        files = connection.scalars(
            text(
                "SELECT attachments.id FROM attachments JOIN blobs ON blobs.id = blob_id"
                " WHERE media_type = 'application/pdf' ORDER BY attachments.id LIMIT 6"
            )
        ).all()
        for file, name in zip(files, before, strict=True):
            connection.execute(
                text("UPDATE attachments SET filename = :name WHERE id = :id"), {"name": name, "id": file}
            )
        others = dict(connection.execute(text("SELECT id, filename FROM attachments")).all())
    migrate(engine)
    with Session(engine) as session:
        names = dict(session.execute(select(Attachment.id, Attachment.filename)).all())
        after = [names.pop(file) for file in files]
        assert after == ["月报.hta.pdf", "a.pdf", "发票.pdf.exe.pdf", "pdf.pdf", "REPORT.PDF", "方案v1.2.pdf"]
        assert names == {file: name for file, name in others.items() if file not in files}
        # What was sent is as it was; a picture's copy is made when somebody fetches it.
        assert all(blob.picture is None and blob.shown_sha256 == blob.sha256 for blob in session.scalars(select(Blob)))


def test_0025_no_secret_lies_in_clear_after_huiqi_migrate(empty_database: Callable[[], Engine], tmp_path: Path) -> None:
    """And codes of the authenticators that people have go on fitting. Sessions that were open end half a day after their begin."""
    engine = loaded(empty_database())
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET totp_secret = upper(translate(md5(email), '0189', 'WXYZ'))"))
        connection.execute(
            text("""
                INSERT INTO sign_ins (id, token_hash, user_id, created_at, last_seen_at, password_at)
                SELECT gen_random_uuid(), id::text, id, now() - interval '1 day', now(), now() FROM users
            """)
        )
        before = dict(connection.execute(_SECRETS).all())
    url = engine.url.render_as_string(hide_password=False)
    old, new = (Fernet.generate_key().decode() for _ in range(2))

    def migrated(keys: str) -> str:
        settings = {"DATABASE_URL": url, "HUIQI_DATA": str(tmp_path), "HUIQI_SECOND_FACTOR_KEYS": keys}
        done = CliRunner().invoke(migrate_command, [], env=settings)
        assert done.exit_code == 0, done.output
        return done.stderr

    def opened(*keys: str) -> dict[UUID, str]:
        with engine.connect() as connection:
            stored = dict(connection.execute(_SECRETS).all())
        ring = keys_of(Settings(second_factor_keys=keys))
        return {user_id: ring.open(user_id, sealed) for user_id, sealed in stored.items()}

    assert f"second factors encrypted under the first key: {len(before)}" in migrated(old)
    assert (len(before) > 3, opened(old)) == (True, before)
    assert "encrypted" not in migrated(old)
    assert f"second factors encrypted under the first key: {len(before)}" in migrated(f"{new},{old}")
    assert opened(new) == before
    assert f"opens the second factor of {len(before)} people" in migrated(old)
    assert opened(new) == before
    with engine.connect() as connection:
        ends = connection.scalars(text("SELECT DISTINCT ends_at - created_at FROM sign_ins")).all()
        assert ends == [timedelta(hours=12)]
        with pytest.raises(IntegrityError, match="ck_users_totp_secret_encrypted"):
            connection.execute(text("UPDATE users SET totp_secret = 'JBSWY3DPEHPK3PXP'"))


def test_0035_removals_of_before_stay_told_and_counts_keep_their_address(empty_database: Callable[[], Engine]) -> None:
    engine = loaded(empty_database())
    migrate(engine, revision="0034")
    with engine.begin() as connection:
        connection.execute(
            text("""
                INSERT INTO audit_prunings (id, at, up_to, events)
                SELECT gen_random_uuid(), now(), max(position) + 1, 0 FROM audit_seals
            """)
        )
        connection.execute(
            text("""
                INSERT INTO audit_repeats (since, action, key, first_id, times, last_at, seen)
                SELECT now(), action, 'x', id, 2, now(), ARRAY['/x'] FROM audit_events ORDER BY ip, sequence LIMIT 1
            """)
        )
        before = connection.execute(text("SELECT * FROM audit_prunings ORDER BY up_to")).all()
    migrate(engine)
    with Session(engine) as session:
        assert session.execute(text("SELECT * FROM audit_prunings ORDER BY up_to")).all() == before
        assert kept_days(session) is None
        counted = (
            "SELECT noted.ip, event.ip FROM audit_repeats AS noted JOIN audit_events AS event ON event.id = first_id"
        )
        ((noted, first),) = session.execute(text(counted)).all()
        assert noted == first is not None
