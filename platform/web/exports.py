"""The columns of the audit trail in a spreadsheet."""

from typing import Final

from flask import get_template_attribute
from flask_babel import gettext

from audit.presentation import office_told
from documents.exports import Column, Listing
from foundation.i18n import N_
from web.reading import EventRow
from web.trail import changes, deed, note_of


def _role(role: str) -> str:
    return str(get_template_attribute("components/frame.html", "role_name")(role)).strip()


def _changes(row: EventRow) -> str:
    told = []
    for change in changes(row):
        before, after = (
            _role(value) if change["key"] == "role" and value is not None else value
            for value in (change["before"], change["after"])
        )
        told.append(f"{change['label']} {after if before is None else f'{before} → {after}'}")
    return str(gettext("；")).join(told)


EVENTS: Final[Listing[EventRow]] = Listing(
    EventRow,
    "event",
    N_("操作记录"),
    (
        Column(N_("时间"), lambda row: row.at),
        Column(N_("人员"), lambda row: row.person),
        Column(N_("单位"), lambda row: office_told(row.organisation)),
        Column(N_("角色"), lambda row: _role(row.role)),
        Column(N_("网络地址"), lambda row: row.ip),
        Column(N_("操作"), lambda row: deed(row.action)),
        Column(N_("办理的对象"), lambda row: row.thing.name if row.thing else ""),
        Column(N_("变化"), _changes),
        Column(N_("说明"), note_of),
    ),
)
