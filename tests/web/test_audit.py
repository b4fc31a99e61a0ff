"""The audit page: deeds and changes in words, found again by who, what, when and thing."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from claim_cases import claim, claimed
from factories import actor_of, bureau, enterprise, member, provider
from flask import Flask
from order_cases import Scene
from sqlalchemy import select, text

from accounts import delegation
from accounts.models import User
from accounts.noted import COMING_AND_GOING
from audit.proofs import prove
from audit.repeats import record_repeated
from audit.seals import seal
from audit.trail import record
from documents.exports import Listing
from files.models import Attachment
from files.store import FolderStore, using
from foundation.actors import SYSTEM, Role
from foundation.clock import today
from foundation.states import StateTable
from orders.models import OrderState
from orders.states import ORDER
from providers.models import Certification
from verification import deciding
from verification.checks import LABELS
from verification.states import REDEMPTION
from vouchers.models import VoucherClaim
from vouchers.states import Movement
from web.rooms import whole_house

pytestmark = pytest.mark.clock

HOUSE = whole_house()
DEEDS, CHANGED, MONEY = HOUSE.deeds, HOUSE.changed, HOUSE.money

PLATFORM = Path(__file__).parents[2] / "platform"

WRITERS = {"record", "record_repeated", "decide"}

# Written by a function of the tables' owner, so that whoever removes events cannot help telling it.
BY_THE_DATABASE = {"audit.pruned"}

# Deeds whose names are put together: by a state table, a voucher's movement or a list. All are spelled out below.
COMPOSED = {
    "{table.name}.{event}",
    "{CLAIM.name}.{event}",
    "voucher.{movement.value}",
    "voucher.{movement.value}_reason",
    "{listing.thing}.export",
}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def calls_of_record() -> Iterator[ast.Call]:
    """Every call that writes to the trail."""
    for file in PLATFORM.rglob("*.py"):
        if file == PLATFORM / "audit" / "decisions.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
                yield node


def recorded() -> Iterator[str]:
    """Every deed that the program can write down."""
    for call in calls_of_record():
        deed = call.args[2]
        if isinstance(deed, ast.Constant):
            yield str(deed.value)
        else:
            assert isinstance(deed, ast.JoinedStr), ast.unparse(deed)
            assert ast.unparse(deed)[2:-1] in COMPOSED, f"a new way to name deeds: {ast.unparse(deed)}"
    # What the program itself has: tests have tables of their own.
    rooms = [one for one in list(sys.modules.values()) if str(getattr(one, "__file__", "")).startswith(f"{PLATFORM}/")]
    everything = [each for room in rooms for each in vars(room).values()]
    yield from (f"{each.thing}.export" for each in everything if isinstance(each, Listing))
    tables = {each for each in everything if isinstance(each, StateTable)}
    yield from (f"{table.name}.{event}" for table in tables for event in table.events)
    for movement in Movement:
        yield f"voucher.{movement.value}"
        if movement in {Movement.EXPIRE, Movement.RECLAIM, Movement.REVOKE}:
            yield f"voucher.{movement.value}_reason"


def test_every_recorded_deed_has_a_name(app: Flask) -> None:
    assert app.view_functions, "all rooms are imported"
    assert {*recorded(), *BY_THE_DATABASE} == set(DEEDS)


def test_every_recorded_key_has_a_word() -> None:
    keys = {
        str(key.value)
        for call in calls_of_record()
        for keyword in call.keywords
        if keyword.arg in {"before", "after"} and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
        if isinstance(key, ast.Constant)
    }
    assert keys - CHANGED.keys() - MONEY.keys() == set()
    assert len(set(DEEDS.values())) == len(DEEDS), "two deeds with one name cannot be told apart"
    assert CHANGED.keys() & MONEY.keys() == set()


def test_every_move_of_an_order_and_its_claim_has_a_word_in_the_trail() -> None:
    moves = {f"order.{event}" for _state, event in ORDER.transitions}
    moves |= {f"redemption.{event}" for _state, event in REDEMPTION.transitions}
    assert moves - DEEDS.keys() == set()


def without_selects(page: str) -> str:
    """The values of options are codes, and nobody sees them."""
    return re.sub(r"<select.*?</select>", "", page, flags=re.DOTALL)


def test_changes_are_told_in_words_and_yuan(session, sign_in) -> None:
    scene = Scene(session)
    order = scene.place()
    page = without_selects(sign_in(member(session, scene.bureau, Role.AUDITOR)).get("/audit").text)
    assert "占用服务券金额" in page
    assert "用服务券下单" in page
    assert f'href="/orders/{order.number}"' in page
    assert "可使用" in page, "the state before"
    assert f"¥{order.deduction / 100:,.2f}" in page
    for code in ("voucher.hold", "order.place", "charged_price", ">held<", "issued"):
        assert code not in page


def test_found_by_who_what_when_and_thing(session, sign_in) -> None:
    scene = Scene(session)
    order, other = scene.place(), scene.place()
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))

    def found(**asked: str) -> str:
        return auditor.get("/audit", query_string=asked).text

    assert order.number in found(number=order.number.lower())
    assert other.number not in found(number=order.number).replace(f'value="{other.number}"', "")
    assert "没有符合条件" in found(deed="order.cancel")
    assert order.number in found(deed="order.place")
    day = today().isoformat()
    assert order.number in found(first=day, last=day)
    assert "没有符合条件" in found(last="2001-01-01")
    assert order.number in found(first="not a day")
    assert "没有符合条件" in found(q="没有这个人")
    kept = found(q="x", first=day)
    assert f'value="{day}"' in kept
    assert 'value="x"' in kept


def test_who_came_in_and_went_is_left_out_or_shown_alone(session, sign_in) -> None:
    scene = Scene(session)
    order = scene.place()
    record_repeated(session, scene.officer, "users.access_refused", User, scene.officer.user_id, seen="/x")
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))

    def found(about: str) -> tuple[bool, bool]:
        # The names of all deeds stand in the filter, too.
        said = auditor.get("/audit", query_string={"about": about}).text.split("<tbody")[1]
        return order.number in said, "无权访问被拒绝" in said

    assert found("") == (True, True)
    assert found("deeds") == (True, False)
    assert found("access") == (False, True)


def test_everything_that_is_told_of_coming_and_going_can_be_left_out() -> None:
    told = {deed for deed in recorded() if deed.startswith("users.")}
    kept = {
        "unlocked",
        "locked",
        "password_locked",
        "password_changed",
        "access_restored",
        "second_factor_set_up",
        "sessions_ended",
    }
    assert told - {f"users.{one}" for one in kept} == set(COMING_AND_GOING)


def test_an_orders_number_finds_each_of_its_claims(session, sign_in) -> None:
    scene = Scene(session)
    order = scene.order_in(OrderState.CONFIRMED)
    half = order.deduction // 2
    first, second = claim(scene, order, claimed=half), claim(scene, order, claimed=half)
    assert (first.number, second.number) == (order.number, f"{order.number}-2")
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))
    page = auditor.get("/audit", query_string={"number": order.number, "deed": "redemption.submit"}).text
    assert "共 2 条" in page
    assert f"/claims/{second.number}" in page


def test_the_auditors_home_counts_what_was_recorded_today(session, sign_in) -> None:
    scene = Scene(session)
    scene.place()
    record(session, SYSTEM, "programme.close", scene.programme)
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))
    home = auditor.get("/").text
    day = today().isoformat()
    counted = re.search(r"今天的操作记录.*?figure-value\">(\d+)<", home, re.DOTALL)
    listed = re.search(r"共 (\d+) 条", auditor.get(f"/audit?first={day}&last={day}").text)
    assert counted
    assert listed
    assert counted[1] == listed[1], "the figure opens to what it counts"
    assert "今天的操作记录" in home
    assert f"/audit?first={today().isoformat()}&amp;last={today().isoformat()}" in home


def test_what_the_system_did_is_seen_where_it_belongs_and_nowhere_else(session, sign_in) -> None:
    scene = Scene(session)
    order = scene.place()
    certification = session.scalar(select(Certification).where(Certification.organisation_id == scene.provider.id))
    claim = session.get_one(VoucherClaim, order.voucher.claim_id)
    things = (order, order.voucher, claim, scene.programme, certification, scene.offered)
    for number, thing in enumerate(things):
        record(session, SYSTEM, "order.lapse", thing, note=f"到期第 {number} 件")
    record(session, SYSTEM, "audit.pruned", None, note="整个安装")

    def seen(code: str) -> list[str]:
        page = sign_in(member(session, bureau(session, code=code), Role.AUDITOR)).get("/audit?q=系统").text
        return [note for note in (*(f"到期第 {one} 件" for one in range(len(things))), "整个安装") if note in page]

    all_of_it = [f"到期第 {one} 件" for one in range(len(things))]
    assert seen("350200") == all_of_it
    assert seen("350000") == all_of_it
    assert seen("110000") == []
    assert seen("100000") == [*all_of_it, "整个安装"]


def test_every_kind_of_thing_has_a_region(session) -> None:
    """A kind without one would be hidden from every auditor once the system acts on it."""
    kinds = {query.selected_columns[0].table.name for query in HOUSE.regions}
    assert kinds == HOUSE.things.keys()


def test_a_deed_of_an_older_program_stays_as_it_was(session, sign_in) -> None:
    near = actor_of(member(session, enterprise(session), Role.ENTERPRISE_MANAGER))
    record(session, near, "older.deed", None, after={"strange": [1, 2], "done": True})
    page = sign_in(member(session, bureau(session), Role.AUDITOR)).get("/audit").text
    assert "older.deed" in page
    assert "strange" in page


def test_a_reason_from_a_list_is_told_in_the_readers_language(session, sign_in) -> None:
    scene = Scene(session)
    order = claimed(scene)
    deciding.send_back(
        session, scene.officer, order.number, marks=[next(iter(LABELS))], reason="incomplete", note="缺第二页"
    )
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))
    assert "材料不全：缺第二页" in auditor.get("/audit").text
    auditor.get("/language/en")
    for address in ("/audit", f"/orders/{order.number}", f"/claims/{order.number}"):
        page = auditor.get(address).text
        assert "材料不全" not in page, address
        assert "缺第二页" in page, f"{address}: what a person wrote stays"


def test_the_trail_of_a_thing_is_whole_for_whoever_audits_the_thing(session, sign_in) -> None:
    """An order of the city: what a provider and a bureau of elsewhere did to it stands in the city's trail."""
    scene = Scene(session)
    order = scene.order_in(OrderState.CONFIRMED)
    far = provider(session, code="110000")
    far_clerk = replace(actor_of(member(session, far, Role.PROVIDER_MEMBER)), name="远方机构人员")
    for thing, deed in (
        (order, "order.dock"),
        (order.agreement, "agreement.upload"),
        (order.records[0], "record.file"),
    ):
        record(session, far_clerk, deed, thing)
    attached = session.scalars(select(Attachment).where(Attachment.subject_id.in_([order.id, order.records[0].id])))
    for file in attached.all():
        file.organisation_id = far.id
        record(session, far_clerk, "attachment.add", file)
    record(session, far_clerk, "offering.start", None, note="与本市无关")
    upper = replace(actor_of(member(session, bureau(session, "350000"), Role.OFFICER)), name="省局人员")
    record(session, upper, "redemption.verify", claim(scene, order))

    def seen(code: str, person: str) -> list[str]:
        auditor = sign_in(member(session, bureau(session, code), Role.AUDITOR))
        page = without_selects(auditor.get("/audit", query_string={"q": person}).text)
        rows = auditor.get("/audit", query_string={"q": person, "format": "csv"}).text
        deeds = (DEEDS[deed] for deed in ("order.dock", "agreement.upload", "record.file", "attachment.add"))
        found = [words for words in (*deeds, DEEDS["redemption.verify"]) if words in page]
        assert [words for words in found if words not in rows] == [], "the file shows what the page shows"
        return found

    files = [DEEDS["order.dock"], DEEDS["agreement.upload"], DEEDS["record.file"], DEEDS["attachment.add"]]
    assert seen("350200", "远方机构人员") == files
    assert seen("350200", "省局人员") == [DEEDS["redemption.verify"]]
    assert seen("430000", "远方机构人员") == []
    assert seen("430000", "省局人员") == []
    city = sign_in(member(session, scene.bureau, Role.AUDITOR))
    assert "与本市无关" not in city.get("/audit").text
    assert "远方机构人员" in city.get("/audit", query_string={"number": order.number}).text


