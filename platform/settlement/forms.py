"""Forms of batches, approval, payment and correction."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from documents.printed import Printed
from foundation.fields import DayField, NotBefore, NumberField
from foundation.forms import Form, YuanField
from settlement.schemes.declared import Question


class BatchForm(Form):
    """A new batch."""

    programme = SelectField(_l("项目"), [InputRequired(_l("选择项目"))])
    period_from = DayField(_l("结算期间从"), [InputRequired(_l("填写开始日"))], years_ahead=5)
    period_to = DayField(
        _l("结算期间到"),
        [InputRequired(_l("填写结束日")), NotBefore("period_from")],
        years_ahead=5,
        description=_l("按核销日计，两端都包含"),
    )


def batch_form(asked: Mapping[str, Question]) -> BatchForm:
    """The form of a new batch, with an amount for each fact that the scheme asks of the maker."""
    fields = {
        name: YuanField(_l(question.label), [InputRequired(_l(question.missing))], description=_l(question.hint))
        for name, question in asked.items()
    }
    made: BatchForm = type("AskingBatchForm", (BatchForm,), fields)()
    return made


def award_form(most: int, decided: Mapping[str, Any]) -> Form:
    """A provider's award of at most so many percent."""

    class AwardForm(Form):
        share = NumberField(
            _l("绩效奖励比例（%）"),
            [InputRequired(_l("填写比例，不奖励的填 0"))],
            least=0,
            most=most,
            description=_l("服务补助的百分比，0 至 %(most)s，最多两位小数；0 为不奖励", most=most),
        )
        reason = TextAreaField(
            _l("理由"),
            [Length(max=500), Printed()],
            description=_l("例如年度绩效目标完成情况；印在结算单上。不奖励的不必填写"),
        )

    return AwardForm(data=decided)


class PartForm(Form):
    """Whether all or a part of an order is paid."""

    amount = YuanField(
        _l("本单补助额度（元）"),
        [Optional()],
        description=_l("不填为全额；填写的应小于抵扣金额，其余退回资金池"),
    )
    reason = TextAreaField(
        _l("理由"),
        [Length(max=500), Printed()],
        description=_l("按部分额度补助的必须写明，印在结算单上；全额的不必填写"),
    )


class PlainForm(Form):
    """A step that needs nothing typed."""


class ReasonForm(Form):
    """A step that needs a reason."""

    reason = TextAreaField(_l("原因"), [DataRequired(_l("写明原因，各方都会看到")), Length(max=500)])


class ApproveForm(Form):
    """Money moves: the password again."""

    password = PasswordField(_l("您的登录密码"), [InputRequired(_l("输入密码，确认是您本人"))])


class PayForm(ApproveForm):
    """Which statements were paid."""

    statements = SelectMultipleField(
        _l("已付款的结算单"),
        [DataRequired(_l("选择已付款的结算单"))],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
