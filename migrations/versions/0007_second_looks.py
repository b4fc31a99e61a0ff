"""Money that goes back to the treasury, and vouchers that were used in part before they ended.

Revision: 0007, after 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KINDS = ("treasury", "pool", "voucher", "hold", "payable", "approved", "paid", "recovered")
_STATES = ("issued", "held", "partly_redeemed", "redeemed", "expired", "reclaimed", "revoked")
_USED = ("used_expired", "used_reclaimed", "used_revoked")


def upgrade() -> None:
    _words("ledger_accounts", "kind", "accountkind", (*_KINDS, "returned"))
    _words("vouchers", "state", "voucherstate", (*_STATES, *_USED))
    # What was redeemed of a voucher is its face without what went back; of an ended one nothing is held or free.
    op.execute("""
        UPDATE vouchers SET state = 'used_' || ended.kind FROM (
            SELECT voucher.id, CASE (array_agg(move.kind ORDER BY move.posted_at DESC, move.id DESC))[1]
                       WHEN 'expire' THEN 'expired' WHEN 'reclaim' THEN 'reclaimed' ELSE 'revoked' END AS kind
            FROM vouchers AS voucher JOIN ledger_transfers AS move ON move.source_id = voucher.account_id
            WHERE voucher.state IN ('expired', 'reclaimed', 'revoked') AND move.kind IN ('expire', 'reclaim', 'revoke')
            GROUP BY voucher.id, voucher.face HAVING sum(move.amount) < voucher.face
        ) AS ended WHERE ended.id = vouchers.id
    """)


def downgrade() -> None:
    op.execute("UPDATE vouchers SET state = substr(state, 6) WHERE state LIKE 'used\\_%'")
    _words("vouchers", "state", "voucherstate", _STATES)
    _words("ledger_accounts", "kind", "accountkind", _KINDS)


def _words(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")
