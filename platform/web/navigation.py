"""The left navigation: at most seven entries a role, in the order of the money."""

from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request, url_for
from flask_babel import gettext

from accounts.current import actor_or_none
from foundation.actors import BUREAU, ENTERPRISE, PROVIDER, TREASURY, Role
from foundation.i18n import N_
from web.security import csp_nonce


@dataclass(frozen=True, slots=True)
class NavEntry:
    """An entry as the template shows it."""

    label: str
    url: str
    icon: str
    active: bool


Entry = tuple[str, str, str, str | tuple[str, ...]]
"""Label (msgid), endpoint, icon, path or paths below which the entry is the present one."""

CATALOGUE: Final[Entry] = (N_("目录"), "catalogue.index", "shop", "/catalogue")
PROGRAMMES: Final[Entry] = (N_("服务券项目"), "vouchers.programmes", "journal-text", "/programmes")
VOUCHERS: Final[Entry] = (N_("服务券"), "vouchers.index", "ticket-perforated", "/vouchers")
ORDERS: Final[Entry] = (N_("订单"), "orders.index", "clipboard-check", "/orders")
RECORDS: Final[Entry] = (N_("服务记录"), "orders.records", "file-earmark-text", "/records")
CLAIMS: Final[Entry] = (N_("核验"), "verification.index", "patch-check", "/claims")
TARGETS: Final[Entry] = (N_("绩效"), "performance.index", "graph-up", "/targets")
BATCHES: Final[Entry] = (N_("结算"), "settlement.index", "receipt", ("/batches", "/statements"))
STATEMENTS: Final[Entry] = (N_("结算单"), "settlement.statements", "receipt", "/statements")
OFFERINGS: Final[Entry] = (N_("服务产品"), "providers.offerings", "box-seam", "/offerings")
CERTIFICATIONS: Final[Entry] = (N_("认定"), "providers.certifications", "award", "/certifications")
NOTICES: Final[Entry] = (N_("公示"), "notices.index", "megaphone", "/notices")
VERIFY: Final[Entry] = (N_("核验结算单"), "settlement.verify", "qr-code", "/verify")
TITLES: Final[Entry] = (N_("企业称号"), "enterprises.titles", "building", "/titles")
MEMBERS: Final[Entry] = (N_("账号"), "accounts.members", "people", "/members")
CALENDAR: Final[Entry] = (N_("放假安排"), "working_days.index", "calendar-event", "/calendar")
AUDIT: Final[Entry] = (N_("审计"), "web.audit", "shield-check", "/audit")

_BY_ROLES: Final[list[tuple[frozenset[Role], list[Entry]]]] = [
    (ENTERPRISE, [CATALOGUE, PROGRAMMES, VOUCHERS, ORDERS]),
    (PROVIDER, [CERTIFICATIONS, OFFERINGS, ORDERS, RECORDS, TARGETS, STATEMENTS]),
    (BUREAU, [CERTIFICATIONS, OFFERINGS, PROGRAMMES, ORDERS, CLAIMS, TARGETS, BATCHES]),
    (TREASURY, [PROGRAMMES, ORDERS, BATCHES]),
    (frozenset({Role.AUDITOR}), [PROGRAMMES, VOUCHERS, ORDERS, CLAIMS, TARGETS, BATCHES, AUDIT]),
    (frozenset({Role.ADMINISTRATOR}), [MEMBERS, CALENDAR]),
]
_VISITOR: Final = [CATALOGUE, PROGRAMMES, NOTICES, VERIFY]


def entries() -> list[NavEntry]:
    """The entries for whoever is asking."""
    person = actor_or_none()
    chosen = _VISITOR
    if person is not None:
        chosen = next(found for roles, found in _BY_ROLES if person.role in roles)
    return [
        NavEntry(gettext(label), url_for(endpoint), icon, request.path.startswith(below))
        for label, endpoint, icon, below in chosen
        if endpoint in current_app.view_functions
    ]


def install(app: Flask) -> None:
    """What every template may rely on."""

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"navigation": entries(), "current_actor": actor_or_none(), "csp_nonce": csp_nonce}
