"""The printed form of a statement in a row of its own: it is made after the commit that issues the statement.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "statement_files",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(blob_id, sha256, printed_at) IN (0, 3)", name=op.f("ck_statement_files_whole")
        ),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("fk_statement_files_statement_id")),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_statement_files_blob_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_files")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_statement_files_statement")),
    )
    # The address was printed and not stored: whoever needs it reads it off the file.
    op.execute(
        """
        INSERT INTO statement_files (id, statement_id, address, blob_id, sha256, printed_at, created_at)
        SELECT gen_random_uuid(), id, '', pdf_id, pdf_hash, issued_at, issued_at FROM statements
        """
    )
    op.create_index(
        "ix_statement_files_unprinted", "statement_files", ["created_at"], postgresql_where=sa.text("blob_id IS NULL")
    )
    op.drop_constraint("fk_statements_pdf_id", "statements")
    op.drop_column("statements", "pdf_id")
    op.drop_column("statements", "pdf_hash")
    op.execute(
        """
        CREATE FUNCTION refuse_other_file() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Printed once: the file may come, and nothing else may change then or later.
            IF TG_OP = 'UPDATE' AND OLD.blob_id IS NULL
               AND (NEW.id, NEW.statement_id, NEW.address, NEW.created_at)
                 = (OLD.id, OLD.statement_id, OLD.address, OLD.created_at) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'statement_files is printed: correct a statement by a red-letter statement'
                USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER refuse_rewriting_row BEFORE UPDATE OR DELETE ON statement_files "
        "FOR EACH ROW EXECUTE FUNCTION refuse_other_file()"
    )
    op.execute(
        "CREATE TRIGGER refuse_rewriting_table BEFORE TRUNCATE ON statement_files "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_file()"
    )


def downgrade() -> None:
    op.add_column("statements", sa.Column("pdf_id", sa.Uuid(), nullable=True))
    op.add_column("statements", sa.Column("pdf_hash", sa.String(), nullable=True))
    op.execute("ALTER TABLE statements DISABLE TRIGGER refuse_rewriting_row")
    op.execute(
        """
        UPDATE statements SET pdf_id = blob_id, pdf_hash = sha256
        FROM statement_files WHERE statement_files.statement_id = statements.id
        """
    )
    op.execute("ALTER TABLE statements ENABLE TRIGGER refuse_rewriting_row")
    # Fails while a statement is not printed yet: let the worker print it first.
    op.alter_column("statements", "pdf_id", nullable=False)
    op.alter_column("statements", "pdf_hash", nullable=False)
    op.create_foreign_key(op.f("fk_statements_pdf_id"), "statements", "blobs", ["pdf_id"], ["id"])
    op.drop_table("statement_files")
    op.execute("DROP FUNCTION refuse_other_file")
