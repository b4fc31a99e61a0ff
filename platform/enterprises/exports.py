"""The columns of the register of titles in a spreadsheet."""

from typing import Final

from flask_babel import gettext

from documents.exports import Column, Listing
from enterprises.models import Title
from enterprises.titles import TITLE_LABELS
from foundation.clock import today
from foundation.i18n import N_


def _standing(title: Title) -> str:
    if title.revoked_on:
        return str(gettext("已撤销"))
    return str(gettext("有效") if title.valid_from <= today() <= title.valid_to else gettext("不在有效期"))


TITLES: Final = Listing(
    "title",
    N_("企业称号"),
    (
        Column(N_("企业"), lambda title: title.organisation.name),
        Column(N_("统一社会信用代码"), lambda title: title.organisation.uscc),
        Column(N_("称号"), lambda title: gettext(TITLE_LABELS[title.level])),
        Column(N_("批次"), lambda title: title.batch),
        Column(N_("认定文件"), lambda title: title.document),
        Column(N_("有效期自"), lambda title: title.valid_from),
        Column(N_("有效期至"), lambda title: title.valid_to),
        Column(N_("撤销日期"), lambda title: title.revoked_on),
        Column(N_("状态"), _standing),
    ),
)
