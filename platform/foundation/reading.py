"""Read models: what pages, lists as files and an interface for programs show of a thing, small and typed.

A read model holds facts and codes, never a word for a reader: words are put on where it is shown, in the reader's
language. It is made from the tables in as many queries for many things as for one, and knows nothing of them afterwards.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)

from foundation.clock import local
from foundation.money import format_yuan, parse_yuan

_YUAN: Final = re.compile(r"-?\d{1,14}\.\d{2}", re.ASCII)


class ReadModel(BaseModel):
    """The base of all read models: nothing is changed afterwards, nothing unknown or of another type is taken in.

    In JSON days are ``YYYY-MM-DD``, moments ISO 8601 with the zone, states their codes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _fen(value: Any, info: ValidationInfo) -> Any:
    """From JSON the string in yuan and nothing else; inside the program fen."""
    if info.mode != "json":
        return value
    if not isinstance(value, str) or _YUAN.fullmatch(value) is None:
        raise ValueError('an amount is a string in yuan with two decimals, such as "300000.00"')
    return parse_yuan(value, negative=True)


def _plain(value: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _local_iso(moment: datetime) -> str:
    return local(moment).isoformat()


Money = Annotated[
    int,
    BeforeValidator(_fen),
    PlainSerializer(format_yuan, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["300000.00"]}),
]
"""An amount: fen inside, in JSON yuan with two decimals (``"300000.00"``)."""

Moment = Annotated[AwareDatetime, PlainSerializer(_local_iso, return_type=str, when_used="json")]
"""A moment; in JSON as the clocks in China show it, with their zone: ``2021-05-01T09:00:00+08:00``."""

Figure = Annotated[Decimal, PlainSerializer(_plain, return_type=str, when_used="json")]
"""A counted or measured figure; in JSON a plain decimal string without zeros at the end."""
