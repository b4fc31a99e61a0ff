"""Forms of programmes and vouchers."""

from typing import Any

from flask_babel import lazy_gettext as _l
from pydantic import ValidationError as TermsFault
from wtforms import BooleanField, PasswordField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from documents.printed import Printed
from enterprises.titles import TITLE_LABELS
from foundation.clock import at, day_of, end_of
from foundation.errors import BadInput, Faults
from foundation.fields import DayField, LineField, NotBefore, WholeField
from foundation.forms import Form, YuanField, choices
from foundation.i18n import N_
from vouchers.presets import Preset
from vouchers.terms import FINANCING, Terms

_REQUIRED = InputRequired(_l("请填写"))
_FIELD_OF = {"claims_open_at": "claims_from", "claims_close_at": "claims_to"}


class Checkboxes(SelectMultipleField):
    """Several of few."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _days(label: Any) -> WholeField:
    return WholeField(label, [_REQUIRED], least=1, most=365)


class ProgrammeForm(Form):
    """The rules of a programme. Windows are whole days: from 0:00 of the first to 24:00 of the last."""

    name = LineField(_l("项目名称"), [_REQUIRED, Length(max=100), Printed()])
    summary = TextAreaField(_l("项目简介"), [_REQUIRED, Length(max=300)])
    document = LineField(_l("依据文件"), [_REQUIRED, Length(max=200), Printed()])
    document_number = LineField(
        _l("文号"),
        [Length(max=100), Printed()],
        description=_l("改了依据文件或文号，原通知的条款都不再引用；改了某项规则，只是那一项不再引用"),
    )
    treasury = SelectField(_l("拨款的财政部门"), [_REQUIRED])
    any_region = BooleanField(_l("不限地区"), description=_l("不勾选时，只有本部门所在地区的企业可以申领和用券"))
    titles = Checkboxes(_l("可申领的称号"), [InputRequired(_l("请至少选择一种称号"))])
    priority_titles = Checkboxes(_l("同一秒申领时优先的称号"), [Optional()])
    cap_per_enterprise = YuanField(_l("每家企业上限"), [_REQUIRED], description=_l("一家企业在本项目可享受的总额，元"))
    deduction_percent = WholeField(
        _l("抵扣比例（%）"),
        [_REQUIRED],
        least=1,
        most=100,
        description=_l("按收费价格计算，100 即企业免费"),
    )
    cap_per_order = YuanField(_l("每单抵扣上限"), [Optional()], description=_l("不填则不另设上限"))
    exclude_financing = BooleanField(_l("不支持融资类服务"))
    partial_use = BooleanField(_l("一张券可用于多个订单"))
    recovered_to_pool = BooleanField(
        _l("追缴的资金回到本项目"), description=_l("不勾选时，追缴的资金退回财政，不再用于本项目")
    )
    claims_from = DayField(_l("申领开始日"), [_REQUIRED], years_ahead=20)
    claims_to = DayField(_l("申领截止日"), [_REQUIRED, NotBefore("claims_from")], years_ahead=20)
    contracts_from = DayField(_l("服务协议签订起始日"), [_REQUIRED], years_ahead=20)
    contracts_to = DayField(
        _l("服务协议签订截止日"), [_REQUIRED, NotBefore("contracts_from"), NotBefore("claims_from")], years_ahead=20
    )
    expires_on = DayField(
        _l("服务券有效期至"), [_REQUIRED, NotBefore("claims_to"), NotBefore("contracts_from")], years_ahead=20
    )
    docking_working_days = _days(_l("对接期限（工作日）"))
    agreement_working_days = _days(_l("签订协议期限（工作日）"))
    record_calendar_days = _days(_l("上传服务记录期限（自然日）"))
    confirmation_working_days = _days(_l("企业确认期限（工作日）"))
    correction_working_days = _days(_l("补正期限（工作日）"))
    passive_working_days = _days(_l("双方长期未推进的期限（工作日）"))
    example_price = YuanField(_l("试算：一项服务的收费价格"), [Optional()])

    def __init__(self, *args: Any, treasuries: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.treasury.choices = choices((one.uscc, one.name) for one in treasuries)
        titles = [(level.value, _l(label)) for level, label in TITLE_LABELS.items()]
        self.titles.choices = self.priority_titles.choices = choices(titles)

    def terms(self, base: Terms) -> Terms:
        """The typed rules over what ``base`` says about the rest, with the citations that still hold; Faults beside the fields where they do not fit."""
        facts: dict[str, Any] = {
            **base.model_dump(),
            **{name: self[name].data for name in _PLAIN},
            "document_number": self.document_number.data or "",
            "priority_titles": self.priority_titles.data or (),
            "excluded_categories": (FINANCING,) if self.exclude_financing.data else (),
        }
        if self.claims_from.data and self.claims_to.data:
            facts |= {"claims_open_at": at(self.claims_from.data, 0), "claims_close_at": end_of(self.claims_to.data)}
        try:
            return Terms.model_validate(facts).drawn_from(base)
        except TermsFault as fault:
            raise Faults([_as_domain(one) for one in fault.errors()]) from fault


_PLAIN = (
    "document",
    "any_region",
    "titles",
    "cap_per_enterprise",
    "deduction_percent",
    "cap_per_order",
    "partial_use",
    "recovered_to_pool",
    "contracts_from",
    "contracts_to",
    "expires_on",
    "docking_working_days",
    "agreement_working_days",
    "record_calendar_days",
    "confirmation_working_days",
    "correction_working_days",
    "passive_working_days",
)

_TERMS_FAULTS = {
    "claims_close_at": N_("申领截止时间应晚于开始时间"),
    "contracts_to": N_("协议签订截止日应不早于起始日"),
    "expires_on": N_("服务券有效期应不早于申领截止日"),
    "priority_titles": N_("优先称号应在可申领的称号之中"),
}


def _as_domain(fault: Any) -> BadInput:
    """A fault of the terms as the form shows it: by its field, in the reader's words."""
    name = str(fault["loc"][0]) if fault["loc"] else str(fault["msg"]).removeprefix("Value error, ").partition(":")[0]
    return BadInput(_TERMS_FAULTS.get(name, N_("这个值不能用")), field=_FIELD_OF.get(name, name))


