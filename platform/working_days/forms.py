"""The form for a year's notice."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from files.fields import UploadField
from files.kinds import CSV
from foundation.forms import Form


class YearForm(Form):
    """The days of a year's notice: a file, or typed."""

    # The digest of the days whose preview the person has seen: others are shown before they are entered.
    seen = HiddenField()
    document = StringField(
        _l("文号"), [Optional(), Length(max=80)], description=_l("国务院办公厅通知的文号，例如“国办发明电〔2025〕7号”")
    )
    file = UploadField(
        _l("文件"), description=_l("CSV 文件，三列 date,kind,name；选了文件就不看下面的日期"), kinds=(CSV,)
    )
    days = TextAreaField(
        _l("日期"),
        [Optional(), Length(max=20_000)],
        description=_l(
            "每行一天：日期,holiday 或 workday,节日名称。holiday 是放假的日子，workday 是调休上班的星期六、星期日；"
            "没有列出的日子按星期一至星期五上班"
        ),
    )
