"""What programmes, claims and vouchers say about money, held against the ledger's transfers."""

from typing import Final

from audit.retention import REMOVED_THROUGH
from foundation.proofs import Proof, Proving

_PARTIES: Final = (
    "SELECT 'programmes', id, id, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid FROM programmes",
    "SELECT 'vouchers', id, programme_id, id, NULL::uuid, NULL::uuid, NULL::uuid, claim_id FROM vouchers",
)

_ISSUED: Final = Proof(
    "voucher_issued",
    "each voucher was issued once, with its face value, onto its own account",
    """
    SELECT coalesce(voucher.id, moved.subject_id) AS thing,
           concat(voucher.number, ' face ', voucher.face, ', issued ', moved.amount, ' in ', moved.times) AS told
    FROM vouchers AS voucher FULL JOIN (
        SELECT subject_id, count(*) AS times, sum(amount) AS amount, min(target_id::text)::uuid AS target_id
        FROM ledger_transfers WHERE kind = 'issue' GROUP BY subject_id
    ) AS moved ON moved.subject_id = voucher.id
    WHERE (moved.times = 1 AND moved.amount = voucher.face AND moved.target_id = voucher.account_id) IS NOT TRUE
    """,
)

_CLAIMED: Final = Proof(
    "voucher_claim",
    "each allotted claim has one voucher of what was allotted, of the same programme, terms and enterprise; no other has one",
    """
    SELECT coalesce(voucher.id, claim.id) AS thing,
           concat(claim.number, ' ', claim.state, ' ', claim.allotted, ', voucher ', voucher.number, ' ', voucher.face) AS told
    FROM voucher_claims AS claim FULL JOIN vouchers AS voucher ON voucher.claim_id = claim.id
    WHERE CASE WHEN voucher.id IS NULL THEN claim.state = 'allotted' OR claim.allotted <> 0
          ELSE (claim.state = 'allotted' AND claim.allotted = voucher.face AND claim.programme_id = voucher.programme_id
                AND claim.programme_version_id = voucher.programme_version_id
                AND claim.enterprise_id = voucher.enterprise_id) IS NOT TRUE END
    """,
)

_STATE: Final = Proof(
    "voucher_state",
    "a voucher stands where its amounts put it",
    """
    WITH ended AS (
        SELECT DISTINCT ON (one.source_id) one.source_id AS account_id, one.kind,
               sum(one.amount) OVER (PARTITION BY one.source_id) AS returned
        FROM ledger_transfers AS one LEFT JOIN ledger_transfers AS back ON back.reverses_id = one.id
        WHERE one.kind IN ('expire', 'reclaim', 'revoke') AND back.id IS NULL ORDER BY one.source_id, one.sequence DESC
    ), holds AS (
        SELECT move.source_id AS account_id, sum(hold.balance) AS held
        FROM ledger_transfers AS move JOIN ledger_accounts AS hold ON hold.id = move.target_id
        WHERE move.kind = 'hold' GROUP BY 1
    ), amounts AS (
        SELECT voucher.id, voucher.number, voucher.state, free.balance AS free, coalesce(holds.held, 0) AS held,
               coalesce(ended.returned, 0) AS returned, ended.kind,
               voucher.face - free.balance - coalesce(holds.held, 0) - coalesce(ended.returned, 0) AS redeemed
        FROM vouchers AS voucher JOIN ledger_accounts AS free ON free.id = voucher.account_id
        LEFT JOIN holds ON holds.account_id = free.id LEFT JOIN ended ON ended.account_id = free.id
    )
    SELECT id AS thing, concat(number, ' ', state, ', free ', free, ', held ', held, ', redeemed ', redeemed) AS told
    FROM amounts WHERE state IS DISTINCT FROM CASE
        WHEN held > 0 THEN 'held'
        WHEN free > 0 THEN CASE WHEN redeemed > 0 THEN 'partly_redeemed' ELSE 'issued' END
        WHEN returned > 0 THEN CASE WHEN redeemed > 0 THEN 'used_' ELSE '' END
             || CASE kind WHEN 'expire' THEN 'expired' WHEN 'reclaim' THEN 'reclaimed' ELSE 'revoked' END
        ELSE 'redeemed' END
    """,
)

# Each deed of the treasury is told with its transfer and amount, from the first version on.
_TREASURY: Final = Proof(
    "programme_money",
    "what the treasury gave and took was told by its deeds, transfer by transfer",
    f"""
    SELECT coalesce(move.id, deed.transfer) AS thing, concat(move.kind, ' ', move.amount, ', told ', deed.amount) AS told
    FROM (SELECT * FROM ledger_transfers WHERE kind IN ('appropriate', 'take_back', 'return')) AS move
    FULL JOIN (
        SELECT (after ->> 'transfer')::uuid AS transfer, (after ->> 'amount')::bigint AS amount, subject_id, user_id,
               split_part(action, '.', 2) AS kind
        FROM audit_events
        WHERE action IN ('programme.appropriate', 'programme.take_back', 'programme.return') AND after ? 'transfer'
    ) AS deed ON deed.transfer = move.id
    WHERE (move.amount = deed.amount AND move.kind = deed.kind AND move.programme_id = deed.subject_id
           AND move.user_id IS NOT DISTINCT FROM deed.user_id) IS NOT TRUE
          AND (deed.transfer IS NULL AND move.posted_at <= {REMOVED_THROUGH}) IS NOT TRUE
    """,  # noqa: S608 - constants
)

PROVES: Final = Proving(
    parties=_PARTIES,
    proofs=(_ISSUED, _CLAIMED, _STATE, _TREASURY),
    marked={
        "programmes": {"summary": "words for readers", "name": "words for readers"},
        "programme_versions": {},
        "programme_duties": {},
        "voucher_claims": {},
        "vouchers": {},
    },
)
