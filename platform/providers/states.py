"""The states of a certification and of a version of an offering: every step, and who may take it (DESIGN.md section 6).

Whose turn each state is: providers/turns.py.
"""

from typing import Final

from foundation.actors import PROVIDER, Role
from foundation.i18n import N_
from foundation.states import StateTable
from providers.models import CertificationState as C
from providers.models import OfferingState as O

_OFFICER: Final = frozenset({Role.OFFICER})
_REVIEWER: Final = frozenset({Role.REVIEWER})
_EITHER: Final = _OFFICER | _REVIEWER
_SYSTEM: Final = frozenset({Role.SYSTEM})

CERTIFICATION: Final = StateTable(
    "certification",
    {
        C.DRAFT: N_("填写中"),
        C.SUBMITTED: N_("待受理"),
        C.IN_REVIEW: N_("审核中"),
        C.PUBLIC_NOTICE: N_("公示中"),
        C.CERTIFIED: N_("已认定"),
        C.RENEWAL_DUE: N_("即将到期"),
        C.EXPIRED: N_("已到期"),
        C.MORE_INFORMATION: N_("待补充材料"),
        C.REJECTED: N_("未通过"),
        C.SUSPENDED: N_("已暂停"),
        C.REVOKED: N_("已撤销"),
    },
    {
        (C.DRAFT, "submit"): (C.SUBMITTED, PROVIDER),
        (C.SUBMITTED, "take"): (C.IN_REVIEW, _OFFICER),
        (C.IN_REVIEW, "request_information"): (C.MORE_INFORMATION, _EITHER),
        (C.MORE_INFORMATION, "submit"): (C.IN_REVIEW, PROVIDER),
        (C.MORE_INFORMATION, "lapse"): (C.REJECTED, _SYSTEM),
        (C.IN_REVIEW, "recommend"): (C.IN_REVIEW, _OFFICER),
        (C.IN_REVIEW, "reject"): (C.REJECTED, _REVIEWER),
        (C.IN_REVIEW, "open_notice"): (C.PUBLIC_NOTICE, _REVIEWER),
        # An upheld objection sends the case back to the officer.
        (C.PUBLIC_NOTICE, "uphold_objection"): (C.IN_REVIEW, _SYSTEM),
        (C.PUBLIC_NOTICE, "certify"): (C.CERTIFIED, _REVIEWER),
        (C.CERTIFIED, "remind"): (C.RENEWAL_DUE, _SYSTEM),
        (C.CERTIFIED, "expire"): (C.EXPIRED, _SYSTEM),
        (C.RENEWAL_DUE, "expire"): (C.EXPIRED, _SYSTEM),
        (C.SUSPENDED, "expire"): (C.EXPIRED, _SYSTEM),
        # The new certificate takes the place of the old one on the day it is given.
        (C.RENEWAL_DUE, "replace"): (C.EXPIRED, _REVIEWER),
        (C.CERTIFIED, "suspend"): (C.SUSPENDED, _REVIEWER),
        (C.RENEWAL_DUE, "suspend"): (C.SUSPENDED, _REVIEWER),
        (C.SUSPENDED, "reinstate"): (C.CERTIFIED, _REVIEWER),
        (C.CERTIFIED, "revoke"): (C.REVOKED, _REVIEWER),
        (C.RENEWAL_DUE, "revoke"): (C.REVOKED, _REVIEWER),
        (C.SUSPENDED, "revoke"): (C.REVOKED, _REVIEWER),
    },
    decisions=(
        "request_information",
        "recommend",
        "reject",
        "open_notice",
        "certify",
        "suspend",
        "reinstate",
        "revoke",
    ),
)

OFFERING: Final = StateTable(
    "offering",
    {
        O.DRAFT: N_("填写中"),
        O.IN_REVIEW: N_("审核中"),
        O.LISTED: N_("已上架"),
        O.CHANGES_REQUESTED: N_("待修改"),
        O.DELISTED: N_("已下架"),
        O.SUPERSEDED: N_("已被新版本替代"),
    },
    {
        (O.DRAFT, "submit"): (O.IN_REVIEW, PROVIDER),
        (O.CHANGES_REQUESTED, "submit"): (O.IN_REVIEW, PROVIDER),
        (O.IN_REVIEW, "withdraw"): (O.DRAFT, PROVIDER),
        (O.IN_REVIEW, "approve"): (O.LISTED, _EITHER),
        (O.IN_REVIEW, "request_changes"): (O.CHANGES_REQUESTED, _EITHER),
        (O.LISTED, "supersede"): (O.SUPERSEDED, _EITHER),
        (O.LISTED, "delist"): (O.DELISTED, PROVIDER | _EITHER),
        (O.DRAFT, "discard"): (O.DELISTED, PROVIDER),
        (O.CHANGES_REQUESTED, "discard"): (O.DELISTED, PROVIDER),
    },
    decisions=("approve", "request_changes", "delist"),
)

EVENTS: Final = {
    "certification.start": N_("开始填写"),
    "certification.save": N_("保存草稿"),
    "certification.submit": N_("提交"),
    "certification.take": N_("受理"),
    "certification.request_information": N_("要求补充材料"),
    "certification.lapse": N_("逾期未补充"),
    "certification.recommend": N_("初审推荐"),
    "certification.reject": N_("不予认定"),
    "certification.open_notice": N_("开始公示"),
    "certification.uphold_objection": N_("异议成立，退回审核"),
    "certification.certify": N_("认定"),
    "certification.remind": N_("提醒续期"),
    "certification.expire": N_("有效期届满"),
    "certification.replace": N_("由新证书替代"),
    "certification.suspend": N_("暂停资格"),
    "certification.reinstate": N_("恢复资格"),
    "certification.revoke": N_("撤销资格"),
    "offering.start": N_("新建"),
    "offering.save": N_("保存草稿"),
    "offering.submit": N_("提交审核"),
    "offering.withdraw": N_("撤回"),
    "offering.approve": N_("审核通过并上架"),
    "offering.accept_price": N_("认可市场同类价格"),
    "offering.request_changes": N_("要求修改"),
    "offering.supersede": N_("由新版本替代"),
    "offering.delist": N_("下架"),
    "offering.discard": N_("放弃修改稿"),
}
"""What the audit trail's actions of this room are called (msgids)."""
