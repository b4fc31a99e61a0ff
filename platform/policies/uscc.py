"""Checks a unified social credit code (统一社会信用代码) by GB 32100-2015.

Eighteen characters: registering authority, kind of body, six digits of region, nine of the organisation, check character.
"""

from dataclasses import dataclass
from typing import Final

from stdnum.cn import uscc

from foundation.i18n import N_

_LENGTH: Final = 18
_ALPHABET: Final = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_DIGITS: Final = frozenset("0123456789")
_REGION: Final = slice(2, 8)

# Only full-width ASCII and small letters: NFKC and str.upper would turn "②" or "ß" into characters nobody typed.
_FULL_TO_HALF: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_UPPER: Final = {small: small - 0x20 for small in range(ord("a"), ord("z") + 1)}


@dataclass(frozen=True, slots=True)
class UsccResult:
    """The answer: ``reason`` is None for a valid code, else a Chinese msgid that says what is wrong."""

    input: str
    normalised: str
    valid: bool
    reason: str | None


def check_uscc(code: str) -> UsccResult:
    """Normalise a code (trim, full width to half width, upper case) and check it; it never raises."""
    normalised = normalise_uscc(code)
    reason = _fault(normalised)
    return UsccResult(code, normalised, reason is None, reason)


def normalise_uscc(code: str) -> str:
    """The code as the register writes it, whether it is right or not."""
    return code.translate(_FULL_TO_HALF).strip().translate(_UPPER)


def _fault(code: str) -> str | None:
    if len(code) != _LENGTH:
        return N_("统一社会信用代码应为18位")
    if not _ALPHABET.issuperset(code):
        return N_("只能使用数字和大写字母，且不含 I、O、S、V、Z")
    if not _DIGITS.issuperset(code[_REGION]):
        return N_("第3至8位（登记机关行政区划码）应为6位数字")
    # stdnum's own validate() also wants digits in the first two places, which the standard does not ask.
    if uscc.calc_check_digit(code[:-1]) != code[-1]:
        return N_("第18位校验码不符")
    return None
