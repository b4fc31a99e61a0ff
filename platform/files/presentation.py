"""Attachments as templates/components/case.html takes them."""

from typing import Any

from flask import url_for

from files.reading import AttachedFile


def file_row(file: AttachedFile, *, note: str | None = None) -> dict[str, Any]:
    """One file with its address."""
    return {
        "name": file.name,
        "url": url_for("files.file", attachment_id=file.id),
        "size": file.size,
        "kind": file.media_type,
        "at": file.filed_at,
        "by": file.filed_by,
        "note": note,
    }
