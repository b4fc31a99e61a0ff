"""Forms of the register of titles."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired, Length

from enterprises.titles import TITLE_LABELS
from foundation.fields import DayField, LineField, NotBefore, SolidField
from foundation.forms import Form, choices

_REQUIRED = InputRequired(_l("请填写"))


class TitleForm(Form):
    """A title as its document grants it."""

    uscc = SolidField(_l("统一社会信用代码"), [_REQUIRED, Length(max=40)], description=_l("企业须已在本平台注册"))
    level = SelectField(
        _l("称号"), [_REQUIRED], choices=choices((level.value, _l(label)) for level, label in TITLE_LABELS.items())
    )
    batch = LineField(_l("批次"), [_REQUIRED, Length(max=100)], description=_l("例如：第三批"))
    document = LineField(_l("认定文件"), [_REQUIRED, Length(max=200)], description=_l("文件名称和文号"))
    valid_from = DayField(_l("有效期起"), [_REQUIRED], years_ahead=5)
    valid_to = DayField(
        _l("有效期止"),
        [_REQUIRED, NotBefore("valid_from")],
        years_ahead=100,
        open_end=True,
        description=_l("证书写明长期有效的，填 9999-12-31"),
    )


class RevokeForm(Form):
    """The reason for which a title ends."""

    reason = LineField(_l("理由"), [_REQUIRED, Length(max=300)])
