"""Lists as files for spreadsheets: what the filter in the address finds, all of it, and a note in the audit trail.

A list's own route answers ``?format=xlsx`` or ``csv`` with a file, so its access list, filter and query count for the
file too. A room says only which columns there are, each a word for the head and a function of a read model.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Generic, TypeVar

from flask import Response, request, send_file
from flask_babel import gettext
from sqlalchemy.orm import Session

from audit.trail import record
from documents.tables import Value, Yuan, write_csv, write_xlsx
from foundation.actors import Actor
from foundation.clock import local, now
from foundation.database import Base
from foundation.errors import BadInput, NotFound
from foundation.i18n import N_
from foundation.pages import Page
from foundation.reading import ReadModel
from foundation.unit_of_work import commit_anyway

Row = TypeVar("Row", bound=ReadModel)

MOST: Final = 50_000
"""Rows of one file: a request makes it while somebody waits."""

_TYPES: Final = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: its head (a msgid), its value of a row, and whether that is an amount in fen, to be shown in yuan."""

    head: str
    value: Callable[[Row], Value]
    yuan: bool = False

    def label(self) -> str:
        """The head in the reader's language, with the unit where the values are amounts."""
        unit = gettext("（元）") if self.yuan else ""
        return f"{gettext(self.head)}{unit}"

    def cell(self, row: Row) -> Value:
        """What stands in this column of a row."""
        value = self.value(row)
        return Yuan(value) if self.yuan and isinstance(value, int) else value


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A list that can be exported: of which read model, whose deed it is in the audit trail, its name and its columns."""

    of: type[Row]
    thing: str
    title: str
    columns: Sequence[Column[Row]]

    def rows(self, page: Page[Row]) -> Iterator[list[Value]]:
        """The cells of every row of the list, not only of the page."""
        for chunk in page.chunks():
            for row in chunk:
                yield [column.cell(row) for column in self.columns]


def asked_for() -> bool:
    """Whether the address asks for a file instead of the page; a form that is shown again is always a page."""
    return request.method in {"GET", "HEAD"} and "format" in request.args


def export(
    session: Session,
    actor: Actor,
    listing: Listing[Row],
    page: Page[Row],
    filters: Mapping[str, object],
    *,
    subject: Base | None = None,
) -> Response:
    """The whole list of which ``page`` shows a part; ``filters`` are what its query took, for the audit trail.

    NotFound for a format that does not exist, BadInput for a list that is too long.
    """
    kind = request.args.get("format", "")
    if kind not in _TYPES:
        raise NotFound(N_("列表只能导出为 xlsx 或 csv 文件"), remedy=N_("回到列表，用“导出”旁边的链接"))
    if page.longer_than(MOST):
        raise BadInput(
            # The list is not counted to its end where its page does not know either.
            N_("这个列表有 %(total)s 条，一次最多导出 %(most)s 条")
            if page.total > MOST
            else N_("这个列表超过一次最多导出的 %(most)s 条"),
            remedy=N_("回到列表，加上筛选条件，分几次导出"),
            total=f"{page.total:,}",
            most=f"{MOST:,}",
        )
    title = str(gettext(listing.title))
    rows = _Counted(listing.rows(page))
    heads = [column.label() for column in listing.columns]
    content = write_xlsx(heads, rows, title=title) if kind == "xlsx" else write_csv(heads, rows)
    used = {name: str(value) for name, value in filters.items() if value}
    record(session, actor, f"{listing.thing}.export", subject, after={**used, "exported": rows.count, "format": kind})
    commit_anyway(session)
    name = f"{title}-{local(now()):%Y%m%d-%H%M}.{kind}"
    response = send_file(BytesIO(content), mimetype=_TYPES[kind], as_attachment=True, download_name=name, max_age=0)
    response.headers["Cache-Control"] = "private, no-store"
    return response


class _Counted:
    """Counts the rows as they are written: the list may have grown since its total was taken."""

    def __init__(self, rows: Iterator[list[Value]]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[list[Value]]:
        for row in self.rows:
            self.count += 1
            yield row
