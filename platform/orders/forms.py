"""Forms of orders. What the system knows is filled in; limits are said before."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from files.fields import UploadField, UploadsField
from files.intake import Upload
from files.kinds import EVIDENCE, SIGNED
from foundation.errors import BadInput
from foundation.forms import Form, choices
from foundation.i18n import N_
from orders.measures import Kind, Measure, measures_for
from orders.models import RATINGS

Value = TypeVar("Value")

CHANNELS: Final = {"offline": _l("线下"), "online": _l("线上"), "both": _l("线上线下结合")}


class OrderForm(Form):
    """An order: choose the voucher, say what is needed. The amounts shown travel along to be compared."""

    # Which vouchers serve is worked out for the page alone: whether the chosen one does is what the verb checks anyway.
    voucher = RadioField(_l("使用哪张服务券"), [InputRequired(_l("选择一张服务券"))], choices=[], validate_choice=False)
    needs = TextAreaField(
        _l("需求说明"),
        [Optional(), Length(max=1000, message=_l("最多 1000 字"))],
        description=_l("写给服务机构，例如希望解决的问题、方便的时间；可以不填"),
    )
    charged_price = HiddenField()


class ReasonForm(Form):
    """A step that needs a reason."""

    reason = TextAreaField(_l("原因"), [InputRequired(_l("写明原因")), Length(max=500, message=_l("最多 500 字"))])


class PlainForm(Form):
    """A button: nothing to fill in."""


class DecisionForm(ReasonForm):
    """The bureau's decision of a dispute."""

    resume = RadioField(
        _l("处理结果"),
        [InputRequired(_l("选择处理结果"))],
        choices=choices([("yes", _l("继续履约")), ("no", _l("终止订单，退回占用金额"))]),
    )


class AgreementForm(Form):
    """The signed agreement."""

    file = UploadField(_l("服务协议"), [FileRequired(_l("选择双方签章的协议文件"))], kinds=SIGNED)
    agreement_number = StringField(
        _l("协议编号"), [InputRequired(_l("填写协议编号")), Length(max=60, message=_l("最多 60 字"))]
    )
    signed_on = DateField(_l("签订日期"), [InputRequired(_l("填写签订日期，例如 2026-11-20"))])
    third_party = StringField(
        _l("第三方名称"),
        [Optional(), Length(max=100, message=_l("最多 100 字"))],
        description=_l("由第三方提供服务的，填写三方合同中的第三方"),
    )


class ConfirmationForm(Form):
    """The result is confirmed and rated."""

    rating = RadioField(
        _l("服务评价"),
        [InputRequired(_l("选择一个评价等级"))],
        choices=choices((str(level), _l(word)) for level, word in RATINGS.items()),
    )
    comment = TextAreaField(
        _l("评价意见"),
        [Optional(), Length(max=500, message=_l("最多 500 字"))],
        description=_l("选“不满意”的请写明原因；其他可以不填"),
    )


class RecordForm(Form):
    """A service record; ``record_form`` adds the measures of the service's category."""

    description = TextAreaField(
        _l("服务内容"), [InputRequired(_l("写明做了什么")), Length(max=1000, message=_l("最多 1000 字"))]
    )
    result = TextAreaField(
        _l("服务成果"), [InputRequired(_l("写明形成了什么结果")), Length(max=1000, message=_l("最多 1000 字"))]
    )
    process_files = UploadsField(_l("过程材料"), description=_l("现场照片、签到表等，可以用手机拍照"), kinds=EVIDENCE)
    result_files = UploadsField(_l("成果材料"), description=_l("报告、证书等"), kinds=EVIDENCE)
    delivered_on = DateField(_l("服务日期"), [InputRequired(_l("填写服务日期，例如 2026-11-20"))])
    channel = SelectField(_l("服务方式"), choices=choices(CHANNELS.items()))
    place = StringField(_l("服务地点"), [Length(max=200, message=_l("最多 200 字"))])
    delivered_by = StringField(
        _l("服务人员"), [InputRequired(_l("填写服务人员姓名")), Length(max=60, message=_l("最多 60 字"))]
    )

    def measured(self, category: str) -> Mapping[str, Decimal]:
        """The measures that were filled in, by key."""
        found: dict[str, Decimal] = {}
        for measure in measures_for(category):
            value = self[measure.key].data
            if measure.kind is Kind.YES_NO:
                if value:
                    found[measure.key] = Decimal(1)
            elif value is not None:
                found[measure.key] = Decimal(value)
        return found


def record_form(category: str) -> type[RecordForm]:
    """The form of a service record with a field for each measure of the category."""
    fields: dict[str, Any] = {measure.key: _measure_field(measure) for measure in measures_for(category)}
    return type("MeasuredRecordForm", (RecordForm,), fields)


def uploads(files: Any) -> list[Upload]:
    """What a multiple file field holds; browsers send an empty part where nothing was chosen."""
    return [Upload(file.stream, file.filename) for file in files or [] if file and file.filename]


def given(value: Value | None) -> Value:
    """What a field that must be filled in holds, once the form is valid."""
    if value is None:
        raise RuntimeError("the form was used before it was validated")
    return value


def submitted(form: Form) -> UUID:
    """The submission's id, which becomes the id of what it makes; one that is no UUID was not made by our page."""
    try:
        return UUID(form.submission_id.data or "")
    except ValueError as error:
        raise BadInput(N_("页面已过期"), remedy=N_("刷新页面后再提交")) from error


def _measure_field(measure: Measure) -> Any:
    if measure.kind is Kind.YES_NO:
        return BooleanField(_l(measure.label))
    label = _l("%(label)s（%(unit)s）", label=_l(measure.label), unit=_l(measure.unit))
    if measure.decimals:
        return DecimalField(label, [Optional()], places=None)
    return IntegerField(label, [Optional()])
