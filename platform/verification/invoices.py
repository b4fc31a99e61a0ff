"""What is known of an invoice before its XML is read: what the provider states, put into one form."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

_DIGITAL: Final = re.compile(r"\d{20}", re.ASCII)
_OLD: Final = re.compile(r"(\d{10}|\d{12})-\d{8}", re.ASCII)
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as stated: amount in fen with tax; seller and buyer by full name or unified social credit code."""

    number: str
    day: date
    amount: int
    seller: str
    buyer: str
    self_checked: bool


def normal_number(text: str) -> str:
    """The number without spaces, in half-width digits, with a plain dash."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def well_formed(number: str) -> bool:
    """Twenty digits (数电票), or the code and the eight-digit number of an older invoice with a dash between them.

    The dash is needed: a twelve-digit code and its number without one would look like a digital invoice.
    """
    return bool(_DIGITAL.fullmatch(number) or _OLD.fullmatch(number))


def same_party(stated: str, name: str, uscc: str) -> bool:
    """Whether what the invoice says is this organisation: by code or by full name, widths and spaces aside."""
    plain = _plain(stated)
    return plain in {_plain(name), _plain(uscc)}


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).upper().split())
