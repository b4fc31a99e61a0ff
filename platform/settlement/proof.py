"""What batches, statements and payments say about money, held against the ledger's transfers."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.retention import REMOVED_THROUGH
from foundation.proofs import Proof, Proving
from settlement.checking import recomputed_hash
from settlement.models import Statement

_STATEMENT: Final = Proof(
    "statement_moved",
    "a statement was approved for its total; the red one that takes it back says the same below zero",
    """
    WITH moved AS (
        SELECT subject_id, sum(amount) AS amount FROM ledger_transfers
        WHERE kind IN ('approve', 'award', 'top_up') GROUP BY subject_id
    )
    SELECT statement.id AS thing, concat(statement.number, ' says ', statement.total, ', moved ', moved.amount) AS told
    FROM statements AS statement
    LEFT JOIN moved ON moved.subject_id = statement.id
    LEFT JOIN statements AS first ON first.id = statement.corrects_id
    WHERE CASE WHEN statement.corrects_id IS NULL THEN statement.total = coalesce(moved.amount, 0)
          ELSE moved.amount IS NULL AND statement.total = -first.total AND statement.batch_id = first.batch_id
               AND statement.organisation_id = first.organisation_id END IS NOT TRUE
    """,
)

_TAKEN_BACK: Final = Proof(
    "statement_taken_back",
    "a statement was taken back in the ledger if, and only if, a red one says so: its payment recovered or its approval reversed",
    """
    WITH back AS (
        SELECT first.subject_id AS id FROM ledger_transfers AS move JOIN ledger_transfers AS first ON first.id = move.reverses_id
        WHERE move.kind IN ('recover', 'reverse_approve', 'reverse_award') GROUP BY 1
    )
    SELECT coalesce(red.corrects_id, back.id) AS thing, coalesce(red.number, 'no red statement') AS told
    FROM (SELECT * FROM statements WHERE corrects_id IS NOT NULL) AS red FULL JOIN back ON back.id = red.corrects_id
    WHERE red.id IS NULL OR back.id IS NULL
    """,
)

_RECOVERED: Final = Proof(
    "statement_recovered",
    "what a red statement recovered or put back into the pool is what it takes back, once each",
    """
    SELECT move.subject_id AS thing, concat(red.number, ' says ', red.total, ', ', move.kind, ' ', sum(move.amount)) AS told
    FROM ledger_transfers AS move LEFT JOIN statements AS red ON red.id = move.subject_id
    WHERE move.kind IN ('recover', 'reuse', 'shortfall')
    GROUP BY move.subject_id, red.number, red.total, move.kind, red.corrects_id
    HAVING (red.corrects_id IS NOT NULL
            AND CASE move.kind WHEN 'shortfall' THEN true ELSE sum(move.amount) = -red.total END) IS NOT TRUE
    """,
)

_PAID: Final = Proof(
    "payment",
    "each payment that succeeded moved its statement's total to the payee, and nothing else was paid",
    """
    SELECT coalesce(payment.id, move.id) AS thing,
           concat(statement.number, ' total ', statement.total, ', noted ', payment.amount, ', moved ', move.amount) AS told
    FROM (SELECT * FROM payments WHERE state = 'paid') AS payment
    FULL JOIN (SELECT * FROM ledger_transfers WHERE kind = 'pay') AS move ON move.subject_id = payment.statement_id
    LEFT JOIN statements AS statement ON statement.id = coalesce(payment.statement_id, move.subject_id)
    WHERE (payment.amount = move.amount AND move.amount = statement.total
           AND payment.by_id IS NOT DISTINCT FROM move.user_id) IS NOT TRUE
    """,
)

_ATTEMPTED: Final = Proof(
    "payment_attempt",
    "an attempt to pay is of its statement's total, to an account of the payee",
    """
    SELECT payment.id AS thing, concat(statement.number, ' total ', statement.total, ', attempt ', payment.amount) AS told
    FROM payments AS payment LEFT JOIN statements AS statement ON statement.id = payment.statement_id
    LEFT JOIN bank_accounts AS account ON account.id = payment.account_id
    WHERE (payment.amount = statement.total
           AND (payment.account_id IS NULL OR account.organisation_id = statement.organisation_id)) IS NOT TRUE
    """,
)

# A redemption may be taken back while a batch is made of it; the approval sees that and is refused (approval._ensure_verified).
_LINES: Final = Proof(
    "batch_lines",
    "the lines of a batch are of its claims, orders and providers, within what was redeemed",
    """
    SELECT line.id AS thing, concat(claim.number, ' redeemed ', claim.redeemed, ', line ', line.amount) AS told
    FROM batch_orders AS line
    LEFT JOIN batches AS batch ON batch.id = line.batch_id
    LEFT JOIN redemption_claims AS claim ON claim.id = line.claim_id
    LEFT JOIN orders AS "order" ON "order".id = line.order_id
    WHERE (claim.order_id = line.order_id AND "order".provider_id = line.provider_id
           AND "order".programme_id = batch.programme_id
           AND (claim.redeemed IS NOT NULL OR batch.state NOT IN ('approved', 'paying', 'paid', 'closed'))) IS NOT TRUE
    """,
)

_TOTAL: Final = Proof(
    "batch_total",
    "a batch's total is the sum of its lines and awards, and of its statements once these are issued",
    """
    WITH sums AS (
        SELECT batch_id, sum(amount) AS amount
        FROM (SELECT batch_id, amount FROM batch_orders UNION ALL SELECT batch_id, amount FROM batch_awards) AS part
        GROUP BY 1
    ), said AS (
        SELECT batch_id, sum(total) FILTER (WHERE corrects_id IS NULL) AS issued,
               bool_or(corrects_id IS NOT NULL) AS corrected
        FROM statements GROUP BY 1
    )
    SELECT batch.id AS thing,
           concat(batch.number, ' total ', batch.total, ', lines ', sums.amount, ', statements ', said.issued) AS told
    FROM batches AS batch LEFT JOIN sums ON sums.batch_id = batch.id LEFT JOIN said ON said.batch_id = batch.id
    WHERE (said.issued IS NOT NULL AND said.issued <> batch.total)
          OR (batch.state NOT IN ('draft', 'withdrawn') AND said.corrected IS NOT TRUE
              AND coalesce(sums.amount, 0) <> batch.total)
          OR (said.issued IS NULL) = (batch.state IN ('approved', 'paying', 'paid', 'closed'))
    """,
)

# Lines of a statement that was taken back before it was paid have left the batch.
_PARTS: Final = Proof(
    "statement_lines",
    "a statement is the sum of its provider's lines and award in the batch",
    """
    WITH lines AS (SELECT batch_id, provider_id, sum(amount) AS amount FROM batch_orders GROUP BY 1, 2)
    SELECT statement.id AS thing, concat(statement.number, ' total ', statement.total, ', lines ', lines.amount) AS told
    FROM statements AS statement
    LEFT JOIN statements AS red ON red.corrects_id = statement.id
    LEFT JOIN lines ON lines.batch_id = statement.batch_id AND lines.provider_id = statement.organisation_id
    LEFT JOIN batch_awards AS award ON award.batch_id = statement.batch_id AND award.provider_id = statement.organisation_id
    WHERE statement.corrects_id IS NULL AND NOT (red.id IS NOT NULL AND lines.amount IS NULL)
          AND coalesce(lines.amount, 0) + coalesce(award.amount, 0) <> statement.total
    """,
)

_SAID: Final = Proof(
    "statement_content",
    "a statement's paper says its number, total, payee and what it takes back",
    """
    SELECT statement.id AS thing, concat(statement.number, ' total ', statement.total, ', paper ',
           statement.content ->> 'number', ' ', statement.content ->> 'total') AS told
    FROM statements AS statement LEFT JOIN statements AS first ON first.id = statement.corrects_id
    LEFT JOIN batches AS batch ON batch.id = statement.batch_id
    WHERE (statement.content ->> 'number' = statement.number AND (statement.content ->> 'total')::bigint = statement.total
           AND statement.content ->> 'batch' = batch.number
           AND statement.content ->> 'red_letter_of' IS NOT DISTINCT FROM first.number) IS NOT TRUE
    """,
)

# A deed of its own tells number, total and hash of every statement when it is issued.
_ISSUED: Final = Proof(
    "statement_event",
    "a statement says what the event of its issue says: number, total and the hash of its content",
    f"""
    SELECT coalesce(statement.id, event.subject_id) AS thing, concat(statement.number, ' total ', statement.total) AS told
    FROM statements AS statement
    FULL JOIN (SELECT * FROM audit_events WHERE action = 'statement.issue') AS event ON event.subject_id = statement.id
    WHERE (event.after ->> 'number' = statement.number AND (event.after ->> 'total')::bigint = statement.total
           AND event.after ->> 'hash' = statement.content_hash) IS NOT TRUE
          AND (event.id IS NULL AND statement.issued_at <= {REMOVED_THROUGH}) IS NOT TRUE
    """,  # noqa: S608 - constants
)


def _changed_contents(session: Session) -> Iterator[tuple[UUID, str]]:
    contents = select(Statement.id, Statement.number, Statement.content, Statement.content_hash)
    for row in session.execute(contents.execution_options(yield_per=1000)):
        if recomputed_hash(row.content) != row.content_hash:
            yield row.id, f"{row.number} does not have its hash"


_HASHED: Final = Proof("statement_hash", "a statement's content has the hash that was printed on it", _changed_contents)

PROVES: Final = Proving(
    parties=(
        """SELECT 'statements', statement.id, batch.programme_id, NULL::uuid, NULL::uuid, statement.organisation_id, batch.id,
                  statement.corrects_id
           FROM statements AS statement JOIN batches AS batch ON batch.id = statement.batch_id""",
    ),
    proofs=(_STATEMENT, _TAKEN_BACK, _RECOVERED, _PAID, _ATTEMPTED, _LINES, _TOTAL, _PARTS, _SAID, _ISSUED, _HASHED),
    marked={
        "batches": {},
        "batch_orders": {},
        "batch_awards": {},
        "statements": {},
        "statement_files": {},
        "statement_series": {},
        "payments": {},
        "bank_accounts": {},
    },
)