def test_a_deed_by_delegation_says_for_whom(session, sign_in) -> None:
    scene = Scene(session)
    upper = bureau(session, "350000")
    facts = {"programme_id": None, "valid_from": today(), "valid_to": today(), "reason": "人手不足"}
    delegation.give(session, scene.reviewer, to_bureau_id=upper.id, **facts)
    order = claimed(scene)
    officer = actor_of(member(session, upper, Role.OFFICER))
    deciding.verify(session, officer, order.number, note="已核对原件")
    auditor = sign_in(member(session, scene.bureau, Role.AUDITOR))
    for address in ("/audit", f"/claims/{order.number}", f"/orders/{order.number}"):
        assert f"由{upper.name}受{scene.bureau.name}委托办理" in auditor.get(address).text, address
    auditor.get("/language/en")
    assert f"{upper.name} on behalf of {scene.bureau.name}" in auditor.get("/audit").text


def test_an_auditor_sees_the_path_of_an_event_of_the_region_only(session, sign_in):
    auditor = member(session, bureau(session), Role.AUDITOR)
    mine = record(session, actor_of(member(session, bureau(session), Role.OFFICER)), "order.place", None)
    elsewhere = record(session, actor_of(member(session, bureau(session, "430000"), Role.OFFICER)), "order.place", None)
    session.flush()
    browser = sign_in(auditor)
    assert f"/audit/{mine.sequence}/proof" in browser.get("/audit").text
    assert "还没有封存" in browser.get(f"/audit/{mine.sequence}/proof").text
    seal(session)
    page = browser.get(f"/audit/{mine.sequence}/proof").text
    assert all(each in page for each in ("这条记录在校验树中", *prove(session, mine)["path"]))
    assert browser.get(f"/audit/{elsewhere.sequence}/proof").status_code == 404
    session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
    session.execute(text("UPDATE audit_events SET person = 'x' WHERE id = :id"), {"id": mine.id})
    session.expire_all()
    assert "与封存时不同" in browser.get(f"/audit/{mine.sequence}/proof").text
