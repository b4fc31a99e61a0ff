"""Lists as files: exactly what the filter finds, for whoever may see the list, noted in the audit trail."""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from claim_cases import claimed
from factories import bureau, enterprise, member, organisation, provider
from flask.testing import FlaskClient
from listed_cases import House
from openpyxl import load_workbook
from order_cases import Scene, person
from query_budget import check_budget
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from accounts.models import OrganisationKind
from audit.models import AuditEvent
from audit.trail import record
from documents import exports
from files.store import FolderStore, using
from foundation import pages
from foundation.actors import SYSTEM, Role
from foundation.clock import today
from orders.models import Order

pytestmark = pytest.mark.clock

Browser = FlaskClient
ATTACK = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    with using(FolderStore(tmp_path / "files")):
        yield


def sheet_of(browser: Browser, address: str) -> list[list[Any]]:
    """The cells of an exported .xlsx file, the head first."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = load_workbook(BytesIO(answer.data))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def found_in(browser: Browser, address: str) -> list[dict[str, Any]]:
    """The exported rows, each by the words of the head."""
    head, *rows = sheet_of(browser, address)
    return [dict(zip(head, row, strict=True)) for row in rows]


def csv_of(browser: Browser, address: str) -> list[list[str]]:
    """The cells of an exported .csv file."""
    answer = browser.get(address)
    assert answer.status_code == 200, address
    assert answer.data.startswith(b"\xef\xbb\xbf"), "without it Excel reads Chinese wrong"
    return list(csv.reader(StringIO(answer.data.decode("utf-8-sig"), newline="")))


def with_format(address: str, kind: str = "xlsx") -> str:
    """The address of the list's file."""
    return f"{address}{'&' if '?' in address else '?'}format={kind}"


@pytest.fixture
def officer(session: Session, sign_in: Callable[..., Browser]) -> tuple[Scene, Browser]:
    """A scene with two orders, and the officer of its bureau."""
    scene = Scene(session)
    scene.place()
    scene.place()
    return scene, sign_in(member(session, scene.bureau, Role.OFFICER))


def test_orders_as_an_office_needs_them(officer: tuple[Scene, Browser]) -> None:
    scene, browser = officer
    rows = found_in(browser, "/orders?format=xlsx")
    order = scene.session.scalars(select(Order).order_by(Order.placed_at.desc())).first()
    assert order is not None
    assert len(rows) == 2
    row = next(each for each in rows if each["订单编号"] == order.number)
    assert row["企业统一社会信用代码"] == order.enterprise.uscc
    assert row["券抵扣（元）"] == order.deduction / 100
    assert isinstance(row["下单时间"], datetime)
    assert row["状态"] == "对接中"
    answer = browser.get("/orders?format=xlsx")
    cells = load_workbook(BytesIO(answer.data)).active
    formats = {cells.cell(1, cell.column).value: cell.number_format for cell in cells[2]}
    assert formats["券抵扣（元）"].startswith("#,##0.00")
    assert formats["企业统一社会信用代码"] == "General"
    assert cells["E2"].data_type == "s"


