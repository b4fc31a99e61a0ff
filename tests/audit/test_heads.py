"""Heads that were written out find what the tables cannot tell; a restore is signed for by two people."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from factories import PASSWORD, actor, bureau
from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts.restored import sign_for_restore
from audit.heads import HeadFiles, check, publish
from audit.proofs import find, growth, prove
from audit.report import AuditReport
from audit.seals import seal
from audit.trail import record
from audit.verification import verify
from config import Settings
from foundation.actors import SYSTEM, Role
from foundation.clock import now, travel
from foundation.errors import Conflict, NotAllowed

pytestmark = pytest.mark.clock


def write(session: Session, settings: Settings, count: int) -> None:
    """Events, sealed, and the head written out."""
    for number in range(count):
        record(session, SYSTEM, f"test.event{number}", None)
        session.flush()
    seal(session)
    publish(session, settings)


def report_of(session: Session, settings: Settings) -> AuditReport:
    report = verify(session)
    check(session, report, settings)
    return report


def back_to(session: Session, position: int) -> None:
    """As a restore leaves the tables: nothing after that head is there."""
    size = session.scalar(text("SELECT size FROM audit_heads WHERE position = :at"), {"at": position})
    for table in ("audit_events", "audit_leaves", "audit_nodes", "audit_heads"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for statement in (
        "DELETE FROM audit_events WHERE sequence IN (SELECT sequence FROM audit_leaves WHERE number >= :size)",
        "DELETE FROM audit_leaves WHERE number >= :size",
        "DELETE FROM audit_nodes WHERE (position + 1) << level > :size",
        "DELETE FROM audit_heads WHERE size > :size",
    ):
        session.execute(text(statement), {"size": size})
    session.expire_all()


def test_each_head_is_written_once_and_signed(session, settings):
    write(session, settings, 2)
    write(session, settings, 1)
    assert publish(session, settings) is False
    lines = [head for _, head in HeadFiles.of(settings).lines()]
    assert [(head["position"], head["size"]) for head in lines] == [(1, 2), (2, 3)]
    report = report_of(session, settings)
    assert (report.ok, report.heads_held_against) == (True, 2), report.faults


def test_a_line_that_was_changed_and_another_key_are_found_and_a_torn_one_is_written_again(session, settings):
    write(session, settings, 2)
    (path,) = (settings.data_folder / "heads").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"size": 2', b'"size": 3'))
    assert any("line 1: not a head of ours" in each for each in report_of(session, settings).faults)
    path.write_bytes(whole)
    other = settings.model_copy(update={"audit_head_key": "k" * 32})
    assert any("the key is another one" in each for each in report_of(session, other).faults)
    path.write_bytes(whole + whole[:40])
    write(session, settings, 1)
    assert report_of(session, settings).ok


def test_a_cut_tail_is_found_without_naming_a_head(session, settings):
    write(session, settings, 2)
    write(session, settings, 2)
    back_to(session, 1)
    assert verify(session).ok
    faults = report_of(session, settings).faults
    assert faults[0].startswith("restored before head 2: heads 2 to 2 were written out and are not in the database")


def test_a_tree_that_was_made_anew_is_found(session, settings):
    write(session, settings, 3)
    write(session, settings, 3)
    for table in ("audit_events", "audit_leaves", "audit_nodes", "audit_heads"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_events SET person = '别人' WHERE action = 'test.event1'"))
    for table in ("audit_leaves", "audit_nodes", "audit_heads"):
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - a name of ours
    session.expire_all()
    seal(session)
    assert verify(session).ok
    assert "heads 1 to 2 were written out" in report_of(session, settings).faults[0]


def test_a_restore_is_signed_for_by_two_people_and_told_ever_after(session, settings):
    office = bureau(session)
    first, second = (actor(session, office, Role.ADMINISTRATOR) for _ in range(2))
    officer = actor(session, office, Role.OFFICER)
    write(session, settings, 2)
    told = {"reason": "磁盘损坏，恢复到昨夜的备份", "password": PASSWORD}
    with pytest.raises(Conflict, match="没有缺失"):
        sign_for_restore(session, first, settings, **told)
    for _ in range(3):
        write(session, settings, 2)
    back_to(session, 2)
    # The worker goes on at once: new heads with old positions.
    write(session, settings, 1)
    assert "restored before head 3: heads 3 to 4" in report_of(session, settings).faults[0]
    with pytest.raises(NotAllowed):
        sign_for_restore(session, officer, settings, **told)
    assert sign_for_restore(session, first, settings, **told) is False
    assert not report_of(session, settings).ok
    with pytest.raises(NotAllowed, match="不能自己复核"):
        sign_for_restore(session, first, settings, **told)
    assert sign_for_restore(session, second, settings, **told) is True
    for _ in range(2):
        write(session, settings, 1)
        report = report_of(session, settings)
        assert report.ok, report.faults
        (note,) = report.restored
        assert (note["from"], note["to"], note["asked_by"], note["second"]) == (3, 4, first.name, second.name)
    # What is lost later is not excused by it.
    back_to(session, 4)
    assert "restored before head 5" in report_of(session, settings).faults[0]


def test_the_newest_head_is_sent_to_the_office(session, settings):
    heard: list[dict[str, object]] = []

    class Office(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Office)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    here = settings.model_copy(update={"audit_head_address": f"http://127.0.0.1:{server.server_port}/heads"})
    try:
        write(session, here, 2)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    assert [(head["position"], head["root"]) for head in heard] == [(1, verify(session).head)]
    # Nobody answers there now: the file has the head all the same.
    write(session, here, 1)
    assert report_of(session, here).heads_held_against == 2


@pytest.mark.parametrize(
    ("behind", "open_for", "found"), [(4, 0, False), (6, 0, True), (64, 3600, False), (66, 3600, True)]
)
def test_the_time_of_an_event_may_not_fall_far_behind(session, settings, behind, open_for, found):
    write(session, settings, 1)
    with travel(now() - timedelta(minutes=behind)):
        record(session, SYSTEM, "test.late", None).transaction_seconds = open_for
        write(session, settings, 0)
    faults = report_of(session, settings).faults
    assert any("behind that of an earlier one" in each for each in faults) is found, faults


def test_a_forged_event_is_found_between_others_and_in_the_past(session, settings):
    write(session, settings, 1)
    session.execute(text("SELECT nextval(pg_get_serial_sequence('audit_events', 'sequence'))"))
    write(session, settings, 1)
    seal(session)
    forged = """
        INSERT INTO audit_events (id, sequence, at, person, organisation, role, action, subject_type)
        OVERRIDING SYSTEM VALUE
        SELECT gen_random_uuid(), max(sequence) - 1, max(at) - interval '10 minutes', 'x', 'x', 'officer', 'x.y', ''
        FROM audit_events
    """
    session.execute(text(forged))
    seal(session)
    faults = report_of(session, settings).faults
    assert any("no seal covers it" in each for each in faults)
    assert any("behind that of an earlier one" in each for each in faults)


def test_rows_that_wait_too_long_are_no_whole_trail(session, settings):
    write(session, settings, 1)
    record(session, SYSTEM, "test.waits", None)
    session.flush()
    assert report_of(session, settings).ok
    with travel(now() + timedelta(minutes=6)):
        assert any(each.startswith("1 rows are not sealed, the oldest since") for each in verify(session).faults)


def test_one_event_and_the_growth_are_shown_with_a_few_hashes(session, settings):
    for _ in range(5):
        write(session, settings, 20)
    event = find(session, str(session.scalar(text("SELECT min(sequence) + 7 FROM audit_events"))))
    shown = prove(session, event)
    assert (shown["ok"], shown["number"], len(shown["path"])) == (True, 7, 7)
    assert find(session, str(event.id)) is event
    old = session.scalar(text("SELECT root FROM audit_heads WHERE position = 2"))
    grew = growth(session, old)
    assert (grew["ok"], grew["from"]["size"], grew["to"]["size"], growth(session, "2")) == (True, 40, 100, grew)
    session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_events SET person = '别人' WHERE id = :id"), {"id": event.id})
    session.execute(text("ALTER TABLE audit_nodes DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_nodes SET hash = sha256(hash) WHERE level = 3"))
    session.expire_all()
    assert prove(session, event)["ok"] is False
    assert growth(session, old)["ok"] is False
