"""States of vouchers as an older version stored them."""

from importlib import import_module

import factories
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.orm import Session
from voucher_factories import voucher

from foundation.actors import Role
from foundation.identifiers import new_id
from vouchers.redemption import hold, redeem
from vouchers.revoking import reclaim


def test_the_migration_tells_used_vouchers_from_unused_ones(session: Session):
    """Rows of before, when both were called the same; run down and up again."""
    setting, enterprise, made = voucher(session, partial_use=False)
    order = new_id()
    hold(session, enterprise, voucher_id=made.id, order_id=order, amount=400, transfer_id=new_id())
    redeem(
        session,
        setting.reviewer,
        voucher_id=made.id,
        order_id=order,
        claim_id=new_id(),
        provider_id=factories.provider(session).id,
        transfer_id=new_id(),
    )
    _, _, unused = voucher(session)
    reclaim(
        session,
        factories.actor(session, unused.programme.bureau, Role.OFFICER),
        voucher_id=unused.id,
        reason="停产",
        transfer_id=new_id(),
        password=factories.PASSWORD,
    )
    session.flush()
    version = import_module("migrations.versions.0007_second_looks")
    with Operations.context(MigrationContext.configure(session.connection())):
        version.downgrade()
        assert state_in_database(session, made) == "reclaimed"
        version.upgrade()
    assert (state_in_database(session, made), state_in_database(session, unused)) == ("used_reclaimed", "reclaimed")


def state_in_database(session, made):
    return session.scalar(text("SELECT state FROM vouchers WHERE id = :id"), {"id": made.id})
