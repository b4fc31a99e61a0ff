"""The price rule, one for listing and for verification: no service costs more than the market asks for the same."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.money import display_yuan
from foundation.yaml_files import read_yaml

_FILE: Final = Path(__file__).parent / "data" / "price-rule.yaml"
HOUSE_RULE: Final = N_("本平台设定：标准价格不得高于市场同类产品")


def above_market(list_price: int, market_price: int) -> bool:
    """Whether a list price is forbidden; both in fen."""
    return list_price > market_price


def price_rule(region_path: str) -> str:
    """Where the rule stands for a region's providers: its own notice, else the house's own words (a msgid)."""
    codes = region_path.strip("/").split("/")
    return next((_cited()[code] for code in reversed(codes) if code in _cited()), HOUSE_RULE)


def ensure_not_above(list_price: int, market_price: int, *, region_path: str, field: str, remedy: str) -> None:
    """BadInput by ``field``, with the region's rule and the way out, when the list price is above the market's."""
    if above_market(list_price, market_price):
        raise BadInput(
            N_("标准价格 %(price)s 高于市场同类价格 %(market)s"),
            field=field,
            rule=price_rule(region_path),
            remedy=remedy,
            price=display_yuan(list_price),
            market=display_yuan(market_price),
        )


@cache
def _cited() -> Mapping[str, str]:
    rules: dict[str, dict[str, str]] = read_yaml(_FILE)["regions"]
    return {code: rule["citation"] for code, rule in rules.items()}
