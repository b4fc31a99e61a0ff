"""The states of a public notice."""

from typing import Final

from foundation.actors import Role
from foundation.i18n import N_
from foundation.states import StateTable
from notices.models import NoticeState

NOTICE: Final = StateTable(
    "notice",
    {NoticeState.OPEN: N_("公示中"), NoticeState.CLOSED: N_("公示已结束")},
    # A person closes it only by answering the last objection after the last day; otherwise the clock does.
    {(NoticeState.OPEN, "close"): (NoticeState.CLOSED, {Role.SYSTEM, Role.OFFICER, Role.REVIEWER})},
)
