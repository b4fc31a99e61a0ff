"""What claims for redemption and their invoices say about money, held against the ledger's transfers."""

from typing import Final

from foundation.proofs import Proof, Proving

# A redemption from before orders could have several claims is about its order, which had one then.
_REDEEMED: Final = Proof(
    "claim_redeemed",
    "what a claim was granted was redeemed and stands; nothing else was",
    """
    WITH moved AS (
        SELECT coalesce(claim.id, move.subject_id) AS claim_id,
               sum(CASE move.kind WHEN 'redeem' THEN move.amount ELSE -move.amount END) AS amount
        FROM ledger_transfers AS move
        LEFT JOIN (SELECT DISTINCT ON (order_id) order_id, id FROM redemption_claims ORDER BY order_id, number) AS claim
             ON move.subject_type = 'orders' AND claim.order_id = move.subject_id
        WHERE move.kind IN ('redeem', 'undo_redeem') GROUP BY 1
    )
    SELECT coalesce(claim.id, moved.claim_id) AS thing,
           concat(claim.number, ' ', claim.state, ' granted ', claim.redeemed, ', redeemed ', moved.amount) AS told
    FROM redemption_claims AS claim FULL JOIN moved ON moved.claim_id = claim.id
    WHERE claim.id IS NULL OR coalesce(claim.redeemed, 0) <> coalesce(moved.amount, 0)
          OR (claim.redeemed IS NOT NULL) <> (claim.state IN ('verified', 'settled'))
    """,
)

# A claim whose redemption was taken back may ask for what others have claimed meanwhile (parts.unclaimed): it gets what they leave.
_ORDER: Final = Proof(
    "claim_order",
    "a claim is of its order's programme, and the claims of an order that were not refused ask for no more than it held",
    """
    SELECT "order".id AS thing, concat("order".number, ' held ', "order".deduction, ', claimed ', asked.amount) AS told
    FROM (
        SELECT order_id, sum(CASE WHEN state = 'rejected' OR redeemed IS NULL AND undone > 0 THEN 0
                                  ELSE coalesce(redeemed, amount) END) AS amount,
               min(programme_id::text) AS least, max(programme_id::text) AS most
        FROM redemption_claims GROUP BY order_id
    ) AS asked LEFT JOIN orders AS "order" ON "order".id = asked.order_id
    WHERE (asked.amount <= "order".deduction AND asked.least = asked.most AND asked.least = "order".programme_id::text) IS NOT TRUE
    """,
)

_BILLED: Final = Proof(
    "invoice_used",
    "the claims that use an invoice and count use no more than it has, its red letters taken off",
    """
    SELECT used.invoice_id AS thing, concat(invoice.number, ' has ', invoice.amount, ', used ', used.amount) AS told
    FROM (
        SELECT line.invoice_id, sum(line.amount) AS amount
        FROM claim_invoices AS line JOIN redemption_claims AS claim ON claim.id = line.claim_id
        WHERE line.counts AND claim.state <> 'rejected' GROUP BY 1
    ) AS used
    LEFT JOIN invoices AS invoice ON invoice.id = used.invoice_id
    LEFT JOIN (SELECT corrects_id, sum(amount) AS amount FROM invoices GROUP BY 1) AS red ON red.corrects_id = used.invoice_id
    WHERE (used.amount <= invoice.amount + coalesce(red.amount, 0)) IS NOT TRUE
    """,
)

PROVES: Final = Proving(
    parties=(
        """SELECT 'redemption_claims', claim.id, claim.programme_id, "order".voucher_id, "order".id, "order".provider_id,
                  NULL::uuid, NULL::uuid
           FROM redemption_claims AS claim JOIN orders AS "order" ON "order".id = claim.order_id""",
    ),
    proofs=(_REDEEMED, _ORDER, _BILLED),
    marked={
        "redemption_claims": {},
        "invoices": {},
        "claim_invoices": {},
        "decisions": {},
        "rule_versions": {},
        "second_person_requests": {},
    },
)
