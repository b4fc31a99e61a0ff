"""The state table of a membership."""

from accounts.models import MembershipState as S
from foundation.actors import Role
from foundation.i18n import N_
from foundation.states import StateTable

_MANAGERS = (Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER, Role.ADMINISTRATOR)

MEMBERSHIP = StateTable(
    "memberships",
    {S.REQUESTED: N_("待管理员同意"), S.ACTIVE: N_("有效"), S.ENDED: N_("已停用")},
    {
        (S.REQUESTED, "admit"): (S.ACTIVE, _MANAGERS),
        (S.REQUESTED, "refuse"): (S.ENDED, _MANAGERS),
        (S.ACTIVE, "end"): (S.ENDED, _MANAGERS),
    },
    decisions=("admit", "refuse", "end"),
)
