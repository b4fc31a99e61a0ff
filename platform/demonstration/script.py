"""What the demonstration tells, as data: who there is, and what each does how many days before today."""

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from accounts.models import OrganisationKind
from enterprises.models import TitleLevel
from foundation.actors import Role
from foundation.yaml_files import read_yaml
from orders.models import OrderState

_FOLDER: Final = Path(__file__).parent / "data"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrganisationPart(_Part):
    """An invented organisation."""

    key: str
    kind: OrganisationKind
    region: str
    name: str


class PersonPart(_Part):
    """An invented person; ``email`` is what stands before the @."""

    email: str
    name: str
    organisation: str
    role: Role


class TitlePart(_Part):
    """A title in the register, granted so many days ago for three years."""

    enterprise: str
    level: TitleLevel
    batch: str
    granted: int


class ObjectionPart(_Part):
    """An objection to a public notice."""

    name: str
    contact: str
    text: str


class CertificationPart(_Part):
    """An application and how far it comes."""

    provider: str
    started: int
    pace: int = 1
    until: Literal["draft", "submitted", "in_review", "more_information", "public_notice", "certified"]
    note: str = ""
    asked: tuple[str, ...] = ()
    objection: ObjectionPart | None = None


class OfferingPart(_Part):
    """An offering; prices are yuan texts. ``until`` is how far its first version comes, ``then`` what happens afterwards."""

    key: str
    provider: str
    name: str
    category: str
    kind: str | None = None
    content: str
    effect: str
    mode: str
    supplier: str | None = None
    channel: str
    frequency: str
    list: str
    charged: str
    market: str
    price_basis: str
    delivery_days: int
    slots: int | None = None
    website: str | None = None
    remark: str
    source: str
    started: int
    until: Literal["in_review", "changes_requested", "listed"] = "listed"
    then: Literal["superseded", "in_review", "delisted"] | None = None
    charged_before: str | None = None
    charged_next: str | None = None
    note: str = ""


class AppropriationPart(_Part):
    """Money from the treasury, as yuan text."""

    day: int
    amount: str


class ClaimPart(_Part):
    """An enterprise's claim of a voucher."""

    enterprise: str
    day: int


class ProgrammePart(_Part):
    """A programme with the rules of the preset; ``first`` is the first day of its windows."""

    key: str
    name: str
    first: int
    appropriations: tuple[AppropriationPart, ...] = ()
    claims: tuple[ClaimPart, ...] = ()
    # The day on which what is left in the pool goes back to the treasury.
    returned: int | None = None


class RecordPart(_Part):
    """A service record; measures as decimal texts."""

    description: str
    result: str
    measures: dict[str, str] = Field(default_factory=dict)


class OrderPart(_Part):
    """An order, how far it comes on the normal way, and by which exit it leaves; one step takes ``pace`` days.

    ``service_pace`` holds from the agreement on, where the service takes longer.
    """

    key: str
    programme: str
    enterprise: str
    offering: str
    started: int
    pace: int = 2
    service_pace: int | None = None
    until: OrderState
    # Docked, and the agreement is filed: the enterprise has not confirmed it yet.
    filed: bool = False
    exit: Literal["fail_docking", "cancel", "dispute", "return", "reject"] | None = None
    reason: str = ""
    needs: str | None = None
    third_party: str | None = None
    records: tuple[RecordPart, ...] = ()
    rating: int = 5
    comment: str | None = None


class SharePart(_Part):
    """An order of which only a part is paid, as yuan text, and why."""

    order: str
    amount: str
    reason: str


class TakenBackPart(_Part):
    """A provider's statement that two people of the treasury take back, so many days after the batch was made."""

    provider: str
    after: int
    reason: str


class BatchPart(_Part):
    """A settlement batch of what was verified from ``period_from`` to ``period_to`` days ago, and how far it comes."""

    programme: str
    made: int
    pace: int = 2
    period_from: int
    period_to: int
    until: Literal["calculated", "reviewed", "paid"]
    share: SharePart | None = None
    taken_back: TakenBackPart | None = None


class TargetRowPart(_Part):
    """Baseline and target of a row, as decimal texts."""

    row: str
    baseline: str
    target: str
    baseline_part: str | None = None
    target_part: str | None = None


class TargetPart(_Part):
    """A performance-target table."""

    provider: str
    template: str
    started: int
    until: Literal["draft", "submitted", "approved"]
    rows: tuple[TargetRowPart, ...]


class Script(_Part):
    """Everything."""

    organisations: tuple[OrganisationPart, ...]
    people: tuple[PersonPart, ...]
    titles: tuple[TitlePart, ...]
    facts: dict[str, str]
    certifications: tuple[CertificationPart, ...]
    offerings: tuple[OfferingPart, ...]
    programmes: tuple[ProgrammePart, ...]
    orders: tuple[OrderPart, ...]
    batches: tuple[BatchPart, ...]
    targets: tuple[TargetPart, ...]


@cache
def script() -> Script:
    """The script as it stands in the data; a fault in a file stops the program with its place."""
    services, online = _read("offerings-services"), _read("offerings-online")
    offerings = [services["defaults"] | each for each in services["offerings"]]
    offerings += [online["defaults"] | {"provider": online["provider"]} | each for each in online["offerings"]]
    offerings += _bank_products(_read("offerings-banks"))
    people, certifications = _read("people"), _read("certifications")
    return Script.model_validate(
        {
            "offerings": offerings,
            **people,
            **certifications,
            **_read("programmes"),
            **_read("orders"),
            **_read("settlement"),
        }
    )


def _bank_products(data: dict[str, Any]) -> list[dict[str, Any]]:
    """One offering for each product that the notice names."""
    return [
        data["defaults"]
        | {
            "key": f"{bank['bank']}-{product}",
            "provider": data["provider"],
            "supplier": bank["supplier"],
            **{field: data[field] % {"bank": bank["bank"], "product": product} for field in ("name", "content")},
            "effect": data["effect"],
        }
        for bank in data["banks"]
        for product in bank["products"]
    ]


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = read_yaml(_FOLDER / f"{name}.yaml")
    return found
