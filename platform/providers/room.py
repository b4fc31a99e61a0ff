"""Certification, offerings, catalogue."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from accounts.regions import of_organisation
from foundation.actors import BUREAU, DECIDERS, ENTERPRISE, PROVIDER, STAFF
from foundation.i18n import N_
from foundation.proofs import Proving
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind
from providers import desk
from providers.categories import categories
from providers.finding import offerings, organisations
from providers.models import Certification, Offering, OfferingVersion
from providers.offering_facts import CHANNELS, MODES
from providers.states import CERTIFICATION, OFFERING


def _categories() -> Mapping[str, str]:
    return {key: category.label for key, category in categories().items()}


ROOM: Final = Room(
    name="providers",
    place=80,
    acts=(
        "providers.catalogue_source",
        "providers.jobs",
        "providers.recounting",
        "providers.review",
    ),
    blueprints=(
        "providers.catalogue_views:blueprint",
        "providers.offering_views:blueprint",
    ),
    access={
        PUBLIC: (
            "catalogue.index",
            "catalogue.offering",
            "catalogue.provider",
        ),
        PROVIDER: (
            "providers.start_certification",
            "providers.certification_form",
            "providers.save_certification",
            "providers.judgement",
            "providers.new_offering",
            "providers.edit_offering",
        ),
        DECIDERS: ("providers.review_certification",),
        PROVIDER | STAFF: (
            "providers.certifications",
            "providers.certification",
            "providers.certificate",
            "providers.offerings",
            "providers.offering",
            "providers.step_offering",
        ),
    },
    deeds={
        "certification.start": N_("建立认定申请"),
        "certification.save": N_("保存认定申请"),
        "certification.submit": N_("提交认定申请"),
        "certification.take": N_("开始审查认定申请"),
        "certification.request_information": N_("要求补充认定材料"),
        "certification.extend": N_("认定材料补充期限顺延"),
        "certification.lapse": N_("认定申请逾期终止"),
        "certification.recommend": N_("提交认定初审意见"),
        "certification.reject": N_("不予认定服务机构"),
        "certification.open_notice": N_("开始认定公示"),
        "certification.uphold_objection": N_("异议成立，认定申请退回审查"),
        "certification.certify": N_("认定服务机构"),
        "certification.remind": N_("提醒认定到期"),
        "certification.expire": N_("认定到期失效"),
        "certification.replace": N_("认定由新一期接替"),
        "certification.suspend": N_("暂停服务机构资格"),
        "certification.reinstate": N_("恢复服务机构资格"),
        "certification.revoke": N_("撤销服务机构资格"),
        "offering.start": N_("建立服务产品版本"),
        "offering.save": N_("填写服务产品"),
        "offering.submit": N_("提交服务产品审核"),
        "offering.withdraw": N_("撤回服务产品修改稿"),
        "offering.approve": N_("审核通过服务产品"),
        "offering.accept_price": N_("认可服务产品的市场同类价格"),
        "offering.request_changes": N_("要求修改服务产品"),
        "offering.supersede": N_("服务产品由新版本替代"),
        "offering.delist": N_("下架服务产品"),
        "offering.discard": N_("放弃服务产品草稿"),
    },
    exports={
        "certification": N_("导出认定列表"),
        "offering": N_("导出服务产品列表"),
    },
    money={
        "accepted_market_price": N_("认可的市场同类价格"),
        "charged_price": N_("收费价格"),
        "list_price": N_("标准价格"),
        "market_price": N_("填报的市场同类价格"),
        "yearly_revenue": N_("年服务收入"),
    },
    changed={
        "category": N_("所属服务类别"),
        "channel": N_("服务形式"),
        "content": N_("具体服务内容"),
        "delivery_days": N_("交付时间（天）"),
        "due_on": N_("期限"),
        "effect": N_("服务效果"),
        "frequency": N_("服务频次"),
        "mode": N_("服务方式"),
        "orders_per_enterprise": N_("每家企业最多下单次数"),
        "orders_period": N_("次数按什么期间计算"),
        "price_basis": N_("价格依据"),
        "remark": N_("备注"),
        "rule_set": N_("适用规则"),
        "slots": N_("名额"),
        "supplier": N_("服务商"),
        "website": N_("介绍网址"),
        "yearly_enterprises": N_("年服务中小企业数（家次）"),
    },
    codes={
        "category": _categories,
        "channel": CHANNELS,
        "mode": MODES,
        "attachment.kind": {"market_price": N_("价格佐证材料")},
    },
    states=(
        CERTIFICATION,
        OFFERING,
    ),
    things=(
        ThingKind(select(Certification.id, Certification.number), page="providers.certification", numbered=True),
        ThingKind(
            select(OfferingVersion.id, Offering.number).join(OfferingVersion.offering),
            page="providers.offering",
            numbered=True,
        ),
    ),
    regions=(
        of_organisation(Certification.id, Certification.organisation_id),
        of_organisation(
            OfferingVersion.id, Offering.provider_id, (Offering, Offering.id == OfferingVersion.offering_id)
        ),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(N_("目录"), "catalogue.index", "shop", ("/catalogue",), weight=10, roles=ENTERPRISE, visitors=True),
        NavEntry(
            N_("认定"), "providers.certifications", "award", ("/certifications",), weight=20, roles=PROVIDER | BUREAU
        ),
        NavEntry(
            N_("服务产品"), "providers.offerings", "box-seam", ("/offerings",), weight=30, roles=PROVIDER | BUREAU
        ),
    ),
    finders=(organisations, offerings),
    # A decision about who may sell and by which rules carries no money, but money follows from it.
    proves=Proving(
        marked={
            "certifications": {
                "recommendation": "advice of one reviewer to the other; the decision is a column of its own"
            }
        }
    ),
)
