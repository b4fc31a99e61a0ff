"""A code of its own for every issuer of statements; numbers that were given stay as they are.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The region's code for whoever issued first in it, the code with a letter for the others. Issuers of before have
# numbers with the bare code; the statements' own unique numbers kept those apart.
_FILL = """
    INSERT INTO statement_issuers (id, issuer_id, code)
    SELECT gen_random_uuid(), issuer_id,
           code || CASE WHEN place = 1 THEN '' ELSE chr(64 + place::integer) END
    FROM (
        SELECT first.issuer_id, regions.code,
               row_number() OVER (PARTITION BY regions.code ORDER BY first.year, first.issuer_id) AS place
        FROM (SELECT issuer_id, min(year) AS year FROM statement_series GROUP BY issuer_id) AS first
        JOIN organisations ON organisations.id = first.issuer_id
        JOIN regions ON regions.id = organisations.region_id
    ) AS placed
"""


def upgrade() -> None:
    op.create_table(
        "statement_issuers",
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["issuer_id"], ["organisations.id"], name=op.f("fk_statement_issuers_issuer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_issuers")),
        sa.UniqueConstraint("code", name="uq_statement_issuers_code"),
        sa.UniqueConstraint("issuer_id", name="uq_statement_issuers_issuer"),
    )
    op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("statement_issuers")
