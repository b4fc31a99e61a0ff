"""The fields that every form uses for text on one line, days and numbers; a form takes none of WTForms' own for these."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

from flask_babel import gettext
from wtforms import DateField, DecimalField, Field, IntegerField, StringField
from wtforms.validators import ValidationError

from foundation.clock import today
from foundation.errors import BadInput
from foundation.i18n import N_
from foundation.one_line import ensure_no_controls, folded, one_line, without_controls

FIRST_DAY: Final = date(1949, 10, 1)
"""Nothing that a form asks for happened before."""
OPEN_END: Final = date(9999, 12, 31)
"""How certificates write 长期: valid without an end."""

_DAY: Final = re.compile(r"(\d+)[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_YEAR_DIGITS: Final = 4


class LineField(StringField):
    """Text on one line: what nobody sees and needless blanks go, control characters are refused in words.

    ``raw_data`` changes too, so that "required" looks at what is left. What was typed is shown again without them.
    """

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Clean what was sent."""
        if not valuelist:
            return
        typed = self.cleaned(str(valuelist[0]))
        self.data = without_controls(typed)
        self.raw_data = [self.data]
        try:
            ensure_no_controls(typed)
        except BadInput as error:
            raise ValueError(error.text(gettext)) from error

    def cleaned(self, text: str) -> str:
        """What the field keeps of ``text``."""
        return one_line(text)


class CodeField(LineField):
    """A number, code, telephone number or address of mail: full-width signs become half width, all dashes hyphens."""

    def cleaned(self, text: str) -> str:
        """Folded; Chinese punctuation of names never comes here."""
        return one_line(folded(text))


class SolidField(CodeField):
    """A code without blanks inside, however a certificate groups it."""

    def cleaned(self, text: str) -> str:
        """Folded and without any blank."""
        return super().cleaned(text).replace(" ", "")


class DayField(DateField):
    """A day between 1 October 1949 and so many years from now; ``open_end`` also takes 9999-12-31 as 长期.

    Takes ``2026-11-20`` as browsers send it, and what people write: ``2026/11/20``, ``2026.11.20``, ``2026年11月20日``.
    """

    def __init__(
        self, label: Any, validators: Any, *, years_ahead: int, open_end: bool = False, **options: Any
    ) -> None:
        super().__init__(label, validators, **options)
        self.years_ahead = years_ahead
        self.open_end = open_end

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read the day, and say which part of it cannot be."""
        text = one_line(folded(str(valuelist[0]))).replace(" ", "") if valuelist else ""
        self.data = None
        if text:
            try:
                self.data = self._read(text)
            except BadInput as error:
                raise ValueError(error.text(gettext)) from error

    def _read(self, text: str) -> date:
        match = _DAY.fullmatch(text)
        if match is None:
            raise BadInput(N_("“%(text)s”不是日期，请按 2026-11-20 的样子填写"), text=text[:20])
        year, month, day = match.groups()
        if len(year) != _YEAR_DIGITS or int(year) == 0:
            raise BadInput(N_("年份“%(year)s”不对，应为四位数字，例如 2026"), year=year[:10])
        try:
            found = date(int(year), int(month), int(day))
        except ValueError as error:
            raise BadInput(N_("没有“%(text)s”这一天"), text=text[:20]) from error
        return self._in_span(found)

    def _in_span(self, found: date) -> date:
        if found == OPEN_END:
            if self.open_end:
                return found
            raise BadInput(N_("这里不能填长期（9999-12-31），请填写确定的日期"))
        last = date(today().year + self.years_ahead, 12, 31)
        if not FIRST_DAY <= found <= last:
            raise BadInput(
                N_("日期应在 %(first)s 至 %(last)s 之间"), first=FIRST_DAY.isoformat(), last=last.isoformat()
            )
        return found


class NotBefore:
    """The last day of a window, both days inclusive: not before the day in the field named ``first``."""

    def __init__(self, first: str) -> None:
        self.first = first

    def __call__(self, form: Any, field: Field) -> None:
        """Speak only where both days are there; each tells its own faults."""
        start = form[self.first]
        if field.data and start.data and field.data < start.data:
            raise ValidationError(
                gettext(
                    "应不早于“%(label)s”（%(day)s），可以是同一天", label=start.label.text, day=start.data.isoformat()
                )
            )


class _Between:
    """The number lies between two bounds, both inclusive; it speaks only of what is a number."""

    def __init__(self, least: int, most: int, words: str) -> None:
        self.least, self.most, self.words = least, most, words

    def __call__(self, _form: Any, field: Field) -> None:
        if field.data is not None and not self.least <= field.data <= self.most:
            raise ValidationError(gettext(self.words, least=f"{self.least:,}", most=f"{self.most:,}"))


class _Ranged:
    """A number with a range that cannot be left out; it tells one fault: what is no number is not also out of range."""

    errors: Sequence[str]
    data: Any
    raw_data: Any
    words: ClassVar[str]
    written: ClassVar[re.Pattern[str]]
    refused: ClassVar[str]
    read: ClassVar[Callable[[str], Any]]

    def __init__(self, label: Any, validators: Sequence[Any], *, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(label, [*validators, _Between(least, most, self.words)], **options)  # type: ignore[call-arg]

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read plain digits, full width or not: no exponent, no infinity, no underscores."""
        self.data = None
        if not valuelist:
            return
        typed = one_line(folded(str(valuelist[0])))
        # "Required" looks at what was sent: signs that nobody sees are nothing. Else it stays as it was typed.
        self.raw_data = valuelist if typed else [""]
        if typed:
            if self.written.fullmatch(typed) is None:
                raise ValueError(gettext(self.refused, text=typed[:20]))
            self.data = type(self).read(typed)

    def post_validate(self, *_args: Any) -> None:
        """Keep the first fault."""
        self.errors = list(self.errors)[:1]


class WholeField(_Ranged, IntegerField):
    """A whole number from ``least`` to ``most``."""

    words = N_("请填写 %(least)s 至 %(most)s 的整数")
    refused = N_("“%(text)s”不是整数，请只用数字填写")
    written = re.compile(r"[+-]?\d{1,18}", re.ASCII)
    read = int


class NumberField(_Ranged, DecimalField):
    """A decimal number from ``least`` to ``most``: finite, written with digits and a point."""

    words = N_("请填写 %(least)s 至 %(most)s 的数")
    refused = N_("“%(text)s”不是数字，请只用数字和小数点填写")
    written = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})", re.ASCII)
    read = Decimal
