"""Invented data for the living style page (development only): every component at least once, with the longest real names."""

from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from files.fields import UploadField
from files.kinds import SIGNED
from foundation.errors import BadInput
from foundation.forms import choices
from foundation.pages import Page

_MOMENT = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
_DAY = date(2026, 11, 27)
_ENTERPRISE = "厦门海沧精密机械制造有限公司"
_PROVIDER = "厦门慧企云服务中心"


class _Checkboxes(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class SampleForm(Form):
    """One field of each kind."""

    name = StringField("企业名称", [InputRequired("填写企业名称"), Length(max=60)], description="营业执照上的全称")
    uscc = StringField("统一社会信用代码", [InputRequired("统一社会信用代码应为 18 位，最后一位是校验码")])
    about = TextAreaField("需求说明", [Length(max=200)])
    region = SelectField("所在地区", choices=choices([(str(n), f"福建省厦门市第 {n} 片区") for n in range(1, 21)]))
    start = DateField("合同签订日期", [Optional()])
    price = StringField("合同金额", [InputRequired("填写合同金额，最多两位小数")])
    people = IntegerField("服务人次", [Optional()])
    way = RadioField(
        "服务方式", [InputRequired("选择一种服务方式")], choices=choices([("site", "现场服务"), ("line", "线上服务")])
    )
    topics = _Checkboxes(
        "涉及内容", choices=choices([("diagnosis", "数字化诊断"), ("cloud", "上云用云"), ("safety", "网络安全")])
    )
    agreement = UploadField("服务协议", kinds=SIGNED)
    truth = BooleanField("所填内容与合同一致")
    stars = RadioField(
        "服务评价", [InputRequired("选择一个等级")], choices=choices([(str(n), str(n)) for n in range(5, 0, -1)])
    )


_ERROR = BadInput(
    "抵扣金额 %(asked)s 超过服务券余额 %(left)s",
    field="price",
    rule="厦门市服务券实施方案 第五条",
    remedy="把金额改到余额以内，或先释放其他订单",
    asked="¥80,000.00",
    left="¥60,000.00",
)

_DEDUCTION = {
    "price": 12000000,
    "deduct": 6000000,
    "pays": 6000000,
    "rule": "按合同金额的 50% 抵扣，每家企业累计不超过 ¥500,000.00。",
    "citation": "厦门市服务券实施方案 第三条",
    "url": "#catalogue",
    "programme": "厦门市 2021 年服务券",
    "remaining": 834500000,
}


def style_context() -> dict[str, Any]:
    """What ``style.html`` is rendered with: the form with its errors, and the sample data."""
    form = SampleForm(data={"about": "希望年底前完成", "region": "1"})
    form.validate()
    return {"form": form, "sample": {**_desk(), **_case(), **_rows(), **_catalogue()}}


def _desk() -> dict[str, Any]:
    return {
        "figures": [
            {"label": "可用服务券", "value": "¥440,000.00", "url": "#desk", "note": "有效期至 2026-12-31"},
            {"label": "服务中订单", "value": "3", "url": "#desk", "note": "一个本周到期"},
            {"label": "待确认成效", "value": "1", "url": "#desk"},
        ],
        "waiting": [
            {
                "title": "确认“数字化诊断与改造方案”的服务成效",
                "number": "HQ-2026-000318",
                "url": "#desk",
                "blocks": "确认后服务机构才能申请兑付",
                "amount": 6000000,
                "deadline": _MOMENT,
                "age": "已超期 2 个工作日",
                "late": True,
                "action": "确认成效",
            },
            {
                "title": f"签署服务协议：{_ENTERPRISE}工业互联网平台应用与设备上云咨询服务",
                "number": "HQ-2026-000322",
                "url": "#desk",
                "blocks": "双方签署后服务才开始",
                "deadline": _DAY,
                "age": "还有 5 个工作日",
            },
        ],
        "following": [
            {
                "title": "知识产权贯标辅导",
                "url": "#desk",
                "holder": "厦门市工业和信息化局 初审",
                "age": "2 个工作日前",
                "state": Markup(""),
            },
            {"title": "服务券申领", "url": "#desk", "age": "昨天"},
        ],
    }


def _case() -> dict[str, Any]:
    done = [("下单", date(2026, 10, 8)), ("对接", date(2026, 10, 12)), ("签署协议", date(2026, 10, 15))]
    return {
        "deadline": {
            "at": _DAY,
            "label": "提交服务记录",
            "after": "逾期未提交，订单转为退回，服务券释放。",
            "url": "#case",
            "age": "还有 5 个工作日",
        },
        "steps": [
            *({"label": label, "state": "done", "at": at} for label, at in done),
            {"label": "服务", "state": "current", "at": date(2026, 10, 20), "holder": _PROVIDER, "age": "23 个工作日"},
            {"label": "企业确认", "state": "todo"},
            {"label": "核验", "state": "todo"},
            {"label": "结算", "state": "failed"},
        ],
        "flow": [
            {"label": "申领", "amount": 50000000, "url": "#case"},
            {"label": "占用", "amount": 6000000, "url": "#case", "current": True, "note": "本订单"},
            {"label": "核销", "amount": 0},
            {"label": "兑付", "amount": None},
            {"label": "追缴", "amount": -120000, "url": "#case"},
        ],
        "facts": [
            ("企业", _ENTERPRISE),
            ("统一社会信用代码", "91350200MA2XXXXX1T"),
            ("服务机构", _PROVIDER),
            ("服务内容", "现场诊断 3 次，出具改造方案一份，培训一次"),
            ("备注", None),
        ],
        "files": [
            {
                "name": "服务协议（双方签署）.pdf",
                "url": "#case",
                "size": 1834000,
                "kind": "application/pdf",
                "at": _MOMENT,
                "by": "王晓",
            },
            {"name": "现场照片.jpg", "url": "#case", "size": 834000, "kind": "image/jpeg", "note": "拍摄于 2026-11-18"},
        ],
        "history": [
            {
                "at": _MOMENT,
                "who": "王晓",
                "organisation": _PROVIDER,
                "what": "签署服务协议",
                "before": "对接中",
                "after": "服务中",
            },
            {"at": _MOMENT, "who": "李敏", "organisation": _ENTERPRISE, "what": "下单", "note": "希望 12 月前完成"},
        ],
        "error": _ERROR,
    }


def _rows() -> dict[str, Any]:
    long_name = "福建省厦门市同安区喆镕新材料科技发展股份有限责任公司"
    orders = [
        ("HQ-2026-000318", _ENTERPRISE, "服务中", "wait", date(2026, 10, 8), 12000000, 6000000),
        ("HQ-2026-000319", long_name, "已核销", "ok", date(2026, 9, 30), 38123400, 13876500),
        ("HQ-2026-000299", "漳州佳禾食品有限公司", "待补正", "act", date(2026, 9, 1), 0, -120000),
    ]
    names = ("number", "enterprise", "word", "tone", "at", "price", "deduct")
    judged: list[tuple[str, str, str | None, Any, str | None]] = [
        ("运营时间在 2 年以上", "met", "≥ 2 年", 3, None),
        ("年服务企业不少于 100 家", "unmet", "≥ 100 家", 86, "再服务 14 家后即符合"),
        ("服务满意度在 80% 以上", "unknown", "≥ 80%", None, "填写满意度调查结果"),
        ("管理制度健全", "manual_review", "由主管部门审核", True, None),
        ("外资企业备案", "not_applicable", None, False, None),
    ]
    return {
        "rows": [dict(zip(names, order, strict=True)) for order in orders],
        "page": Page([], 128, 2),
        "lines": [
            ("数字化诊断 12 家 × ¥20,000.00", 24000000, "实施方案附件 2"),
            ("培训 1 场", 2000000),
            ("扣减：超出单家上限", -1500000),
        ],
        "criteria": [
            {
                "text": text,
                "status": status,
                "required": required,
                "observed": observed,
                "mend": mend,
                "url": "#criteria" if mend else None,
                "citation": "工信部企业〔2017〕156号 第七条",
            }
            for text, status, required, observed, mend in judged
        ],
    }


def _catalogue() -> dict[str, Any]:
    return {
        "deduction": _DEDUCTION,
        "no_deduction": {"deduct": 0, "reason": "融资类服务不适用服务券"},
        "offerings": [
            {
                "title": "企业数字化转型诊断与改造方案",
                "url": "#catalogue",
                "summary": "现场诊断 3 次，给出改造路线图和投入测算，附同行案例。",
                "provider": _PROVIDER,
                "provider_url": "#catalogue",
                "category": "数字化",
                "region": "厦门市",
                "price": 12000000,
                "price_note": "/次",
                "rating": 4.8,
                "rating_count": 26,
                "orders": 31,
                "deduction": _DEDUCTION,
            },
            {
                "title": "小微快贷",
                "url": "#catalogue",
                "provider": "工商银行山东省分行",
                "category": "融资服务",
                "region": "山东省",
                "price": None,
                "rating": None,
                "excluded": "融资类服务不适用服务券",
            },
        ],
        "programme": {
            "title": "厦门市 2021 年中小企业服务券",
            "url": "#catalogue",
            "sponsor": "厦门市工业和信息化局",
            "remaining": 834500000,
            "appropriated": 2000000000,
            "window": "2021-01-01 至 2021-12-31",
            "limit": "每家累计不超过 ¥500,000.00",
            "queue": 14,
        },
        "provider": {
            "name": _PROVIDER,
            "url": "#catalogue",
            "grade": "国家中小企业公共服务示范平台",
            "region": "厦门市",
            "categories": ["信息", "技术", "培训"],
            "rating": 4.6,
            "rating_count": 210,
            "certified_until": date(2028, 3, 31),
        },
    }
