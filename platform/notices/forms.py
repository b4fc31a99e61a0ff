"""Forms of public notices."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from files.fields import UploadField
from files.kinds import EVIDENCE
from foundation.forms import Form, choices


class ObjectionForm(Form):
    """An objection in one's real name."""

    name = StringField(
        _l("真实姓名或单位全称"),
        [InputRequired(_l("请填写真实姓名或单位全称，匿名异议不予受理")), Length(max=100)],
    )
    contact = StringField(
        _l("联系电话或邮箱"),
        [InputRequired(_l("请填写联系电话或邮箱，答复将告知您")), Length(max=100)],
        description=_l("只有公示单位能看到"),
    )
    text = TextAreaField(_l("事实和理由"), [InputRequired(_l("请写明异议的事实和理由")), Length(max=2000)])
    evidence = UploadField(_l("证据材料"), [FileRequired(_l("请上传证据材料，没有证据的异议不予受理"))], kinds=EVIDENCE)


class AnswerForm(Form):
    """The bureau's answer to an objection."""

    answer = TextAreaField(_l("答复"), [InputRequired(_l("请填写答复，写明核查的经过和结论")), Length(max=2000)])
    upheld = RadioField(
        _l("结论"),
        [InputRequired(_l("请选择结论"))],
        choices=choices([("no", _l("异议不成立")), ("yes", _l("异议成立"))]),
    )
