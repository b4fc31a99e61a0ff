"""What is known of an invoice before its XML is read: what the provider states, put into one form."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from files.intake import Upload
from foundation.one_line import one_sign, same_name_key, seen

# Year, then province or a city with its own plan (GB/T 2260; 91 to 95 are Dalian, Ningbo, Xiamen, Qingdao, Shenzhen), then
# channel and serial number. Digital invoices began in 2021.
_DIGITAL: Final = re.compile(r"(?:2[1-9]|[3-9]\d)(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|9[1-5])\d{16}", re.ASCII)
# A code of twelve digits begins with 0 (tax administration), 1 or 2 (the former state and local tax offices).
_OLD: Final = re.compile(r"(\d{10}|[012]\d{11})-\d{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as stated: amount in fen with tax; seller and buyer by full name or unified social credit code."""

    number: str
    day: date
    amount: int
    seller: str
    buyer: str
    self_checked: bool


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice as stated, how much of it a claim uses, in fen (None: all of it), and its file where one is filed."""

    invoice: Invoice
    amount: int | None = None
    file: Upload | None = None

    @property
    def used(self) -> int:
        """What the claim uses of the invoice, in fen."""
        return self.invoice.amount if self.amount is None else self.amount


def plain(text: str) -> str:
    """Without characters that nobody sees and blanks at the ends."""
    return seen(text).strip()


def normal_number(text: str) -> str:
    """The one spelling of an invoice number: 20 digits of a digital invoice, else code-number of an older one.

    Blanks, dashes, widths and characters that nobody sees make no difference, so two spellings of one invoice are equal.
    What is no number comes back without blanks, for a person to mend.
    """
    groups = one_sign(plain(text)).replace("-", " ").split()
    digits = "".join(groups)
    if _DIGITAL.fullmatch(digits):
        return digits
    # Two parts are code and number, in this order: "number code" would otherwise be read as another invoice.
    parts = groups if len(groups) == 2 else [digits[:-8], digits[-8:]]
    number = "-".join(parts)
    return number if _OLD.fullmatch(number) else "-".join(groups)


def well_formed(number: str) -> bool:
    """Whether ``normal_number`` has made a number of it: 20 digits with a digital invoice's year and province (数电票),
    or the code and the eight-digit number of an older invoice.
    """
    return bool(_DIGITAL.fullmatch(number) or _OLD.fullmatch(number)) and normal_number(number) == number


def same_party(stated: str, name: str, uscc: str) -> bool:
    """Whether what the invoice says is this organisation: by code or by full name, widths, spaces and look-alikes aside."""
    said = same_name_key(stated)
    return said in {same_name_key(name), same_name_key(uscc)}
