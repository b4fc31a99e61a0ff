"""Downloads of evidence."""

from uuid import UUID

from flask import Blueprint, Response, send_file

from files.access import download
from files.presentation import downloaded_as
from foundation.rooms import WhoAsks
from foundation.unit_of_work import current_session


def make_blueprint(who: WhoAsks) -> Blueprint:
    """The route ``files.file``; ``who`` says who asks (accounts stand above files, so the shell hands it in)."""
    blueprint = Blueprint("files", __name__)

    @blueprint.get("/files/<uuid:attachment_id>")
    def file(attachment_id: UUID) -> Response:
        """The file as an attachment, never inline: its content comes from outside."""
        attachment, stream = download(current_session(), who.person(), attachment_id)
        response = send_file(
            stream,
            mimetype=attachment.blob.shown_media_type,
            as_attachment=True,
            download_name=downloaded_as(attachment),
            etag=attachment.blob.shown_sha256,
            max_age=0,
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return blueprint
