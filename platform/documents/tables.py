"""Exports for spreadsheets: numbers stay numbers, and no text of anybody becomes a formula (CWE-1236)."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any, Final, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from documents.markup import harmless
from foundation.clock import local
from foundation.money import format_yuan


@dataclass(frozen=True, slots=True)
class Yuan:
    """An amount in fen that a spreadsheet shows, and adds up, in yuan with two decimals."""

    fen: int


Value = str | int | Decimal | Yuan | date | datetime | None

_FORMULA: Final = tuple("=+-@＝＋－＠")
_BREAKS: Final = ("\t", "\r", "\n")
_EXACT: Final = 10**15
"""Spreadsheets keep 15 significant digits; a longer number is written as text rather than changed."""
_LONGEST: Final = 32_767
"""Characters that a cell of an .xlsx file may hold."""
_SAMPLE: Final = 200
_WIDEST: Final = 60


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[Value]], *, title: str = "导出") -> bytes:
    """An .xlsx file of one sheet: bold fixed head with filter, amounts and dates with their formats, text as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    stream = iter(rows)
    sample = list(islice(stream, _SAMPLE))
    for at, width in enumerate(_widths(headers, sample), start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_head(sheet, header) for header in headers])
    count = 1
    cells = _Cells(sheet)
    for row in chain(sample, stream):
        sheet.append([cells.cell(at, value) for at, value in enumerate(row)])
        count += 1
    if headers:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers))}{count}"
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write_csv(
    headers: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig",
) -> bytes:
    """A .csv file (RFC 4180) with byte order mark; text that would start a formula gets an apostrophe before it."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_csv_text(header) for header in headers])
    writer.writerows([_csv_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode(encoding)


def _head(sheet: Any, header: str) -> Any:
    cell = _xlsx_text(sheet, header)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="EDF2F3")
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


class _Cells:
    """Cells of one row after the other: a row is written at once, so each column needs one cell of a format only."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._made: dict[tuple[int, str], Any] = {}

    def cell(self, at: int, value: Value) -> Any:
        """What to append for ``value`` in column ``at``."""
        match value:
            case str() if value:
                # openpyxl takes plain text as it is, but reads a formula or an error (#N/A) into what begins like one.
                plain = value[0] != "#" and not _starts_formula(value)
                return _fitting(harmless(value)) if plain else _xlsx_text(self._sheet, value)
            case Yuan(fen=fen):
                return self._formatted(at, Decimal(fen) / 100, "#,##0.00;[Red]-#,##0.00")
            case datetime():
                return self._formatted(at, _wall_clock(value), "yyyy-mm-dd hh:mm")
            case date():
                return self._formatted(at, value, "yyyy-mm-dd")
            case int() | Decimal():
                return value if -_EXACT < value < _EXACT else str(value)
        return None

    def _formatted(self, at: int, value: Any, number_format: str) -> Any:
        cell = self._made.get((at, number_format))
        if cell is None:
            cell = self._made[at, number_format] = WriteOnlyCell(self._sheet)
        cell.value = value
        cell.number_format = number_format
        return cell


def _xlsx_text(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, _fitting(harmless(text)))
    cell.data_type = "s"
    # Without the prefix a spreadsheet would make a formula of it as soon as somebody edits the cell.
    cell.quotePrefix = _starts_formula(text)
    return cell


def _csv_cell(value: Value) -> str:
    match value:
        case str():
            return _csv_text(value)
        case Yuan(fen=fen):
            return format_yuan(fen)
        case datetime():
            return f"{_wall_clock(value):%Y-%m-%d %H:%M}"
        case Decimal():
            return f"{value:f}"
        case None:
            return ""
    return str(value)


def _csv_text(text: str) -> str:
    return ("'" if _starts_formula(text) else "") + harmless(text)


def _starts_formula(text: str) -> bool:
    return text.startswith(_BREAKS) or text.lstrip().startswith(_FORMULA)


def _wall_clock(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment in an export needs its time zone")
    return local(moment).replace(tzinfo=None)


def _fitting(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    mark = f"…〔共 {len(text)} 字，此处截断〕"
    return text[: _LONGEST - len(mark)] + mark


def _widths(headers: Sequence[str], sample: Sequence[Sequence[Value]]) -> Iterator[float]:
    for at, header in enumerate(headers):
        texts = [header, *(_csv_cell(row[at]) for row in sample if at < len(row))]
        yield min(_WIDEST, 3 + max(_columns(text) for text in texts))


def _columns(text: str) -> int:
    return sum(2 if character >= "\u2e80" else 1 for character in text[:_WIDEST])


def _sheet_name(title: str) -> str:
    cleaned = "".join(" " if character in "[]:*?/\\" else character for character in harmless(title))
    return cleaned.strip(" '")[:31] or "1"
