"""What a scheme declares beside its steps: whose its lines are, where its facts come from, what it asks of the maker.

A scheme without ``of`` is worked from a given case only (simulation, command); one with it can be fed by the orders of a
programme. The names of sources are the house's own words; what they read stands in ``settlement/sources.py``.
"""

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Party = Literal["enterprise", "platform", "institution"]
"""Whose orders make a line: of the enterprise that was served, or of the platform or institution that served."""

OF_ORDER: Final[Mapping[str, str]] = {
    "order.placed_at": "moment",
    "order.list_price": "money",
    "order.charged_price": "money",
    "order.own_share": "money",
    "order.deduction": "money",
    "order.market_price": "money",
    "order.enterprise_title": "word",
    "order.category_admitted": "yes_no",
    "order.third_party": "yes_no",
    "offering.price_approved": "yes_no",
    "agreement.signed": "yes_no",
    "agreement.signed_on": "day",
    "agreement.tripartite": "yes_no",
}
"""What is known of each order, and the type of fact that it can be; of a claim for a part the amounts that go with it."""
OF_LINE: Final[Mapping[str, str]] = {"orders.some_title_admitted": "yes_no"}
"""What is known of the orders of a line together."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Part):
    """An amount of the whole case that the maker types; ``missing`` is said where it was not."""

    label: str
    hint: str
    missing: str


class Awarding(_Part):
    """The line facts that hold the share which the maker decides for a line, and why."""

    share: str
    because: str


class Asks(_Part):
    """What the maker of a batch is asked: facts of the case, an award for each line, a part of an order (部分额度)."""

    facts: Mapping[str, Question] = Field(default_factory=dict)
    award: Awarding | None = None
    parts: bool = False
