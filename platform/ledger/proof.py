"""What the ledger proves of each transfer: its kind, its accounts, whose they are, what it takes back, and its event."""

from collections.abc import Mapping
from typing import Final

from audit.retention import REMOVED_THROUGH
from foundation.proofs import Proof, Proving
from ledger.kinds import KINDS, OWNERS, Kind


def _text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"


def _row(name: str, kind: Kind) -> str:
    """A kind as a row of VALUES; all of it are constants of this program."""
    subjects = ", ".join(f"'{each}'" for each in kind.subjects)
    source = OWNERS[kind.source] if kind.owners else "any"
    target = OWNERS[kind.target] if kind.owners else "any"
    return (
        f"('{name}', '{kind.source.value}', '{kind.target.value}', ARRAY[{subjects}], {_text(source)}, {_text(target)}, "
        f"{_text(kind.takes_back)}, {kind.always}, {kind.opposite}, {kind.whole})"
    )


_KINDS: Final = (
    "kinds (kind, source, target, subjects, source_of, target_of, takes_back, always, opposite, whole) AS (VALUES "
    + ", ".join(_row(name, kind) for name, kind in KINDS.items())
    + ")"
)

_WHOSE: Final = """CASE kinds.{end}_of WHEN 'voucher' THEN party.voucher WHEN 'order' THEN party."order"
        WHEN 'provider' THEN party.provider WHEN 'batch' THEN party.batch WHEN 'any' THEN {end}.owner_id END"""

_OWN_PARTY: Final = """
    SELECT 'ledger_transfers', id, programme_id, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid, NULL::uuid
    FROM ledger_transfers
    WHERE kind = 'appropriate'
"""


def _allowed(parties: tuple[str, ...]) -> Proof:
    known = " UNION ALL ".join((_OWN_PARTY, *parties))
    return Proof(
        "kind",
        "a transfer is of a kind that there is, between the accounts of its kind, of those whom its subject names",
        f"""
        WITH {_KINDS}, party (subject_type, subject_id, programme_id, voucher, "order", provider, batch, matter) AS ({known})
        SELECT move.id AS thing, concat_ws(' ', move.kind, source.kind, '→', target.kind, 'for', move.subject_type) AS told
        FROM ledger_transfers AS move
        LEFT JOIN ledger_accounts AS source ON source.id = move.source_id
        LEFT JOIN ledger_accounts AS target ON target.id = move.target_id
        LEFT JOIN kinds ON kinds.kind = move.kind
        LEFT JOIN party ON party.subject_id = move.subject_id AND party.subject_type = move.subject_type
        WHERE (kinds.source = source.kind AND kinds.target = target.kind AND move.subject_type = ANY(kinds.subjects)
               AND source.programme_id = move.programme_id AND target.programme_id = move.programme_id
               AND party.programme_id = move.programme_id
               AND source.owner_id IS NOT DISTINCT FROM {_WHOSE.format(end="source")}
               AND target.owner_id IS NOT DISTINCT FROM {_WHOSE.format(end="target")}) IS NOT TRUE
        """,  # noqa: S608 - constants
    )


_REVERSED: Final = Proof(
    "reversal",
    "a transfer takes back only one of the kind that its own kind takes back, the way that it came and, unless decided anew, whole",
    f"""
    WITH {_KINDS}
    SELECT move.id AS thing, concat_ws(' ', move.kind, 'of', first.kind) AS told
    FROM ledger_transfers AS move
    JOIN kinds ON kinds.kind = move.kind
    LEFT JOIN ledger_transfers AS first ON first.id = move.reverses_id
    WHERE CASE WHEN move.reverses_id IS NULL THEN kinds.takes_back IS NOT NULL AND kinds.always
          ELSE (first.kind = kinds.takes_back AND first.target_id = move.source_id
                AND (first.amount = move.amount OR NOT kinds.whole)
                AND (first.source_id = move.target_id OR NOT kinds.opposite) AND first.sequence < move.sequence) IS NOT TRUE END
    """,  # noqa: S608 - constants
)

_TAKEN_BACK: Final = Proof(
    "take_back",
    "no more of an appropriation is taken back than was appropriated",
    """
    SELECT first.id AS thing, concat(back.amount, ' of ', first.amount) AS told
    FROM (SELECT subject_id, sum(amount) AS amount FROM ledger_transfers WHERE kind = 'take_back' GROUP BY 1) AS back
    JOIN ledger_transfers AS first ON first.id = back.subject_id
    WHERE back.amount > first.amount
    """,
)

