"""Text on one line as people paste it: what nobody sees goes, widths fold where that is the sense, and keys for comparing.

Pages and messengers add zero width marks, Windows adds direction marks, Chinese keyboards type full-width digits.
"""

import unicodedata
from typing import Final

from foundation.errors import BadInput
from foundation.i18n import N_

# Line ends and tabs that come along when a text is copied stand for a blank.
_BLANKS: Final = frozenset("\t\n\r\v\f\x85")
# Drawn as nothing though they count as letters or marks (default ignorable code points outside the category Cf).
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")

# Selectors of a drawing variant: the same character drawn a little differently.
_VARIANTS: Final = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])

_HALF: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣﹘"), "-")

_ONE_SIGN: Final = str.maketrans(
    dict.fromkeys("•‧・･．.⋅∙●", "·") | dict.fromkeys("○◯⭕", "〇") | dict.fromkeys("‐‑‒–—―−－ー﹣﹘", "-")
)


def seen(text: str) -> str:
    """``text`` without the characters that nobody sees: zero width, direction marks, byte order mark, soft hyphen."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf" and one not in _FILLERS)


def one_line(text: str) -> str:
    """``text`` as one reads it: without invisible characters and outer blanks, with one blank for several."""
    # Not str.split(): it takes the control characters U+001C to U+001F for blanks.
    words = "".join(" " if _blank(one) else one for one in seen(text)).split(" ")
    return " ".join(word for word in words if word)


def folded(text: str) -> str:
    """Full-width ASCII as half width and every dash as a hyphen: for codes, numbers, addresses of mail."""
    return text.translate(_HALF).translate(_DASHES)


def without_controls(text: str) -> str:
    """``text`` without control characters, for a person to look at again."""
    return "".join(one for one in text if not _control(one))


def ensure_no_controls(text: str) -> None:
    """BadInput naming the first control character and its place; nothing that is printed has one."""
    for place, one in enumerate(text, start=1):
        if _control(one):
            raise BadInput(
                N_("第 %(place)s 个字符是控制字符（U+%(code)s），不能使用；这里已经去掉，请核对后再提交"),
                place=place,
                code=f"{ord(one):04X}",
            )


def same_name_key(text: str) -> str:
    """A key that is equal where two names read the same: widths, brackets, blanks, case and look-alikes aside.

    For comparing only: what is stored and shown stays as it was typed.
    """
    return "".join(one_sign(seen(text)).upper().split())


def one_sign(text: str) -> str:
    """``text`` with one sign where Unicode has several that look alike: widths, dashes, middle dots, the round zero."""
    plain = "".join(one for one in text if ord(one) not in _VARIANTS)
    # Both before and after: NFKC turns a full-width stop, which stands for the dot in names, into a full stop.
    return unicodedata.normalize("NFKC", plain.translate(_ONE_SIGN)).translate(_ONE_SIGN)


def _control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} and character not in _BLANKS


def _blank(character: str) -> bool:
    return character in _BLANKS or unicodedata.category(character)[0] == "Z"
