"""Attachments as templates/components/case.html takes them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import url_for

from files.models import Attachment


def file_row(file: Attachment, *, names: Mapping[UUID, str] | None = None, note: str | None = None) -> dict[str, Any]:
    """One file with its address; ``names`` are those of organisations that may have filed it."""
    return {
        "name": file.filename,
        "url": url_for("files.file", attachment_id=file.id),
        "size": file.blob.size,
        "kind": file.blob.media_type,
        "at": file.created_at,
        "by": (names or {}).get(file.organisation_id) if file.organisation_id else None,
        "note": note,
    }
