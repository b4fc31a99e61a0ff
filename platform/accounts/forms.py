"""Forms of signing in, registering and joining."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, RadioField, SelectField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from accounts.passwords import ensure_strong
from accounts.signing_in import checked_email
from accounts.uscc import checked_uscc
from documents.printed import Printed
from foundation.fields import CodeField, LineField, SolidField
from foundation.forms import Form, checked_by, choices


class SignInForm(Form):
    """E-mail and password."""

    email = CodeField(_l("邮箱"), [InputRequired(_l("请填写邮箱"))], render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("密码"), [InputRequired(_l("请填写密码"))], render_kw={"autocomplete": "current-password"}
    )


class CodeForm(Form):
    """The six digits of the authenticator app."""

    code = SolidField(
        _l("六位验证码"),
        [InputRequired(_l("请填写验证码"))],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10},
    )


class JoinForm(Form):
    """A person who joins an organisation that is registered."""

    uscc = SolidField(_l("统一社会信用代码"), [InputRequired(_l("请填写18位代码"))])
    person = LineField(_l("您的姓名"), [InputRequired(_l("请填写姓名")), Length(max=40), Printed()])
    email = CodeField(
        _l("邮箱"), [InputRequired(_l("请填写邮箱")), Length(max=120)], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _l("密码"),
        [InputRequired(_l("请填写密码"))],
        description=_l("至少10个字符，不要用常见密码"),
        render_kw={"autocomplete": "new-password"},
    )

    def validate_uscc(self, field: LineField) -> None:
        """The check character, as the verb looks at it."""
        checked_by(lambda: checked_uscc(field.data or ""))

    def validate_email(self, field: LineField) -> None:
        """That one can write to it."""
        checked_by(lambda: checked_email(field.data or ""))

    def validate_password(self, field: PasswordField) -> None:
        """That it is hard to guess."""
        checked_by(lambda: ensure_strong(field.data or "", email=self.email.data or ""))


class RegisterForm(JoinForm):
    """A new enterprise or provider and its first person."""

    kind = RadioField(
        _l("单位类型"),
        [InputRequired(_l("请选择单位类型"))],
        choices=choices([("enterprise", _l("企业")), ("provider", _l("服务机构"))]),
    )
    name = LineField(
        _l("单位名称"),
        [InputRequired(_l("请填写单位名称")), Length(max=100), Printed()],
        description=_l("与营业执照一致"),
    )
    region_id = SelectField(_l("所在地区"), [InputRequired(_l("请选择所在地区"))])


class ContactForm(Form):
    """How an organisation is reached."""

    phone = CodeField(
        _l("电话"),
        [
            Optional(),
            Length(max=40, message=_l("最多 40 字")),
            Regexp(r"^[0-9+()\- 转,/]*$", message=_l("填写号码，例如 0592-7703700 转 8")),
        ],
        render_kw={"autocomplete": "tel", "inputmode": "tel"},
    )
    address = LineField(
        _l("地址"),
        [Optional(), Length(max=120, message=_l("最多 120 字"))],
        render_kw={"autocomplete": "street-address"},
    )


class PasswordForm(Form):
    """A new password."""

    present_password = PasswordField(
        _l("现在的密码"), [InputRequired(_l("请填写现在的密码"))], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请填写新密码"))],
        description=_l("至少10个字符，不要用常见密码"),
        render_kw={"autocomplete": "new-password"},
    )


def password_again() -> PasswordField:
    """The field of a deed for which a password given these last minutes counts (``passwords.confirmed_lately``).

    The page shows it only where none was, and marks it as required then.
    """
    return PasswordField(
        _l("您的登录密码"),
        description=_l("上次输入密码已过十分钟，再输入一次，确认是您本人"),
        render_kw={"autocomplete": "current-password"},
    )
