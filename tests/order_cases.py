"""Orders in every state, made through the verbs that the pages call."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import factories as make
from papers import PDF
from sqlalchemy.orm import Session

from accounts.models import Membership, Organisation
from audit.trail import record
from enterprises.models import TitleLevel
from files.intake import Upload
from foundation.actors import SYSTEM, Actor, Role
from foundation.clock import now, today
from ledger.accounts import account
from ledger.models import AccountKind
from ledger.posting import Posting, post
from orders import agreements, confirmation, delivery, docking, ending, records
from orders.deadlines import due_in
from orders.models import Order, OrderState
from orders.ordering import Shown, place
from orders.steps import take
from providers.models import Offering, OfferingState, OfferingVersion
from vouchers import programmes
from vouchers.models import (
    ClaimState,
    Programme,
    ProgrammeState,
    ProgrammeVersion,
    Voucher,
    VoucherClaim,
)
from vouchers.terms import Terms, terms_of

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


def upload(content: bytes = PDF, filename: str = "协议.pdf") -> Upload:
    """A file as a person sends it."""
    return Upload(io.BytesIO(content), filename)


def terms(**changes: Any) -> Terms:
    """Terms like Xiamen's, around today."""
    facts: dict[str, Any] = {
        "document": "厦门市服务方案（2021-11-05）",
        "titles": (TitleLevel.KEY_LITTLE_GIANT, TitleLevel.LITTLE_GIANT, TitleLevel.SRDI),
        "priority_titles": (TitleLevel.KEY_LITTLE_GIANT, TitleLevel.LITTLE_GIANT),
        "cap_per_enterprise": 50_000_000,
        "deduction_percent": 50,
        "excluded_categories": ("listing_and_finance",),
        "claims_open_at": now() - timedelta(days=30),
        "claims_close_at": now() + timedelta(days=30),
        "contracts_from": today() - timedelta(days=30),
        "contracts_to": today() + timedelta(days=60),
        "expires_on": today() + timedelta(days=90),
        "citations": {
            "excluded_categories": {"article": "第三条", "says": "融资项目除外"},
            "contract_window": {"article": "第四条", "says": "协议签订期间"},
        },
    }
    return Terms.model_validate(facts | changes)


