"""Accounts: organisations, people, delegations, the second person."""

from typing import Final

from sqlalchemy import select

from accounts import desk
from accounts.models import Delegation, Membership, Organisation, Region, User
from accounts.own_account import SPEAKERS
from accounts.regions import of_organisation
from accounts.states import MEMBERSHIP
from files.models import Attachment
from foundation.actors import EVERYBODY, Role
from foundation.i18n import N_
from foundation.rooms import PUBLIC, NavEntry, Room, RoomDesk, ThingKind

ROOM: Final = Room(
    name="accounts",
    place=20,
    acts=("accounts.duties",),
    blueprints=("accounts.views:blueprint",),
    access={
        PUBLIC: (
            "accounts.sign_in",
            "accounts.code",
            "accounts.sign_out",
            "accounts.register",
            "accounts.join",
        ),
        EVERYBODY: (
            "accounts.account",
            "accounts.password",
            "accounts.end_others",
            "accounts.switch",
        ),
        frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER, Role.ADMINISTRATOR}): (
            "accounts.members",
            "accounts.change_member",
        ),
        SPEAKERS: ("accounts.contact",),
    },
    deeds={
        "memberships.registered": N_("登记账号"),
        "memberships.appointed": N_("任命工作人员"),
        "memberships.admit": N_("同意对方加入单位"),
        "memberships.refuse": N_("不同意加入单位"),
        "memberships.end": N_("停用账号"),
        "organisations.account_entered": N_("登记收款账户"),
        "organisations.tie_entered": N_("登记法定代表人、股东或实际控制人"),
        "organisations.tie_ended": N_("结束法定代表人、股东或实际控制人的登记"),
        "users.locked": N_("锁定账号（连续输错）"),
        "users.password_locked": N_("锁定密码确认（连续输错）"),
        "users.unlocked": N_("解除账号锁定"),
        "users.password_changed": N_("修改登录密码"),
        "users.access_restored": N_("重设密码并重新绑定动态验证码"),
        "users.second_factor_set_up": N_("设置动态验证码"),
        "users.signed_in": N_("登录（密码正确）"),
        "users.second_factor_passed": N_("通过动态验证码"),
        "users.sign_in_failed": N_("登录失败"),
        "users.second_factor_failed": N_("动态验证码不正确"),
        "users.sign_in_without_organisation": N_("密码正确，但没有可以办理的单位"),
        "users.organisation_switched": N_("切换单位"),
        "users.signed_out": N_("退出登录"),
        "users.access_refused": N_("无权访问被拒绝"),
        "users.not_found": N_("查找不存在或无权查看的记录"),
        "users.sessions_ended": N_("结束其他设备的登录"),
        "organisations.contact_changed": N_("修改单位联系方式"),
        "delegation.give": N_("委托其他主管部门办理"),
        "delegation.end": N_("终止委托办理"),
        "second_person.ask": N_("提请另一人复核"),
        "second_person.decline": N_("复核不同意"),
        "second_person.withdraw": N_("撤回复核申请"),
    },
    changed={
        "address": N_("地址"),
        "awaits_code": N_("还需动态验证码"),
        "bank": N_("开户银行"),
        "deed": N_("操作"),
        "locked_until": N_("锁定至"),
        "organisation": N_("单位"),
        "person": N_("人员"),
        "phone": N_("电话"),
        "role": N_("角色"),
        "sessions": N_("结束的登录数"),
        "to": N_("受托单位"),
    },
    states=(MEMBERSHIP,),
    things=(
        ThingKind(
            select(Delegation.id, Organisation.name).join(Organisation, Organisation.id == Delegation.to_bureau_id)
        ),
        ThingKind(select(Membership.id, User.name).join(User, User.id == Membership.user_id)),
        ThingKind(select(Organisation.id, Organisation.name)),
        ThingKind(select(User.id, User.name)),
    ),
    regions=(
        select(Organisation.id, Region.path).join(Region, Region.id == Organisation.region_id),
        of_organisation(Membership.id, Membership.organisation_id),
        of_organisation(Delegation.id, Delegation.from_bureau_id),
        of_organisation(User.id, Membership.organisation_id, (Membership, Membership.user_id == User.id)),
        of_organisation(Attachment.id, Attachment.organisation_id),
    ),
    desk=RoomDesk(desk.waiting, desk.others, desk.figures),
    navigation=(
        NavEntry(
            N_("账号"), "accounts.members", "people", ("/members",), weight=140, roles=frozenset({Role.ADMINISTRATOR})
        ),
    ),
)