_NAMED: Final = """
    named AS MATERIALIZED (
        SELECT event.sequence, event.user_id, event.at, item.*
        FROM audit_events AS event
        CROSS JOIN LATERAL jsonb_to_recordset(event.after -> 'transfers')
             AS item (id uuid, kind text, amount bigint, source uuid, target uuid, subject uuid, reverses uuid)
        WHERE event.after ? 'transfers'
    )"""

_COVERED: Final = Proof(
    "event",
    "each transfer stands, with all that it says, in exactly one event of the trail, and each that an event names is there",
    f"""
    WITH {_NAMED}, counted AS (SELECT id, count(*) AS events FROM named GROUP BY id),
    since AS (SELECT coalesce(max(through), 0) AS through FROM ledger_unnamed)
    SELECT coalesce(move.id, named.id) AS thing,
           CASE WHEN move.id IS NULL THEN 'named by event ' || named.sequence || ', but not there'
                WHEN named.id IS NULL THEN 'named by no event'
                WHEN counted.events > 1 THEN 'named by ' || counted.events || ' events'
                ELSE 'not as event ' || named.sequence || ' says' END AS told
    FROM ledger_transfers AS move CROSS JOIN since
    FULL JOIN named ON named.id = move.id
    LEFT JOIN counted ON counted.id = named.id
    WHERE (named.id IS NOT NULL OR move.sequence > since.through)
      AND (move.kind = named.kind AND move.amount = named.amount AND move.source_id = named.source
           AND move.target_id = named.target AND move.subject_id = named.subject
           AND move.reverses_id IS NOT DISTINCT FROM named.reverses AND move.user_id IS NOT DISTINCT FROM named.user_id
           AND move.posted_at BETWEEN named.at - interval '5 minutes' AND named.at + interval '5 minutes'
           AND counted.events = 1) IS NOT TRUE
    """,  # noqa: S608 - constants
)


def _from_before(parties: tuple[str, ...]) -> Proof:
    """Events did not name transfers then: who, when and about what must do.

    What covered a shortfall went along with other money, by the house's own hand, and no event told of it.
    """
    known = " UNION ALL ".join((_OWN_PARTY, *parties))
    return Proof(
        "event_before",
        "each transfer from before events named them has an event of the same person, moment and matter",
        f"""
        WITH party (subject_type, subject_id, programme_id, voucher, "order", provider, batch, matter) AS ({known}),
        old AS (
            SELECT move.id, move.kind, move.user_id, move.posted_at,
                   ARRAY[move.subject_id, move.programme_id, party.voucher, party."order", party.batch, party.matter] AS matters
            FROM ledger_transfers AS move
            LEFT JOIN party ON party.subject_id = move.subject_id AND party.subject_type = move.subject_type
            WHERE move.sequence <= (SELECT coalesce(max(through), 0) FROM ledger_unnamed) AND move.kind <> 'cover'
                  AND (move.posted_at <= {REMOVED_THROUGH}) IS NOT TRUE
        ), found AS (
            SELECT DISTINCT old.id FROM old CROSS JOIN LATERAL unnest(old.matters) AS matter
            JOIN audit_events AS event ON event.subject_id = matter AND event.user_id IS NOT DISTINCT FROM old.user_id
                 AND event.at BETWEEN old.posted_at - interval '1 minute' AND old.posted_at + interval '1 minute'
        )
        SELECT old.id AS thing, old.kind || ' without an event' AS told
        FROM old LEFT JOIN found ON found.id = old.id WHERE found.id IS NULL
        """,  # noqa: S608 - constants
    )


def of_transfers(proving: Proving) -> tuple[Proof, ...]:
    """What is held against every transfer, with the parties that the rooms know."""
    return (_allowed(proving.parties), _REVERSED, _TAKEN_BACK, _COVERED, _from_before(proving.parties))


TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "ledger_accounts": {"balance": "what its transfers give, and held against them"},
    "ledger_transfers": {},
    "ledger_days": {},
    "ledger_folds": {},
    "ledger_unnamed": {},
}
"""The tables of the ledger that are marked."""

PROVES: Final = Proving(marked=TABLES)