@dataclass
class Scene:
    """A programme with money, a provider with an offering, and people on every side."""

    session: Session
    terms: Terms = field(default_factory=terms)
    slots: int | None = None
    category: str = "digital"
    mode: str = "own"
    list_price: int = 12_000_000
    charged_price: int = 10_000_000

    def __post_init__(self) -> None:
        session = self.session
        self.bureau = make.bureau(session)
        self.treasury = make.treasury(session)
        self.provider = make.provider(session)
        self.officer = make.actor(session, self.bureau, Role.OFFICER)
        self.reviewer = make.actor(session, self.bureau, Role.REVIEWER)
        self.clerk = make.actor(session, self.provider, Role.PROVIDER_MEMBER)
        self.programme = Programme(
            number=f"XM{uuid4().hex[:8]}",
            name="专精特新服务券",
            summary="试点",
            bureau_id=self.bureau.id,
            treasury_id=self.treasury.id,
            region_id=self.bureau.region_id,
            scheme_id="xiamen-2021",
            state=ProgrammeState.OPEN,
        )
        self.version = ProgrammeVersion(
            programme=self.programme, version=1, terms=self.terms.for_storage(), announced_at=now()
        )
        self.offering = Offering(number=f"FW{uuid4().hex[:8]}", provider_id=self.provider.id)
        self.offered = self.list_version(1)
        session.add_all([self.programme, self.version, self.offering, self.offered])
        session.flush()
        self._move(AccountKind.TREASURY, account(session, AccountKind.POOL, self.programme.id), 1_000_000_000)

    def new_terms(self, **changes: Any) -> None:
        """Another version of the programme's rules, proposed and approved by two people; it binds what comes now."""
        self.session.refresh(self.programme)
        self.terms = Terms.model_validate(self.terms.model_dump() | changes)
        facts: dict[str, Any] = {"name": self.programme.name, "summary": self.programme.summary, "terms": self.terms}
        programmes.edit(self.session, self.officer, self.programme, **facts)
        programmes.approve_version(self.session, self.reviewer, self.programme)
        self.version = self.programme.versions[-1]

    def announce(self, **changes: Any) -> None:
        """A further version of the terms, which binds the vouchers that are issued from now on."""
        self.terms = Terms.model_validate(self.terms.model_dump() | changes)
        self.version = ProgrammeVersion(
            programme=self.programme,
            version=self.version.version + 1,
            terms=self.terms.for_storage(),
            announced_at=now(),
        )
        self.session.add(self.version)
        self.session.flush()
        self.session.refresh(self.programme, ["versions"])

    def list_version(self, version: int, **changes: Any) -> OfferingVersion:
        """A listed version of the scene's offering."""
        facts: dict[str, Any] = {
            "name": "工业互联网诊断",
            "category": self.category,
            "content": "现场诊断并出具改造方案",
            "mode": self.mode,
            "channel": "both",
            "frequency": "一次",
            "list_price": self.list_price,
            "charged_price": self.charged_price,
            "market_price": self.list_price,
            "price_basis": "同类服务合同",
            "effect": "形成方案",
            "delivery_days": 30,
            "slots": self.slots,
        }
        return OfferingVersion(offering=self.offering, version=version, state=OfferingState.LISTED, **(facts | changes))

    def voucher(
        self, enterprise: Organisation | None = None, face: int = 50_000_000, title: TitleLevel = TitleLevel.SRDI
    ) -> Voucher:
        """A voucher with its money, for an enterprise (a new one unless given)."""
        session = self.session
        enterprise = enterprise or make.enterprise(session, title)
        claim = VoucherClaim(
            number=f"SL{uuid4().hex[:8]}",
            programme_id=self.programme.id,
            programme_version_id=self.version.id,
            enterprise_id=enterprise.id,
            state=ClaimState.ALLOTTED,
            title=title.value,
            priority=1,
            requested=face,
            allotted=face,
            queued_at=now(),
        )
        voucher = Voucher(
            number=f"Q{uuid4().hex[:8]}",
            programme=self.programme,
            programme_version=self.version,
            enterprise_id=enterprise.id,
            face=face,
            issued_at=now(),
            expires_on=self.terms.expires_on,
        )
        session.add(claim)
        session.flush()
        voucher.claim_id = claim.id
        # The account's owner is the voucher, so its id is needed before its row.
        voucher.id = uuid4()
        voucher.account_id = account(session, AccountKind.VOUCHER, self.programme.id, voucher.id)
        session.add(voucher)
        session.flush()
        self._move(AccountKind.POOL, voucher.account_id, face, voucher)
        return voucher

    def _move(self, source: AccountKind, target: Any, amount: int, voucher: Voucher | None = None) -> None:
        """Appropriate, or issue a ``voucher``, told as the verbs tell it."""
        about = ("programmes", self.programme.id) if voucher is None else ("vouchers", voucher.id)
        posting = Posting(
            id=uuid4(),
            source=account(self.session, source, self.programme.id),
            target=target,
            amount=amount,
            kind="appropriate" if voucher is None else "issue",
            programme_id=self.programme.id,
            subject_type=about[0],
            subject_id=about[1],
        )
        post(self.session, SYSTEM, [posting])
        if voucher is None:
            after = {"amount": amount, "transfer": str(posting.id)}
            record(self.session, SYSTEM, "programme.appropriate", self.programme, after=after)

    def buyer(self, voucher: Voucher) -> Actor:
        """A person of the voucher's enterprise."""
        return make.actor(
            self.session, self.session.get_one(Organisation, voucher.enterprise_id), Role.ENTERPRISE_MEMBER
        )

    def place(self, voucher: Voucher | None = None, **changes: Any) -> Order:
        """An order as the form places it."""
        voucher = voucher or self.voucher()
        buyer = changes.pop("actor", None) or self.buyer(voucher)
        share = self.charged_price * self.terms.deduction_percent // 100
        facts: dict[str, Any] = {
            "order_id": uuid4(),
            "offering_number": self.offering.number,
            "voucher_number": voucher.number,
            "shown": Shown(self.charged_price, share),
        }
        return place(self.session, buyer, **(facts | changes))

    def facts(self, **changes: Any) -> records.Facts:
        """What a service record of the scene says."""
        said: dict[str, Any] = {
            "delivered_on": today(),
            "channel": "offline",
            "place": "厦门市湖里区厂区",
            "delivered_by": "王工",
            "description": "现场诊断两条产线",
            "result": "形成改造方案一份",
            "measures": {"digital_enterprises": Decimal(1)},
        }
        return records.Facts(**(said | changes))

    def agree(self, order: Order, buyer: Actor, signed_on: date | None = None) -> None:
        """Upload and confirm the agreement."""
        agreements.upload(
            self.session,
            self.clerk,
            order.number,
            agreement_number="HT-1",
            signed_on=signed_on or today(),
            file=upload(),
            third_party="某检测公司" if self.mode != "own" else None,
        )
        agreements.confirm(self.session, buyer, order.number)

    def order_in(self, state: OrderState, voucher: Voucher | None = None, **changes: Any) -> Order:
        """An order that has come to ``state`` by the normal way."""
        session, order = self.session, self.place(voucher, **changes)
        buyer = self.buyer(order.voucher)
        ways: Sequence[tuple[OrderState, Callable[[], object]]] = [
            (OrderState.DOCKING, lambda: docking.succeed(session, self.clerk, order.number)),
            (OrderState.CONTRACTED, lambda: self.agree(order, buyer)),
            (
                OrderState.IN_SERVICE,
                lambda: records.file(
                    session,
                    self.clerk,
                    order.number,
                    facts=self.facts(),
                    process=[upload(PNG, "现场.png")],
                    result=[upload(filename="方案.pdf")],
                ),
            ),
            (OrderState.DELIVERED, lambda: delivery.deliver(session, self.clerk, order.number)),
            (OrderState.CONFIRMED, lambda: confirmation.confirm(session, buyer, order.number, rating=5)),
            (OrderState.CLAIMED, lambda: self._take(order, self.clerk, "claim", OrderState.CLAIMED)),
        ]
        for reached, way in ways:
            if order.state is state:
                break
            way()
            assert order.state is reached or reached is OrderState.DOCKING
        assert order.state is state
        return order

    def order_in_any(self, state: OrderState) -> Order:
        """An order in a state beside the normal way too."""
        if state is OrderState.PLACED:
            self.offered.slots = 1
            self.place()
            return self.place()
        if state is OrderState.VOIDED:
            order = self.place()
            return docking.fail(self.session, self.clerk, order.number, reason="联系不上")
        if state is OrderState.CANCELLED:
            return ending.cancel(self.session, self.clerk, self.place().number, reason="计划有变")
        if state is OrderState.DISPUTED:
            order = self.order_in(OrderState.IN_SERVICE)
            return ending.dispute(self.session, self.clerk, order.number, reason="与约定不符")
        return self.order_in(state)

    def _take(self, order: Order, actor: Actor, event: str, state: OrderState) -> None:
        take(self.session, actor, order, event, due_at=due_in(state, terms_of(self.version)))


def person(session: Session, organisation_id: Any, role: Role) -> Membership:
    """Somebody with an account in an organisation, to sign in as."""
    return make.member(session, session.get_one(Organisation, organisation_id), role)
