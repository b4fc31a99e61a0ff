"""Forms of batches, approval, payment and correction."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, PasswordField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from foundation.forms import Form, YuanField


class BatchForm(Form):
    """A new batch."""

    programme = SelectField(_l("项目"), [InputRequired(_l("选择项目"))])
    period_from = DateField(_l("结算期间从"), [InputRequired(_l("填写开始日"))])
    period_to = DateField(_l("结算期间到"), [InputRequired(_l("填写结束日"))], description=_l("按核销日计，两端都包含"))
    envelope = YuanField(
        _l("平台资金总额（元）"),
        [Optional()],
        description=_l("只有北京第一批办法需要：中央资金的 10%，超出时按比例缩减"),
    )
    award_share = DecimalField(
        _l("绩效奖励比例（%）"),
        [Optional(), NumberRange(0, 20, _l("应在 0 与 20 之间"))],
        description=_l("只有北京第一批办法需要：不超过服务补助的 20%"),
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


class CorrectForm(ReasonForm):
    """A red-letter statement."""

    password = PasswordField(_l("您的登录密码"), [InputRequired(_l("输入密码，确认是您本人"))])
