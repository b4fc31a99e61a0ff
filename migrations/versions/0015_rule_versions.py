"""Versions of rules as rows, to which decisions point; the facts of decisions beside them.

What was decided before points at the rules as the program shipped them until then (``0015_rules.json``, frozen). Batches
that kept the programme's window and cap beside the scheme get a row of their own in which these stand in their places.
Claims are left as they are: the facts behind their answers were not kept.

Revision: 0015, after 0014
"""

import json
from copy import deepcopy
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SHIPPED = Path(__file__).with_name("0015_rules.json")
_KINDS = ("rule_set", "scheme", "target_template", "checklist", "preset")
_POINTING = (
    ("batches", "rules_id"),
    ("certifications", "rules_id"),
    ("target_tables", "rules_id"),
    ("redemption_claims", "checklist_id"),
)

# The facts of an application are those that it was answered to unless it was written on since. Where the trail no longer
# has the answer's own event, a writing that it has came later; one that lies with the provider may have been written on.
_ANSWERED_FACTS = """
    UPDATE certifications SET answered_facts = facts
    WHERE answer IS NOT NULL AND NOT EXISTS (
        SELECT FROM audit_events AS saved
        WHERE saved.subject_id = certifications.id AND saved.action = 'certification.save'
          AND saved.sequence > (
              SELECT coalesce(max(filed.sequence), 0) FROM audit_events AS filed
              WHERE filed.subject_id = certifications.id AND filed.action = 'certification.submit'
          )
    ) AND (state NOT IN ('draft', 'more_information') OR EXISTS (
        SELECT FROM audit_events AS filed
        WHERE filed.subject_id = certifications.id AND filed.action = 'certification.submit'
    ))
"""


def upgrade() -> None:
    op.create_table(
        "rule_versions",
        sa.Column(
            "kind",
            sa.Enum(*_KINDS, name="rulekind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("drafted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint("kind", "key", "sha256", name="uq_rule_versions_content"),
    )
    for event, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = "row" if each == "ROW" else "table"
        op.execute(
            f"CREATE TRIGGER refuse_rewriting_{name} BEFORE {event} ON rule_versions FOR EACH {each} "
            "EXECUTE FUNCTION refuse_rewriting('append-only: other rules are another row')"
        )
    for table, column in _POINTING:
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, "rule_versions", [column], ["id"])
    op.add_column("certifications", sa.Column("answered_facts", sa.dialects.postgresql.JSONB(), nullable=True))
    op.add_column("redemption_claims", sa.Column("facts", sa.dialects.postgresql.JSONB(), nullable=True))
    _carry_over()


def _carry_over() -> None:
    known = {(each["kind"], each["key"]): each for each in json.loads(_SHIPPED.read_text(encoding="utf-8"))}
    connection = op.get_bind()
    for table, key, version, kind in (
        ("batches", "scheme_id", "scheme_version", "scheme"),
        ("target_tables", "template_id", "template_version", "target_template"),
        # A draft has no answer yet: it was written by the rules of the day.
        ("certifications", "ruleset_id", "answer ->> 'version'", "rule_set"),
    ):
        parameters = "parameters" if table == "batches" else "NULL"
        rows = connection.execute(sa.text(f"SELECT id, {key}, {version}, {parameters} FROM {table}"))  # noqa: S608 - names of this file
        for row_id, row_key, row_version, own in rows.all():
            rules = known.get((kind, row_key))
            if rules is not None and row_version in {None, rules["version"]}:
                rules_id = _entered(connection, {**rules, "content": _with(own or {}, rules["content"])})
                connection.execute(
                    sa.text(f"UPDATE {table} SET rules_id = :rules WHERE id = :id"),  # noqa: S608 - names of this file
                    {"rules": rules_id, "id": row_id},
                )
    op.execute(_ANSWERED_FACTS)


def _with(parameters: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """The scheme with the window and the cap that a batch kept beside it; anything else as it is."""
    if not {"contract_window", "cap_per_enterprise"} & parameters.keys():
        return content
    content = deepcopy(content)
    items = content["lines"]["items"]
    for step in [*items.get("conditions", []), *items["steps"]]:
        own = parameters.get(step["rule"])
        if own is not None:
            step["citation"] = own["citation"] or step["citation"]
            step.update({name: own[name] for name in ("first", "last", "limit") if name in step and name in own})
    return content


def _entered(connection: sa.Connection, rules: dict[str, Any]) -> UUID:
    text = json.dumps(rules["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    announced = rules["announced"]
    row = {
        "kind": rules["kind"],
        "key": rules["key"],
        "version": rules["version"],
        "content": json.dumps(rules["content"], ensure_ascii=False),
        "sha256": sha256(text.encode()).hexdigest(),
        "announced": date.fromisoformat(announced) if announced else None,
    }
    connection.execute(
        sa.text(
            """
            INSERT INTO rule_versions (id, kind, key, version, content, sha256, drafted, checked, announced)
            VALUES (gen_random_uuid(), :kind, :key, :version, :content, :sha256, now(), now(), :announced)
            ON CONFLICT ON CONSTRAINT uq_rule_versions_content DO NOTHING
            """
        ),
        row,
    )
    found: UUID = connection.execute(
        sa.text("SELECT id FROM rule_versions WHERE kind = :kind AND key = :key AND sha256 = :sha256"), row
    ).scalar_one()
    return found


def downgrade() -> None:
    op.drop_column("redemption_claims", "facts")
    op.drop_column("certifications", "answered_facts")
    for table, column in _POINTING:
        op.drop_column(table, column)
    op.drop_table("rule_versions")
