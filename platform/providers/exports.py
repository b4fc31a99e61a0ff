"""The columns of the lists of certifications and offerings in a spreadsheet."""

from typing import Final

from flask_babel import gettext

from documents.exports import Column, Listing
from foundation.i18n import N_
from providers.categories import categories
from providers.states import CERTIFICATION, OFFERING
from providers.terms import LEVELS

CERTIFICATIONS: Final = Listing(
    "certification",
    N_("认定"),
    (
        Column(N_("编号"), lambda one: one.number),
        Column(N_("服务机构"), lambda one: one.organisation.name),
        Column(N_("统一社会信用代码"), lambda one: one.organisation.uscc),
        Column(N_("类别"), lambda one: gettext(LEVELS[one.level])),
        Column(N_("状态"), lambda one: gettext(CERTIFICATION.labels[one.state])),
        Column(N_("提交时间"), lambda one: one.submitted_at),
        Column(N_("再次提交时间"), lambda one: one.resubmitted_at),
        Column(N_("期限"), lambda one: one.due_on),
        Column(N_("有效期自"), lambda one: one.valid_from),
        Column(N_("有效期至"), lambda one: one.valid_to),
    ),
)
OFFERINGS: Final = Listing(
    "offering",
    N_("服务产品"),
    (
        Column(N_("编号"), lambda one: one.offering.number),
        Column(N_("服务产品名称"), lambda one: one.name),
        Column(N_("版本号"), lambda one: one.version),
        Column(N_("服务机构"), lambda one: one.offering.provider.name),
        Column(N_("统一社会信用代码"), lambda one: one.offering.provider.uscc),
        Column(N_("服务类别"), lambda one: gettext(categories()[one.category].label)),
        Column(N_("标准价格"), lambda one: one.list_price, yuan=True),
        Column(N_("收费价格"), lambda one: one.charged_price, yuan=True),
        Column(N_("填报的市场同类价格"), lambda one: one.market_price, yuan=True),
        Column(N_("认可的市场同类价格"), lambda one: one.accepted_market_price, yuan=True),
        Column(N_("交付时间（天）"), lambda one: one.delivery_days),
        Column(N_("名额"), lambda one: one.slots),
        Column(N_("状态"), lambda one: gettext(OFFERING.labels[one.state])),
    ),
)
