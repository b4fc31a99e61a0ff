"""The kinds of facts a scheme may ask for, how each is read from input and how a sentence shows it."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from foundation.clock import CHINA
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import format_yuan, grouped_yuan, parse_yuan

_YUAN: Final = re.compile(r"\d+(\.\d{1,2})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PERCENT_DECIMALS: Final = 20
"""More than a JSON writer gives a share of some percent, few enough that the arithmetic stays exact."""


def _read_money(value: object) -> int:
    """Yuan as text into fen; a number is refused, since JSON numbers carry noise and say nothing of the unit."""
    if not isinstance(value, str) or not _YUAN.fullmatch(value):
        raise PydanticCustomError("money", "")
    try:
        return parse_yuan(value)
    except BadInput:
        raise PydanticCustomError("money_range", "") from None


def _read_percent(value: object, maximum: int) -> Decimal:
    refusal = PydanticCustomError("percent", "", {"maximum": maximum})
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refusal
    share = Decimal(value)
    # Bounds come first: rounding a number with a huge exponent would be refused by the arithmetic itself.
    if not share.is_finite() or not 0 <= share <= maximum or share != round(share, _PERCENT_DECIMALS):
        raise refusal
    return round(share, _PERCENT_DECIMALS)


def _read_day(value: object) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("day", "")


def _read_moment(value: object) -> datetime:
    """An ISO time as UTC; without a zone it is a time in China. What has no time in China is refused, too."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
            return moment.astimezone(CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("moment", "")


Money = Annotated[int, BeforeValidator(_read_money), PlainSerializer(format_yuan, when_used="json")]
"""Yuan as text at the edge, fen inside."""
Day = Annotated[date, BeforeValidator(_read_day)]
"""A day as ISO text at the edge."""
Moment = Annotated[datetime, BeforeValidator(_read_moment)]
"""An ISO time at the edge, UTC inside."""


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    # Where a batch reads it (schemes/declared.py); None where the maker says it or no batch can feed the scheme.
    source: str | None = None

    def show(self, value: Any) -> str:
        """The value as a sentence writes it."""
        return str(value)


class MoneyFact(_Kind):
    """An amount in yuan."""

    type: Literal["money"]

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Money

    def show(self, value: Any) -> str:
        """Yuan with two decimals, thousands parted."""
        return grouped_yuan(value)


class PercentFact(_Kind):
    """A plain number of percent from 0 to the maximum that the rule allows."""

    type: Literal["percent"]
    maximum: int = 100

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Annotated[Decimal, BeforeValidator(partial(_read_percent, maximum=self.maximum))]

    def show(self, value: Any) -> str:
        """Percent without trailing noughts."""
        return f"{value.normalize():f}"


class YesNoFact(_Kind):
    """Yes or no; ``otherwise`` is what an absent fact means, where absence says something."""

    type: Literal["yes_no"]
    otherwise: bool | None = None

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return StrictBool

    def show(self, value: Any) -> str:
        """是 or 否."""
        return N_("是") if value else N_("否")


class TextFact(_Kind):
    """Free words, such as a reason; ``otherwise`` is what an absent fact means."""

    type: Literal["text"]
    otherwise: str | None = None

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Annotated[str, StringConstraints(strict=True, max_length=500)]


class WordFact(_Kind):
    """One of a list of words, each with the label that a person reads.

    ``if_yes`` and ``if_no`` are the words for a source that only says yes or no.
    """

    type: Literal["word"]
    words: Mapping[str, str]
    if_yes: str | None = None
    if_no: str | None = None

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Literal[tuple(self.words)]

    def show(self, value: Any) -> str:
        """The word's label."""
        return self.words[value]


class DayFact(_Kind):
    """A day, or null where the thing has not happened."""

    type: Literal["day"]

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Day | None

    def show(self, value: Any) -> str:
        """The day in ISO form."""
        return N_("无") if value is None else value.isoformat()


class MomentFact(_Kind):
    """A moment, in any zone."""

    type: Literal["moment"]

    def annotation(self) -> Any:
        """What pydantic is to read."""
        return Moment

    def show(self, value: Any) -> str:
        """Day and time in China."""
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


Fact = Annotated[
    MoneyFact | PercentFact | YesNoFact | TextFact | WordFact | DayFact | MomentFact, Field(discriminator="type")
]