def test_name_of_the_file_says_what_and_when(officer: tuple[Scene, Browser]) -> None:
    _scene, browser = officer
    answer = browser.get("/orders?format=csv")
    disposition = answer.headers["Content-Disposition"]
    assert f"%E8%AE%A2%E5%8D%95-{today():%Y%m%d}-" in disposition, "订单"
    assert disposition.startswith("attachment")
    assert disposition.endswith(".csv")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_filter_counts_and_the_page_does_not(
    officer: tuple[Scene, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, browser = officer
    other = scene.place()
    monkeypatch.setattr(pages, "CHUNK", 2)
    assert len(found_in(browser, "/orders?page=7&format=xlsx")) == 3
    assert [row["订单编号"] for row in found_in(browser, f"/orders?q={other.number}&format=xlsx")] == [other.number]
    assert found_in(browser, "/orders?state=settled&format=xlsx") == []
    head, *rows = csv_of(browser, "/orders?format=csv")
    assert len(rows) == 3
    assert len(head) == len(rows[0])
    assert f"{other.deduction / 100:.2f}" in rows[0]


@pytest.fixture
def house(session: Session) -> House:
    return House(session)


LISTS = [
    ("/orders", "订单编号"),
    ("/orders?state=claimed", "订单编号"),
    ("/records", "订单编号"),
    ("/claims", "订单编号"),
    ("/claims?state=verified", "订单编号"),
    ("/vouchers", "编号"),
    ("/programmes/{programme}/claims", "编号"),
    ("/programmes/{programme}/money/pool", "事项"),
    ("/offerings", "服务产品名称"),
    ("/certifications", "编号"),
    ("/titles?level=srdi", "统一社会信用代码"),
    ("/targets", "服务机构"),
    ("/targets/{table}", "指标"),
    ("/batches", "编号"),
    ("/statements", "编号"),
    ("/audit", "操作"),
]


@pytest.mark.parametrize(("pattern", "key"), LISTS)
def test_every_list_gives_what_its_page_shows(
    house: House, sign_in: Callable[..., Browser], pattern: str, key: str
) -> None:
    address = house.address(pattern)
    role = Role.AUDITOR if pattern == "/audit" else Role.OFFICER
    browser = sign_in(member(house.session, house.scene.bureau, role))
    page = unescape(browser.get(address).text)
    rows = found_in(browser, with_format(address))
    assert rows
    for row in rows:
        assert row[key] in page
    counted = re.search(r"共 (\d+) [条笔]", page)
    if pattern != "/targets/{table}":
        assert counted
        # What was exported before is in the trail itself.
        assert len(rows) == int(counted[1])
    links = re.findall(r'href="(\?[^"]*format=[^"]*)"', page)
    assert len(links) == 2
    lines = csv_of(browser, address.split("?", maxsplit=1)[0] + links[1])
    assert len(lines) == len(rows) + (2 if pattern == "/audit" else 1)
    assert lines[0] == list(rows[0])


def test_values_of_the_money_and_the_table(house: House, sign_in: Callable[..., Browser]) -> None:
    browser = sign_in(member(house.session, house.scene.bureau, Role.OFFICER))
    statement = found_in(browser, "/statements?format=xlsx")[0]
    assert statement["金额（元）"] == 50_000
    assert statement["状态"] == "待付款"
    assert isinstance(statement["出具日期"], datetime)
    voucher = found_in(browser, "/vouchers?format=xlsx")[-1]
    amounts = [voucher[f"{part}（元）"] for part in ("可使用", "已占用", "已核销", "已退回项目")]
    assert sum(amounts) == voucher["面额（元）"] == 500_000
    row = next(
        each
        for each in found_in(browser, house.address("/targets/{table}?format=xlsx"))
        if each["实施期初始值"] is not None
    )
    assert (row["实施期初始值"], row["实施期满一年目标"], row["其中：目标"]) == (3, 10, 4)
    titles = found_in(browser, "/titles?format=xlsx")
    assert all(isinstance(each["统一社会信用代码"], str) for each in titles)


ELSEWHERE = [
    (OrganisationKind.BUREAU, Role.OFFICER),
    (OrganisationKind.BUREAU, Role.AUDITOR),
    (OrganisationKind.ENTERPRISE, Role.ENTERPRISE_MANAGER),
    (OrganisationKind.PROVIDER, Role.PROVIDER_MANAGER),
    (OrganisationKind.OPERATOR, Role.ADMINISTRATOR),
]


@pytest.mark.parametrize(("kind", "role"), ELSEWHERE)
def test_nobody_gets_more_than_the_list(
    house: House, sign_in: Callable[..., Browser], kind: OrganisationKind, role: Role
) -> None:
    """People from elsewhere: a file exactly where there is a page, and nothing of this house that is not public."""
    browser = sign_in(member(house.session, organisation(house.session, kind, code="110000"), role))
    ours = {house.scene.provider.name, house.scene.bureau.name}
    for pattern, _key in LISTS:
        address = house.address(pattern)
        page, file = browser.get(address), browser.get(with_format(address))
        assert file.status_code == page.status_code, address
        if file.mimetype != "text/html" and "{programme}" not in pattern:
            assert not [row for row in found_in(browser, with_format(address)) if ours & set(row.values())], address


def test_a_visitor_gets_no_file(house: House, client: Browser) -> None:
    for pattern, _key in LISTS:
        answer = client.get(with_format(house.address(pattern)))
        assert answer.headers.get("Location", "").startswith("/sign-in?next="), pattern


def test_an_enterprise_gets_its_own(house: House, sign_in: Callable[..., Browser]) -> None:
    order = house.session.scalars(select(Order)).first()
    assert order is not None
    browser = sign_in(person(house.session, order.enterprise_id, Role.ENTERPRISE_MEMBER))
    assert [row["订单编号"] for row in found_in(browser, "/orders?format=xlsx")] == [order.number]
    assert [row["编号"] for row in found_in(browser, "/vouchers?format=xlsx")] == [order.voucher.number]


def test_names_never_become_formulas(session: Session, sign_in: Callable[..., Browser]) -> None:
    holder = enterprise(session, name=ATTACK)
    browser = sign_in(member(session, bureau(session), Role.OFFICER))
    cell = load_workbook(BytesIO(browser.get("/titles?format=xlsx").data)).active["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (ATTACK, "s", True)
    assert csv_of(browser, "/titles?format=csv")[1][0] == "'" + holder.name


def test_english_heads_and_words(officer: tuple[Scene, Browser]) -> None:
    _scene, browser = officer
    browser.get("/language/en?next=/")
    head, first, *_rest = sheet_of(browser, "/orders?format=xlsx")
    assert "Order number" in head
    assert "Voucher pays (yuan)" in head
    assert not [word for word in head if re.search("[\u4e00-\u9fff]", word)]
    assert "对接中" not in first


def test_an_empty_list_is_a_head_alone(session: Session, sign_in: Callable[..., Browser]) -> None:
    browser = sign_in(member(session, enterprise(session), Role.ENTERPRISE_MEMBER))
    assert len(sheet_of(browser, "/orders?format=xlsx")) == 1
    assert len(csv_of(browser, "/orders?format=csv")) == 1
    assert "format=" not in browser.get("/orders").text


@pytest.mark.parametrize("kind", ["pdf", "", "XLSX", "xlsx%00"])
def test_a_format_that_does_not_exist(officer: tuple[Scene, Browser], kind: str) -> None:
    answer = officer[1].get(f"/orders?format={kind}")
    assert answer.status_code == 404
    assert "列表只能导出为 xlsx 或 csv 文件" in answer.text


def test_too_long_a_list_is_told_in_words(officer: tuple[Scene, Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    scene, browser = officer
    monkeypatch.setattr(exports, "MOST", 1)
    monkeypatch.setitem(browser.application.jinja_env.globals, "most_exported", 1)
    answer = browser.get("/orders?format=csv")
    assert answer.status_code == 422
    assert "这个列表有 2 条，一次最多导出 1 条" in answer.text
    assert "加上筛选条件" in answer.text
    page = browser.get("/orders").text
    assert "超过 1 条不能一次导出" in page
    assert "format=" not in page
    assert not events_of(scene.session)


def events_of(session: Session) -> list[AuditEvent]:
    """What the trail says about exports."""
    return list(
        session.scalars(select(AuditEvent).where(AuditEvent.action.endswith(".export")).order_by(AuditEvent.sequence))
    )


def test_the_trail_says_who_exported_what(
    officer: tuple[Scene, Browser], sessions: sessionmaker[Session], sign_in: Callable[..., Browser]
) -> None:
    scene, browser = officer
    browser.get(f"/orders?state=docking&q={scene.provider.name[:4]}&page=3&format=csv&checks=1")
    browser.get(f"/programmes/{scene.programme.number}/money/pool?format=xlsx")
    with sessions() as other:
        first, second = events_of(other)
    assert first.action == "order.export"
    assert first.after == {"state": "docking", "q": scene.provider.name[:4], "exported": 2, "format": "csv"}
    assert (second.subject_id, second.after) == (
        scene.programme.id,
        {"station": "pool", "exported": 3, "format": "xlsx"},
    )
    page = sign_in(member(scene.session, scene.bureau, Role.AUDITOR)).get("/audit?deed=order.export").text
    for words in ("导出订单列表", "对接中", "关键词", "导出条数"):
        assert words in page


@pytest.mark.parametrize(
    "address", ["/orders", "/vouchers", "/claims", "/titles", "/programmes/{programme}/money/voucher", "/audit"]
)
def test_questions_do_not_grow_with_rows(
    engine: Engine, session: Session, sign_in: Callable[..., Browser], address: str
) -> None:
    scene = Scene(session)
    claimed(scene)
    role = Role.AUDITOR if address == "/audit" else Role.OFFICER
    browser = sign_in(member(session, scene.bureau, role))

    def grow() -> None:
        for _ in range(12):
            claimed(scene)
        # The first page of the trail is about the same kinds of things as before.
        record(session, SYSTEM, "programme.appropriate", scene.programme, after={"amount": 1})
        session.commit()

    check_budget(engine, browser, with_format(address.format(programme=scene.programme.number)), grow, most=20)


def test_a_refused_form_at_such_an_address_is_a_page(session: Session, sign_in: Callable[..., Browser]) -> None:
    browser = sign_in(member(session, provider(session), Role.PROVIDER_MANAGER))
    answer = browser.post("/certifications?format=xlsx", data={})
    assert answer.mimetype == "text/html"
