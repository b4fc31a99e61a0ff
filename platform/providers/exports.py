"""The columns of the lists of certifications and offerings in a spreadsheet."""

from typing import Final

from flask_babel import gettext

from documents.exports import Column, Listing
from foundation.i18n import N_
from providers.categories import categories
from providers.reading import CertificationRow, OfferingRow
from providers.states import CERTIFICATION, OFFERING
from providers.terms import LEVELS

CERTIFICATIONS: Final[Listing[CertificationRow]] = Listing(
    CertificationRow,
    "certification",
    N_("认定"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("统一社会信用代码"), lambda row: row.provider.uscc),
        Column(N_("类别"), lambda row: gettext(LEVELS[row.level])),
        Column(N_("状态"), lambda row: gettext(CERTIFICATION.labels[row.state])),
        Column(N_("提交时间"), lambda row: row.submitted_at),
        Column(N_("再次提交时间"), lambda row: row.resubmitted_at),
        Column(N_("期限"), lambda row: row.due_on),
        Column(N_("有效期自"), lambda row: row.valid_from),
        Column(N_("有效期至"), lambda row: row.valid_to),
    ),
)
OFFERINGS: Final[Listing[OfferingRow]] = Listing(
    OfferingRow,
    "offering",
    N_("服务产品"),
    (
        Column(N_("编号"), lambda row: row.number),
        Column(N_("服务产品名称"), lambda row: row.name),
        Column(N_("版本号"), lambda row: row.version),
        Column(N_("服务机构"), lambda row: row.provider.name),
        Column(N_("统一社会信用代码"), lambda row: row.provider.uscc),
        Column(N_("服务类别"), lambda row: gettext(categories()[row.category].label)),
        Column(N_("标准价格"), lambda row: row.list_price, yuan=True),
        Column(N_("收费价格"), lambda row: row.charged_price, yuan=True),
        Column(N_("填报的市场同类价格"), lambda row: row.market_price, yuan=True),
        Column(N_("认可的市场同类价格"), lambda row: row.accepted_market_price, yuan=True),
        Column(N_("交付时间（天）"), lambda row: row.delivery_days),
        Column(N_("名额"), lambda row: row.slots),
        Column(N_("状态"), lambda row: gettext(OFFERING.labels[row.state])),
    ),
)
