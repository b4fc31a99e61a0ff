"""What orders say about money, held against the ledger's transfers."""

from typing import Final

from foundation.proofs import Proof, Proving

_HELD: Final = Proof(
    "order_held",
    "each order held its deduction once, from its own voucher of the same enterprise and programme",
    """
    SELECT coalesce("order".id, move.subject_id) AS thing,
           concat("order".number, ' deduction ', "order".deduction, ', held ', move.amount) AS told
    FROM orders AS "order" FULL JOIN (SELECT * FROM ledger_transfers WHERE kind = 'hold') AS move ON move.subject_id = "order".id
    LEFT JOIN vouchers AS voucher ON voucher.id = "order".voucher_id
    WHERE (move.amount = "order".deduction AND move.source_id = voucher.account_id
           AND voucher.enterprise_id = "order".enterprise_id AND voucher.programme_id = "order".programme_id) IS NOT TRUE
    """,
)

_OVER: Final = Proof(
    "order_state",
    "an order that goes on holds money until all is redeemed; one that has ended, or is redeemed whole, holds none",
    """
    SELECT "order".id AS thing, concat("order".number, ' ', "order".state, ' holds ', hold.balance) AS told
    FROM orders AS "order"
    LEFT JOIN ledger_accounts AS hold ON hold.kind = 'hold' AND hold.owner_id = "order".id
    WHERE ("order".state IN ('voided', 'cancelled', 'verified', 'settled')) IS DISTINCT FROM (hold.balance = 0)
    """,
)

_OFFERED: Final = Proof(
    "order_offering",
    "an order is of a version of its offering, and its provider is who offers it",
    """
    SELECT "order".id AS thing, "order".number AS told
    FROM orders AS "order"
    LEFT JOIN offering_versions AS version ON version.id = "order".offering_version_id
    LEFT JOIN offerings AS offering ON offering.id = "order".offering_id
    WHERE (version.offering_id = "order".offering_id AND offering.provider_id = "order".provider_id) IS NOT TRUE
    """,
)

PROVES: Final = Proving(
    parties=("SELECT 'orders', id, programme_id, voucher_id, id, provider_id, NULL::uuid, NULL::uuid FROM orders",),
    proofs=(_HELD, _OVER, _OFFERED),
    marked={"orders": {"needs": "words for the provider"}},
)
