"""Copies of pictures for others, with what was taken out of them; files under the extension of what they are.

Pictures that are stored get their copy when somebody fetches them: a migration does not reach the store. Names that say
something else than the content was found to be get the right extension here.

Revision: 0034, after 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_RIGHT_NAMES = r"""
    UPDATE attachments SET filename = CASE
        WHEN attachments.filename ~* '[^.]\.(pdf|png|jpg|jpeg|jpe|ofd|docx|xlsx|xml|csv|txt)$'
        THEN regexp_replace(attachments.filename, '\.[^.]*$', '') ELSE attachments.filename END || '.' || kind.kept_as
    FROM blobs, (VALUES
        ('application/pdf', 'pdf', 'pdf'), ('image/png', 'png', 'png'), ('image/jpeg', 'jpg', 'jpg|jpeg|jpe|jfif'),
        ('application/ofd', 'ofd', 'ofd'),
        ('application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx', 'docx'),
        ('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx', 'xlsx'),
        ('application/xml', 'xml', 'xml'), ('text/csv', 'csv', 'csv'), ('text/plain', 'txt', 'txt')
    ) AS kind (media_type, kept_as, said)
    WHERE blobs.id = attachments.blob_id AND kind.media_type = blobs.media_type
        AND attachments.filename !~* ('[^.]\.(' || kind.said || ')$')
"""


def upgrade() -> None:
    op.create_table(
        "picture_copies",
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=8, scale=6), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180",
            name=op.f("ck_picture_copies_place_on_earth"),
        ),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_picture_copies_blob_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_copies")),
        sa.UniqueConstraint("blob_id", name="uq_picture_copies_blob"),
    )
    op.execute(_RIGHT_NAMES)


def downgrade() -> None:
    op.drop_table("picture_copies")
