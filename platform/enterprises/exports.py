"""The columns of the register of titles in a spreadsheet."""

from typing import Final

from documents.exports import Column, Listing
from enterprises.presentation import level_of, standing_of
from enterprises.reading import TitleRow
from foundation.i18n import N_

TITLES: Final[Listing[TitleRow]] = Listing(
    TitleRow,
    "title",
    N_("企业称号"),
    (
        Column(N_("企业"), lambda row: row.enterprise.name),
        Column(N_("统一社会信用代码"), lambda row: row.enterprise.uscc),
        Column(N_("称号"), level_of),
        Column(N_("批次"), lambda row: row.batch),
        Column(N_("认定文件"), lambda row: row.document),
        Column(N_("有效期自"), lambda row: row.valid_from),
        Column(N_("有效期至"), lambda row: row.valid_to),
        Column(N_("撤销日期"), lambda row: row.revoked_on),
        Column(N_("状态"), lambda row: standing_of(row)["label"]),
    ),
)
