"""The store of a test, somebody who sends files, and a thing to attach them to."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import factories as make
import pytest
from sqlalchemy.orm import Session

from accounts.models import Organisation, OrganisationKind
from files.intake import Upload, take
from files.models import Attachment
from files.store import FolderStore, using
from foundation.actors import Actor, Role

Send = Callable[..., Attachment]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderStore]:
    with using(FolderStore(tmp_path / "files")) as store:
        yield store


@pytest.fixture
def clerk(session: Session) -> Actor:
    return make.actor(session, make.provider(session), Role.PROVIDER_MEMBER)


@pytest.fixture
def subject(session: Session) -> Organisation:
    return make.organisation(session, OrganisationKind.PROVIDER)


@pytest.fixture
def send(session: Session, store: FolderStore, clerk: Actor, subject: Organisation) -> Send:
    """Take a file in as a service record does."""

    def sent(content: bytes, name: str, **options: object) -> Attachment:
        upload = Upload(io.BytesIO(content), name)
        return take(session, clerk, upload, **{"subject": subject, "kind": "proof", "field": "file"} | options)

    return sent
