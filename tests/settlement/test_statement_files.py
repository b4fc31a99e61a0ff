"""The printed form of a statement: made after the commit, once, from what was issued; never lost, never changed."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier

import pytest
from claim_cases import PUBLIC, Office, verified
from order_cases import Scene
from pypdf import PdfReader
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit.models import AuditEvent
from documents.statement import StatementContent, render_statement
from files.models import Attachment
from files.store import current_store
from foundation.clock import now, travel
from foundation.jobs import run_worker
from foundation.locking import without_locks
from foundation.unit_of_work import unit_of_work
from settlement import statement_files
from settlement.jobs import every_hour, left_behind
from settlement.models import Statement, StatementFile
from settlement.statement_files import file_of, issued_content, print_file, print_unprinted

pytestmark = pytest.mark.clock


@pytest.fixture
def office(session: Session, scene: Scene) -> Office:
    return Office(session, scene)


def only_file(session: Session) -> StatementFile:
    return session.scalars(select(StatementFile)).one()


def test_approving_prints_nothing(
    session: Session, scene: Scene, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified(scene)

    def never(_content: object) -> bytes:
        raise AssertionError("printed inside the request that approves")

    monkeypatch.setattr(statement_files, "render_statement", never)
    office.approved()
    file = only_file(session)
    assert (file.blob_id, file.sha256, file.printed_at) == (None, None, None)
    queued = session.execute(
        text("SELECT task_name, args FROM procrastinate_jobs WHERE task_name = 'settlement.print'")
    )
    assert queued.all() == [("settlement.print", {"file": str(file.id)})]


def test_the_paper_says_what_was_issued(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    office.approved()
    statement = session.scalars(select(Statement)).one()
    session.expire_all()
    print_unprinted(session)
    file = file_of(session, statement)
    assert file is not None
    assert file.address == f"{PUBLIC}/verify/{statement.number}?hash={statement.content_hash}"
    with current_store().open(str(file.sha256)) as stored:
        pdf = stored.read()
    assert pdf == render_statement(issued_content(statement, address=file.address))
    words = re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))
    assert statement.number in words
    assert statement.content_hash[:16] in words


def test_a_second_run_prints_nothing(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    office.approved()
    file = only_file(session)
    assert print_file(session, file.id)
    first = (file.blob_id, file.sha256, file.printed_at)
    assert not print_file(session, file.id)
    assert (file.blob_id, file.sha256, file.printed_at) == first
    assert session.scalar(select(func.count()).select_from(Attachment).where(Attachment.kind == "statement")) == 1
    added = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "attachment.add")
    assert session.scalar(added.where(AuditEvent.after["kind"].astext == "statement")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement_files SET sha256 = 'another'",
        "UPDATE statement_files SET blob_id = NULL, sha256 = NULL, printed_at = NULL",
        "DELETE FROM statement_files",
        "TRUNCATE statement_files CASCADE",
    ],
)
def test_a_printed_file_cannot_be_exchanged(session: Session, scene: Scene, office: Office, change: str) -> None:
    verified(scene)
    office.approved()
    print_unprinted(session)
    with pytest.raises(IntegrityError, match="red-letter"):
        session.execute(text(change))


def test_before_it_is_printed_nothing_but_the_file_may_come(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    office.approved()
    with pytest.raises(IntegrityError, match="red-letter"):
        session.execute(update(StatementFile).values(address="https://elsewhere.example"))


def test_what_is_not_what_was_issued_is_not_printed(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    office.approved()
    session.execute(text("ALTER TABLE statements DISABLE TRIGGER refuse_rewriting_row"))
    session.execute(text("""UPDATE statements SET content = jsonb_set(content, '{organisation}', '"another"')"""))
    session.expire_all()
    with pytest.raises(ValueError, match="not what was issued"):
        print_file(session, only_file(session).id)
    assert only_file(session).blob_id is None


def test_what_the_queue_gave_up_is_printed_by_the_clock(session: Session, scene: Scene, office: Office) -> None:
    verified(scene)
    office.approved()
    (part,) = every_hour.parts
    part.within(session)  # type: ignore[union-attr]
    assert only_file(session).blob_id is None, "the queue still tries"
    with travel(now() + timedelta(minutes=61)):
        assert session.scalars(left_behind()).all() == [only_file(session).id]
        part.within(session)  # type: ignore[union-attr]
        assert session.scalars(left_behind()).all() == []
    assert only_file(session).blob_id is not None


@pytest.mark.concurrency
@pytest.mark.parametrize("locked", [True, False])
def test_two_workers_print_it_once(own_engine: Engine, monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> None:
    """Without the lock both print, and only the trigger stops the second file: that shows that the race is a real one."""
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        verified(scene)
        Office(session, scene).approved()
        file_id = only_file(session).id
    start, both, printed = Barrier(2), Barrier(2), []
    real = statement_files.render_statement

    def render(content: StatementContent) -> bytes:
        printed.append(1)
        if not locked:
            both.wait(20)
        return real(content)

    monkeypatch.setattr(statement_files, "render_statement", render)

    def worker(_number: int) -> str:
        try:
            with nullcontext() if locked else without_locks(), unit_of_work(own_engine) as session:
                start.wait(20)
                return "printed" if print_file(session, file_id) else "was there"
        except IntegrityError:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(pool.map(worker, range(2)))
    assert (ends, len(printed)) == ((["printed", "was there"], 1) if locked else (["printed", "refused"], 2))


@pytest.mark.concurrency
def test_the_worker_prints_after_the_commit(own_engine: Engine) -> None:
    with unit_of_work(own_engine) as session:
        scene = Scene(session)
        verified(scene)
        Office(session, scene).approved()
    run_worker(own_engine, wait=False)
    with unit_of_work(own_engine) as session:
        assert only_file(session).blob_id is not None
