"""Forms of claims and decisions."""

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import password_again
from files.fields import UploadField
from files.kinds import INVOICE
from foundation.forms import Form, YuanField, choices
from verification.checks import CHECKS
from verification.deciding import REASONS, RETURN_REASONS


class ClaimForm(Form):
    """The invoice of a claim; what the order knows is filled in."""

    file = UploadField(_l("发票文件"), kinds=INVOICE)
    number = StringField(
        _l("发票号码"),
        [DataRequired(_l("填写发票号码")), Length(max=60)],
        description=_l("数电票为 20 位号码；旧发票填写“发票代码-号码”"),
    )
    day = DateField(_l("开票日期"), [InputRequired(_l("填写开票日期"))])
    amount = YuanField(_l("价税合计（元）"), [InputRequired(_l("填写发票金额"))])
    seller = StringField(
        _l("销售方"),
        [DataRequired(_l("填写销售方")), Length(max=200)],
        description=_l("名称全称或统一社会信用代码"),
    )
    buyer = StringField(
        _l("购买方"),
        [DataRequired(_l("填写购买方")), Length(max=200)],
        description=_l("名称全称或统一社会信用代码"),
    )
    self_checked = BooleanField(_l("已在税务局发票查验平台自查，发票真实有效"))


class VerifyForm(Form):
    """Redeem."""

    note = TextAreaField(_l("核验意见"), [Optional(), Length(max=1000)])
    password = password_again()


class ReturnForm(Form):
    """Return for correction with what is to be mended and why."""

    marks = SelectMultipleField(
        _l("需要补正的内容"),
        [DataRequired(_l("标出需要补正的内容"))],
        choices=choices([(check.id, _l(check.label)) for check in CHECKS]),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    reason = SelectField(
        _l("退回原因"),
        [DataRequired(_l("选择退回的原因"))],
        choices=choices([("", _l("请选择")), *((key, _l(text)) for key, text in RETURN_REASONS.items())]),
    )
    note = TextAreaField(
        _l("怎样补正"),
        [Optional(), Length(max=1000)],
        description=_l("服务机构会看到；原因选“其他”时必填"),
    )


class RejectForm(Form):
    """Refuse for good."""

    reason = SelectField(
        _l("原因"),
        [DataRequired(_l("选择不予核销的原因"))],
        choices=choices([("", _l("请选择")), *((key, _l(text)) for key, text in REASONS.items())]),
    )
    note = TextAreaField(_l("依据的事实"), [DataRequired(_l("写明依据的事实，双方都会看到")), Length(max=1000)])
    password = password_again()


class ReasonForm(Form):
    """Words for or against taking back a redemption."""

    reason = TextAreaField(_l("原因"), [DataRequired(_l("写明原因，复核人据此决定")), Length(max=1000)])


class UndoForm(Form):
    """Money moves back: the password again."""

    password = PasswordField(_l("您的登录密码"), [InputRequired(_l("输入密码，确认是您本人"))])
