"""Attachments as templates/components/case.html takes them."""

from typing import Any

from flask import url_for

from files.models import Attachment
from files.names import clean_filename, honest_name, type_of_media
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


def downloaded_as(file: Attachment) -> str:
    """The name under which a file is downloaded: always with the extension of what people get."""
    kind = type_of_media(file.blob.shown_media_type)
    return honest_name(clean_filename(file.filename), kind) if kind else file.filename
