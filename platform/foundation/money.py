"""Money is integer fen (分); yuan strings with two decimals stand only at the edges."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import cn2an

from foundation.errors import BadInput
from foundation.i18n import N_

MAX_FEN: Final = 9_000_000_000_000_000
"""Ninety trillion yuan: far above any budget, far below BIGINT, so that sums cannot overflow."""

# Commas only where they part thousands: "1,5" may mean fifteen or one and a half.
_YUAN = re.compile(r"(-?)(\d{1,14}|\d{1,3}(?:[,，]\d{3}){1,4})(?:\.(\d{1,2}))?", re.ASCII)


def parse_yuan(text: str, *, field: str | None = None, negative: bool = False) -> int:
    """Read yuan such as ``300000.00``, ``¥1,234.5`` or ``12`` into fen; anything else is BadInput.

    At most two decimals, no exponent, no sign unless ``negative``: an amount is never guessed.
    """
    cleaned = text.strip().removeprefix("¥").removeprefix("￥").strip()
    match = _YUAN.fullmatch(cleaned)
    if match is None or (match[1] and not negative):
        raise BadInput(
            N_("“%(text)s”不是有效金额：请以元为单位，最多两位小数，例如 1234.50"), field=field, text=text[:40]
        )
    fen = int(re.sub("[,，]", "", match[2])) * 100 + int((match[3] or "").ljust(2, "0"))
    if fen > MAX_FEN:
        raise BadInput(N_("金额超出可处理的范围"), field=field)
    return -fen if match[1] else fen


def format_yuan(fen: int) -> str:
    """Fen as a plain yuan string with two decimals: ``30000000`` gives ``300000.00``."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan}.{rest:02d}"


def grouped_yuan(fen: int) -> str:
    """Fen for a sentence that says 元 itself: ``1,234.50``, with a true minus sign where money goes back."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'−' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def display_yuan(fen: int) -> str:
    """Fen for a reader: ``¥1,234.50``, with a true minus sign where money goes back."""
    return f"{'−' if fen < 0 else ''}¥{grouped_yuan(abs(fen))}"


def percent_of(fen: int, percent: Decimal | int) -> int:
    """``percent`` of ``fen``, rounded down to the fen, in exact arithmetic."""
    share = Decimal(percent).as_integer_ratio()
    return fen * share[0] // (share[1] * 100)


def largest_remainder(total: int, weights: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Split ``total`` fen in proportion to ``weights``; the parts sum to the whole, ties go by key.

    Each part differs from its exact share by less than one fen. ValueError for a negative weight, for a key that comes
    twice, and for weights that are all zero unless ``total`` is zero too.
    """
    if any(weight < 0 for _, weight in weights) or len({key for key, _ in weights}) < len(weights):
        raise ValueError("weights are not negative and have keys of their own")
    whole = sum(weight for _, weight in weights)
    if whole == 0:
        if total:
            raise ValueError("cannot split money over weights that are all zero")
        return {key: 0 for key, _ in weights}
    parts = {key: total * weight // whole for key, weight in weights}
    remainders = sorted(weights, key=lambda item: (-(total * item[1] % whole), item[0]))
    for key, _ in remainders[: total - sum(parts.values())]:
        parts[key] += 1
    return parts


def capitals(fen: int) -> str:
    """The amount in Chinese capitals as cheques and statements write it: ``107000.53`` is 壹拾万柒仟元伍角叁分.

    整 closes an amount without fen, 负 opens one that goes back (《支付结算办法》附一, 正确填写票据和结算凭证的基本规定:
    after 元 it must stand, after 角 it may; we always write it, so that nothing can be added).
    """
    if fen < 0:
        return "负" + capitals(-fen)
    words: str = cn2an.an2cn(format_yuan(fen), "rmb")
    return words + "整" if words.endswith("角") else words
