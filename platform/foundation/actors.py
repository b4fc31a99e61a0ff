"""Who acts: a person in a role for an organisation, or the system itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """What a person is in an organisation. Bureaus and treasuries split duties so that nobody decides alone."""

    ENTERPRISE_MEMBER = "enterprise_member"
    ENTERPRISE_MANAGER = "enterprise_manager"
    PROVIDER_MEMBER = "provider_member"
    PROVIDER_MANAGER = "provider_manager"
    OFFICER = "officer"
    REVIEWER = "reviewer"
    INSPECTOR = "inspector"
    BUDGET_HOLDER = "budget_holder"
    PAYER = "payer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


ENTERPRISE: Final = frozenset({Role.ENTERPRISE_MEMBER, Role.ENTERPRISE_MANAGER})
PROVIDER: Final = frozenset({Role.PROVIDER_MEMBER, Role.PROVIDER_MANAGER})
BUREAU: Final = frozenset({Role.OFFICER, Role.REVIEWER, Role.INSPECTOR})
DECIDERS: Final = frozenset({Role.OFFICER, Role.REVIEWER})
"""Whoever decides for a bureau about what comes in."""
TREASURY: Final = frozenset({Role.BUDGET_HOLDER, Role.PAYER})
STAFF: Final = BUREAU | TREASURY | {Role.AUDITOR}
EVERYBODY: Final = frozenset(Role) - {Role.SYSTEM}


@dataclass(frozen=True, slots=True)
class Principal:
    """The office for which another one acts by delegation."""

    organisation_id: UUID
    name: str
    region_path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in one role of one organisation.

    ``region_path`` is the organisation's place in the tree, the codes from the top (``100000/350000/``). ``sign_in_id`` is
    the signed-in browser, ``principal`` the office for which this deed is done where that is another one.
    """

    user_id: UUID | None
    name: str
    organisation_id: UUID | None
    organisation_name: str
    role: Role
    region_path: str
    ip: str | None = None
    sign_in_id: UUID | None = None
    principal: Principal | None = None

    @property
    def office(self) -> str:
        """The organisation as the trail tells it: by delegation, both offices (``audit.presentation.office_told``)."""
        return (
            f"{self.organisation_name}（受{self.principal.name}委托办理）" if self.principal else self.organisation_name
        )

    def sees_region(self, path: str) -> bool:
        """Whether ``path`` lies in the actor's region or below it."""
        return path.startswith(self.region_path)


SYSTEM: Final = Actor(
    user_id=None, name="系统", organisation_id=None, organisation_name="惠企", role=Role.SYSTEM, region_path=""
)
