"""Who may open which route: every endpoint stands in exactly one list, and what stands in none is refused.

The lists are the enforcement itself (``guard``), so they cannot drift from it; ``tests/web/test_access.py`` holds them
against the routes and walks every one of them as every role. Whose records a person sees is asked in the verbs and
queries: here stands only which roles get through the door.
"""

from dataclasses import dataclass
from typing import Final

from accounts.own_account import SPEAKERS
from foundation.actors import BUREAU, ENTERPRISE, EVERYBODY, PROVIDER, STAFF, TREASURY, Role


@dataclass(frozen=True, slots=True)
class AccessList:
    """Roles and the endpoints that they may open; ``roles`` None is everybody, signed in or not."""

    roles: frozenset[Role] | None
    endpoints: frozenset[str]


ACCESS: Final[dict[str, AccessList]] = {
    "public": AccessList(
        None,
        frozenset(
            {
                # vouchers, enterprises
                "vouchers.programmes",
                "vouchers.programme",
                # web
                "static",
                "web.healthz",
                "web.language",
                "web.larger_type",
                "web.home",
                "web.help_page",
                "web.style",
                # accounts
                "accounts.sign_in",
                "accounts.code",
                "accounts.sign_out",
                "accounts.register",
                "accounts.join",
                # providers, notices
                "catalogue.index",
                "catalogue.offering",
                "catalogue.provider",
                "notices.index",
                "notices.notice",
                # orders
                "orders.check_confirmation",
                # verification, performance, settlement
                "settlement.verify",
                "settlement.verify_statement",
                # demonstration
                "demonstration.page",
            }
        ),
    ),
    "signed in": AccessList(
        EVERYBODY,
        frozenset(
            {
                "web.search",
                "web.waiting",
                "web.following",
                # accounts
                "accounts.account",
                "accounts.password",
                "accounts.end_others",
                "accounts.switch",
                # files: whoever may see the thing may see its files (files/access.py)
                "files.file",
            }
        ),
    ),
    "enterprise": AccessList(
        ENTERPRISE,
        frozenset(
            {
                # vouchers, enterprises
                "vouchers.claim",
                # orders
                "orders.order",
                "orders.order_summary",
                "orders.confirm_agreement",
                "orders.send_back_agreement",
                "orders.confirm_record",
                "orders.contest_record",
                "orders.confirm",
            }
        ),
    ),
    "provider": AccessList(
        PROVIDER,
        frozenset(
            {
                # providers
                "providers.start_certification",
                "providers.certification_form",
                "providers.save_certification",
                "providers.judgement",
                "providers.new_offering",
                "providers.edit_offering",
                # orders
                "orders.dock",
                "orders.fail_docking",
                "orders.agreement",
                "orders.new_record",
                "orders.amend_record",
                "orders.deliver",
                # verification, performance, settlement
                "verification.claim",
                "performance.new",
                "performance.edit",
                "performance.submit_table",
                "performance.change",
            }
        ),
    ),
    "enterprise or provider": AccessList(
        ENTERPRISE | PROVIDER,
        frozenset(
            {
                # orders
                "orders.cancel",
                "orders.dispute",
            }
        ),
    ),
    "officer": AccessList(
        frozenset({Role.OFFICER}),
        frozenset(
            {
                # vouchers, enterprises
                "programmes.draft",
                "programmes.edit",
                # verification, performance, settlement
                "verification.verify",
                "verification.send_back",
                "verification.reject",
            }
        ),
    ),
    "reviewer": AccessList(
        frozenset({Role.REVIEWER}),
        frozenset(
            {
                # vouchers, enterprises
                "programmes.check",
                "programmes.send_back",
                "programmes.approve_version",
                "delegations.end",
                "vouchers.revoke",
                "enterprises.revoke_title",
            }
        ),
    ),
    "officer or reviewer": AccessList(
        frozenset({Role.OFFICER, Role.REVIEWER}),
        frozenset(
            {
                # providers, notices
                "providers.review_certification",
                "notices.answer",
                # vouchers, enterprises
                "programmes.announce",
                "programmes.open_claims",
                "programmes.ask_to_close",
                "programmes.close_claims",
                "programmes.decline_closing",
                "vouchers.reclaim",
                "vouchers.ask_to_revoke",
                "vouchers.decline_revoking",
                "enterprises.new_title",
                # orders
                "orders.decide",
                "orders.end_stalled",
                # verification, performance, settlement
                "verification.ask_undo",
                "verification.undo",
                "verification.decline_undo",
                "performance.approve",
                "performance.send_back",
                "settlement.new",
                "settlement.calculate",
                "settlement.award",
                "settlement.part",
                "settlement.review",
                "settlement.withdraw",
            }
        ),
    ),
    "bureau": AccessList(
        BUREAU,
        frozenset(
            {
                # vouchers, enterprises: whoever is no reviewer reads it (accounts/delegation.py)
                "delegations.index",
            }
        ),
    ),
    "budget holder": AccessList(
        frozenset({Role.BUDGET_HOLDER}),
        frozenset(
            {
                # vouchers, enterprises
                "programmes.appropriate",
                "funds.take_back",
                "funds.return_unspent",
                # verification, performance, settlement
                "settlement.approve",
                "settlement.send_back",
                "settlement.correct",
            }
        ),
    ),
    "payer": AccessList(
        frozenset({Role.PAYER}),
        frozenset(
            {
                # verification, performance, settlement
                "settlement.pay",
            }
        ),
    ),
    "treasury": AccessList(
        TREASURY,
        frozenset({"funds.carry_out", "funds.decline", "settlement.ask_correction", "settlement.decline_correction"}),
    ),
    "staff": AccessList(
        STAFF,
        frozenset(
            {
                # vouchers, enterprises
                "programmes.flow",
                "programmes.transfers",
                "programmes.claims",
                # verification, performance, settlement
                "verification.index",
                "settlement.index",
                "settlement.batch",
            }
        ),
    ),
    "enterprise and staff": AccessList(
        ENTERPRISE | STAFF,
        frozenset(
            {
                # vouchers, enterprises
                "vouchers.index",
                "vouchers.voucher",
                "enterprises.titles",
            }
        ),
    ),
    "enterprise, provider and staff": AccessList(
        ENTERPRISE | PROVIDER | STAFF,
        frozenset(
            {
                # orders
                "orders.index",
                "orders.case",
                "orders.confirmation_letter",
                "orders.records",
            }
        ),
    ),
    "provider and staff": AccessList(
        PROVIDER | STAFF,
        frozenset(
            {
                # providers, notices
                "providers.certifications",
                "providers.certification",
                "providers.certificate",
                "providers.offerings",
                "providers.offering",
                "providers.step_offering",
                # verification, performance, settlement
                "verification.case",
                "performance.index",
                "performance.table",
                "performance.row",
                "settlement.statements",
                "settlement.statement",
                "settlement.statement_pdf",
            }
        ),
    ),
    "manager or administrator": AccessList(
        frozenset({Role.ENTERPRISE_MANAGER, Role.PROVIDER_MANAGER, Role.ADMINISTRATOR}),
        frozenset(
            {
                # accounts
                "accounts.members",
                "accounts.change_member",
            }
        ),
    ),
    "administrator": AccessList(
        frozenset({Role.ADMINISTRATOR}),
        frozenset(
            {
                # working_days
                "working_days.index",
                "working_days.year",
                "working_days.enter",
            }
        ),
    ),
    "who speaks for an organisation": AccessList(SPEAKERS, frozenset({"accounts.contact"})),
    "auditor": AccessList(frozenset({Role.AUDITOR}), frozenset({"web.audit"})),
}


def list_of(endpoint: str) -> AccessList | None:
    """The list in which ``endpoint`` stands; None when nobody has decided about it, which means nobody may."""
    return next((access for access in ACCESS.values() if endpoint in access.endpoints), None)
