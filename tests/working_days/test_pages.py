"""The administrator's pages: the years, a preview that changes nothing, entering; and what pages say of an uncovered year."""

from collections.abc import Callable
from datetime import date
from html import unescape
from io import BytesIO

import factories as make
import pytest
from calendar_cases import MONDAY_BEFORE, SPRING_2027
from flask.testing import FlaskClient
from order_cases import Scene, person, terms
from sqlalchemy import func, select

from accounts.models import OrganisationKind
from foundation.actors import SYSTEM, Role
from foundation.clock import at, travel
from foundation.identifiers import new_id
from working_days.entering import enter
from working_days.models import CalendarDay
from working_days.reading import read
from working_days.stored import refresh

pytestmark = pytest.mark.clock

ENTER = "/calendar/2027/enter"


def signed_in(session, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """The administrator's browser."""
    operator = make.organisation(session, OrganisationKind.OPERATOR, "运营单位", "100000")
    return sign_in(make.member(session, operator, Role.ADMINISTRATOR, "管理员甲"))


@pytest.fixture
def administrator(session, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return signed_in(session, sign_in)


def entered_days(session) -> int:
    return session.scalar(select(func.count()).select_from(CalendarDay)) or 0


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    return page.split(f'name="{name}"')[1].split('value="')[1].split('"', maxsplit=1)[0]


def textarea(page: str) -> str:
    return unescape(page.split("<textarea")[1].split(">", 1)[1].split("</textarea>", maxsplit=1)[0]).strip() + "\n"


def test_a_file_is_previewed_then_entered(session, sign_in) -> None:
    with travel(at(MONDAY_BEFORE)):
        administrator = signed_in(session, sign_in)
        Scene(session, terms=terms(contracts_to=date(2027, 6, 30))).place()
        session.commit()
        page = administrator.get(ENTER).text
        assert "2027-02-05,holiday,春节" in textarea(page), "it begins with the days that count"
        shown = administrator.post(
            ENTER,
            data={
                "submission_id": str(new_id()),
                "document": "国办发明电〔2026〕9号",
                "file": (BytesIO(b"\xef\xbb\xbf" + SPRING_2027.encode()), "2027.csv"),
                "preview": "1",
            },
        ).text
        assert entered_days(session) == 0
        for words in ("2027-02-09、2027-02-10", "2027-01-31、2027-02-20", "订单当前步骤的期限：顺延 1 件"):
            assert words in shown
        done = administrator.post(
            ENTER,
            data={
                "submission_id": str(new_id()),
                "document": "国办发明电〔2026〕9号",
                "seen": field(shown, "seen"),
                "days": textarea(shown),
            },
        )
        assert (done.status_code, done.location) == (303, "/calendar/2027")
        assert entered_days(session) == 10
        page = administrator.get("/calendar/2027").text
        for words in (
            "管理员甲",
            "国办发明电〔2026〕9号",
            "调休上班",
            "本平台录入的放假安排",
            "《全国年节及纪念日放假办法》第二条",
        ):
            assert words in page
        assert "国办发明电〔2026〕9号" in administrator.get("/calendar").text


def test_days_that_were_not_previewed_are_shown_first(administrator: FlaskClient, session) -> None:
    answer = administrator.post(ENTER, data={"submission_id": str(new_id()), "days": SPRING_2027})
    assert (answer.status_code, entered_days(session)) == (200, 0)
    assert "还没有录入" in answer.text
    changed = SPRING_2027 + "2027-02-15,holiday,春节\n"
    answer = administrator.post(
        ENTER, data={"submission_id": str(new_id()), "days": changed, "seen": field(answer.text, "seen")}
    )
    assert (answer.status_code, entered_days(session)) == (200, 0)
    assert "2027-02-15" in answer.text


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"days": "date,kind,name\n2027-02-22,workday,春节"}, "第 2 行第 2 列"),
        ({"days": " "}, "选择文件，或填写日期"),
        ({"file": (BytesIO("date,kind,name\n日".encode("gb18030")), "2027.csv")}, "文件不是 UTF-8 编码"),
        ({"days": SPRING_2027, "document": "长" * 81}, "81"),
    ],
)
def test_a_fault_stands_by_its_field(administrator: FlaskClient, session, facts, told: str) -> None:
    answer = administrator.post(ENTER, data={"submission_id": str(new_id()), "preview": "1", **facts})
    assert (answer.status_code, entered_days(session)) == (422, 0)
    assert told in answer.text or "80" in answer.text


def test_there_are_no_years_without_end(administrator: FlaskClient) -> None:
    for address in ("/calendar/1", "/calendar/9999/enter"):
        assert administrator.get(address).status_code == 404


def test_the_desk_asks_for_the_notice_from_october_on(session, sign_in) -> None:
    with travel(at(date(2026, 9, 30))):
        administrator = signed_in(session, sign_in)
        assert "录入放假安排" not in administrator.get("/").text
    with travel(at(date(2026, 10, 1))):
        administrator = signed_in(session, sign_in)
        page = administrator.get("/").text
        assert "录入放假安排：2027" in page
        assert f'href="{ENTER}"' in page
        assert "还没有录入 2027 年的放假安排" in administrator.get("/calendar").text
        enter(session, SYSTEM, read(SPRING_2027))
        session.commit()
        refresh(session.get_bind(), at_once=True)
        assert "录入放假安排" not in administrator.get("/").text
        assert administrator.get("/healthz").json["calendar"] == "ok"


def test_in_english(administrator: FlaskClient) -> None:
    administrator.get("/language/en")
    page = administrator.get("/calendar/2027").text
    for words in ("Spring Festival", "Regulation on Public Holidays", "Holiday"):
        assert words in page


def test_deadlines_of_a_year_without_a_notice_say_so(session, sign_in) -> None:
    with travel(at(date(2026, 12, 28))):
        scene = Scene(session, terms=terms(contracts_to=date(2027, 6, 30)))
        order = scene.place()
        clerk = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
        for address in (f"/orders/{order.number}", "/orders", "/"):
            assert "还有 5 个工作日（按法定节假日推算）" in clerk.get(address).text, address
        clerk.get("/language/en")
        assert "(statutory holidays only)" in clerk.get(f"/orders/{order.number}").text
        clerk.get("/language/zh")
        enter(session, SYSTEM, read(SPRING_2027))
        session.commit()
        refresh(session.get_bind(), at_once=True)
        assert "按法定节假日推算" not in clerk.get(f"/orders/{order.number}").text


def test_a_deadline_of_this_year_says_nothing(session, sign_in) -> None:
    with travel(at(date(2026, 11, 2))):
        scene = Scene(session)
        order = scene.place()
        clerk = sign_in(person(session, scene.provider.id, Role.PROVIDER_MEMBER))
        page = clerk.get(f"/orders/{order.number}").text
        assert "还有 5 个工作日" in page
        assert "按法定节假日推算" not in page.split("case-deadline")[1].split("</dd>")[0]
