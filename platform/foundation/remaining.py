"""How long is left until a deadline, in words; the one place where a page counts working days ahead."""

from datetime import date

from flask_babel import gettext, ngettext

from foundation.clock import notice_covers, today, working_days_between


def remaining(last: date) -> str:
    """``还有 3 个工作日``; says so where the day lies in a year that no notice covers yet."""
    left = working_days_between(today(), last)
    told = str(ngettext("还有 %(num)s 个工作日", "还有 %(num)s 个工作日", left))
    return f"{told}{gettext('（按法定节假日推算）')}" if is_reckoned(last) else told


def is_reckoned(last: date) -> bool:
    """Whether a deadline still to come lies in a year whose working days follow from the regulation alone."""
    return last >= today() and not notice_covers(last.year)
