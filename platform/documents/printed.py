"""What is printed on a document is looked at when it is typed: a character that no font of ours draws is told at once."""

from hashlib import sha256
from typing import Any, Final

from flask import session as cookie
from flask_babel import gettext
from wtforms import Field
from wtforms.validators import ValidationError

from documents.markup import missing_characters, normalised, visible

_TOLD: Final = "told_unprintable"
_MOST: Final = 8
"""So many texts of one browser are remembered; the cookie stays small."""


class Printed:
    """Tells once which character no font draws, where it stands and how it will be printed.

    A name is what it is, and Unicode has characters that no font of ours has yet: sent again unchanged, it is taken.
    """

    def __call__(self, _form: Any, field: Field) -> None:
        """Refuse the first time, with the way on."""
        text = str(field.data or "")
        missing = missing_characters(text)
        if not missing:
            return
        told, mark = cookie.get(_TOLD, []), _mark(text)
        if mark in told:
            return
        cookie[_TOLD] = [*told, mark][-_MOST:]
        raise ValidationError(
            "；".join(
                gettext(
                    "第 %(place)s 个字“%(character)s”没有可用的字形，PDF 文件上会印成%(code)s",
                    place=normalised(text).find(one) + 1,
                    character=one,
                    code=visible(one),
                )
                for one in missing
            )
            + "；"
            + gettext("请换成标准字；文字无误的，原样再提交一次即可")
        )


def _mark(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
