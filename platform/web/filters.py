"""How figures, days and ages are written on pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask
from flask_babel import gettext, ngettext

from audit.presentation import office_told
from audit.queries import MOST_TOLD
from documents.exports import MOST
from foundation.clock import day_of, local, now, today, working_days_between
from foundation.fields import OPEN_END
from foundation.i18n import retold
from foundation.money import display_yuan
from foundation.pages import EXACT
from foundation.remaining import is_reckoned, remaining


def yuan(fen: int | None) -> str:
    """Fen as ``¥1,234.00``; nothing is a dash."""
    return "—" if fen is None else display_yuan(fen)


def day(value: date | datetime | None) -> str:
    """A day as ``2026-11-20``; 长期 for the end of what holds for ever."""
    if value is None:
        return "—"
    if value == OPEN_END:
        return str(gettext("长期"))
    return (day_of(value) if isinstance(value, datetime) else value).isoformat()


def moment(value: datetime | None) -> str:
    """A moment as ``2026-11-20 14:05``, on the clocks of China."""
    return "—" if value is None else local(value).strftime("%Y-%m-%d %H:%M")


def age(value: date | datetime | None) -> str:
    """How long ago or how long until, in words: minutes and hours today, working days after that."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        minutes = int((now() - value).total_seconds() // 60)
        if 0 <= minutes < 60:
            return str(gettext("刚刚") if minutes < 1 else ngettext("%(num)s 分钟前", "%(num)s 分钟前", minutes))
        if 60 <= minutes < 60 * 12:
            return str(ngettext("%(num)s 小时前", "%(num)s 小时前", minutes // 60))
        value = day_of(value)
    if value == today():
        return str(gettext("今天"))
    if value < today():
        return _past(value)
    return remaining(value)


def _past(day: date) -> str:
    """How many working days ago an earlier day was; days, where nobody has worked since."""
    worked = working_days_between(day, today())
    if not worked:
        return str(ngettext("%(num)s 天前", "%(num)s 天前", (today() - day).days))
    return str(ngettext("%(num)s 个工作日前", "%(num)s 个工作日前", worked))


def lasting(since: date | datetime | None) -> str:
    """For how long it has been so, in working days; in days where nobody has worked since."""
    if since is None:
        return ""
    began = day_of(since) if isinstance(since, datetime) else since
    if began >= today():
        return str(gettext("今天开始"))
    days = working_days_between(began, today())
    if not days:
        return str(ngettext("已 %(num)s 天，都是休息日", "已 %(num)s 天，都是休息日", (today() - began).days))
    return str(ngettext("已 %(num)s 个工作日", "已 %(num)s 个工作日", days))


def reckoned(value: date | datetime | None) -> bool:
    """Whether a deadline lies in a year whose working days follow from the regulation alone."""
    if value is None:
        return False
    return is_reckoned(day_of(value) if isinstance(value, datetime) else value)


def number(value: Decimal | int | None) -> str:
    """A count or measure with thousands separators and no empty decimals; nothing is a dash, zero is 0."""
    if value is None:
        return "—"
    return f"{Decimal(value).normalize():,f}"


def percent(value: Decimal | float | None) -> str:
    """A percentage with one decimal."""
    return "—" if value is None else f"{value:.1f}%"


def counted(total: int) -> str:
    """How many rows a list has: exact as far as they are counted, else that there are more."""
    return str(total) if total <= EXACT else gettext("超过 %(most)s", most=f"{EXACT:,}")


def install(app: Flask) -> None:
    """Make them Jinja filters."""
    filters: dict[str, Any] = {
        "yuan": yuan,
        "day": day,
        "moment": moment,
        "age": age,
        "lasting": lasting,
        "reckoned": reckoned,
        "retold": lambda note: retold(note, gettext),
        "number": number,
        "counted": counted,
        "office": office_told,
        "percent": percent,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals["most_exported"] = MOST
    app.jinja_env.globals["most_counted"] = EXACT
    app.jinja_env.globals["most_told"] = MOST_TOLD
    # For texts that are data (rule sets, errors): unlike _() it neither fills percent signs nor trusts markup.
    app.jinja_env.globals["translate"] = gettext
