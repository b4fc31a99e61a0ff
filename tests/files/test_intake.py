"""What is taken in: up to the limit to the byte, and carried on to a new version."""

import io

import factories
import pytest
from provider_cases import PDF, upload

from files.access import elsewhere, files_of
from files.intake import Upload, carry, take
from files.models import Attachment
from files.store import FolderStore, using
from foundation.actors import Role
from foundation.errors import BadInput

LIMIT = 1024 * 1024


@pytest.fixture(autouse=True)
def store(tmp_path):
    with using(FolderStore(tmp_path / "files")) as store:
        yield store


@pytest.fixture
def subject(session):
    return factories.provider(session)


@pytest.fixture
def clerk(session, subject):
    return factories.actor(session, subject, Role.PROVIDER_MANAGER)


def padded(size):
    """A PDF of so many bytes."""
    head, tail = PDF.split(b"trailer", 1)
    room = size - len(PDF) - 2
    return head + b"%" + b"x" * room + b"\n" + b"trailer" + tail


@pytest.mark.parametrize(("size", "taken"), [(LIMIT, True), (LIMIT + 1, False)])
def test_the_limit_is_the_last_size_that_is_taken(session, clerk, subject, size, taken):
    file = Upload(io.BytesIO(padded(size)), "大.pdf")
    if taken:
        made = take(session, clerk, file, subject=subject, kind="evidence", field="files", limit=LIMIT)
        assert made.blob.size == size
        return
    with pytest.raises(BadInput, match="1 MB") as refusal:
        take(session, clerk, file, subject=subject, kind="evidence", field="files", limit=LIMIT)
    assert (refusal.value.field, refusal.value.about) == ("files", "大.pdf")
    assert session.query(Attachment).count() == 0


def test_a_new_version_carries_the_files_of_the_one_before(session, clerk, subject):
    newer, stranger = factories.provider(session), factories.provider(session)
    for thing in (subject, stranger):
        take(session, clerk, upload(), subject=thing, kind="evidence", field="files")
    carry(session, source=subject, target=newer)
    found = files_of(session, subject.__tablename__, [subject.id, newer.id])
    assert [file.filename for file in found[newer.id]] == [file.filename for file in found[subject.id]] == ["证据.pdf"]
    # To the two versions the file is their own; where else it lies, a reviewer should know.
    assert list(elsewhere(session, found[newer.id], [subject.id, newer.id]).values()) == [1]