def from_terms(terms: Terms) -> dict[str, Any]:
    """The values that the form shows for these terms."""
    return {
        **{name: getattr(terms, name) for name in _PLAIN},
        "document_number": terms.document_number,
        "titles": [title.value for title in terms.titles],
        "priority_titles": [title.value for title in terms.priority_titles],
        "exclude_financing": not terms.admits_category(FINANCING),
        "claims_from": day_of(terms.claims_open_at),
        "claims_to": terms.claims_last_day,
    }


def from_preset(preset: Preset, terms: Terms) -> dict[str, Any]:
    """The values with which a draft from a preset begins."""
    return {"name": preset.name, "summary": preset.summary, **from_terms(terms)}


def _password(field_id: str) -> PasswordField:
    return PasswordField(
        _l("登录密码"),
        [_REQUIRED],
        id=field_id,
        description=_l("办理前再次确认是您本人"),
        render_kw={"autocomplete": "current-password"},
    )


class NoteForm(Form):
    """A deed with a reason."""

    note = TextAreaField(_l("理由"), [_REQUIRED, Length(max=300)])


class AppropriationForm(Form):
    """Money for a programme, with the password once more."""

    amount = YuanField(_l("拨入金额"), [_REQUIRED], description=_l("以元为单位，最多两位小数"))
    password = _password("password")


class AskForm(Form):
    """Asks a second person for a deed, with the reason."""

    note = TextAreaField(
        _l("理由"), [_REQUIRED, Length(max=300)], id="ask-note", description=_l("复核人据此决定，并留在办理记录里")
    )


class TakeBackForm(AskForm):
    """Which appropriation was wrong, and how much of it."""

    appropriation = RadioField(_l("更正哪一笔拨款"), [InputRequired(_l("请选择一笔拨款"))])
    amount = YuanField(_l("退回金额"), [_REQUIRED], description=_l("多拨了多少就退多少，不超过资金池现有金额"))


class ReturnForm(AskForm):
    """How much of what a closed programme left goes back."""

    amount = YuanField(
        _l("退回金额"), [_REQUIRED], description=_l("不超过资金池现有金额；结算时还要从资金池补足的，请先留足")
    )


class CarryOutForm(Form):
    """The second person's yes."""

    password = _password("carry-out-password")


class DeclineForm(Form):
    """The second person's no, or the taking back of one's own request."""

    note = TextAreaField(_l("不办理的理由"), [_REQUIRED, Length(max=300)], id="decline-note")


class ReclaimForm(Form):
    """Taking back what is free on a voucher."""

    note = TextAreaField(_l("理由"), [_REQUIRED, Length(max=300)], id="reclaim-note")
    password = _password("reclaim-password")
