"""The case that the checks look at, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from providers.certificate_days import Uncertified
from verification.invoices import Invoice


@dataclass(frozen=True, slots=True)
class AgreementFacts:
    """The service agreement as it stands at the order."""

    signed_on: date
    provider_confirmed: bool
    enterprise_confirmed: bool
    tripartite: bool


@dataclass(frozen=True, slots=True)
class Party:
    """Who an organisation is."""

    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class BilledFacts:
    """An invoice as the claim states it: ``used`` of it by this claim, ``left`` beside all other claims and red letters, in
    fen. ``taken_back`` is what red letters took back.
    """

    invoice: Invoice
    used: int
    left: int
    taken_back: int = 0


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that the checks look at. Amounts in fen; ``rules`` are the citations of the programme's own rules.

    ``deduction`` is what is claimed, ``charged_price`` the price that goes with it, rounded up where it is a ``part``.
    """

    provider: Party
    enterprise: Party
    list_price: int
    charged_price: int
    deduction: int
    market_price: int
    third_party: bool
    agreement: AgreementFacts | None
    contracts_from: date
    contracts_to: date
    expires_on: date
    records: int
    contested: int
    unconfirmed: int
    delivered: tuple[date, ...]
    has_process: bool
    has_result: bool
    confirmed: bool
    rating: int | None
    today: date
    uncertified: tuple[Uncertified, ...] = ()
    invoices: tuple[BilledFacts, ...] = ()
    part: bool = False
    files_elsewhere: int = 0
    rules: Mapping[str, str] = field(default_factory=dict)
