"""Sessions in words."""

from flask_babel import gettext

from accounts.sessions import Over
from config import Settings


def why_again(over: Over | None, settings: Settings) -> str | None:
    """Why one must sign in again; None where there is nothing to explain."""
    match over:
        case Over.LIFETIME:
            return str(gettext("登录已满 %(hours)s 小时，为了安全请重新登录", hours=settings.session_hours))
        case Over.IDLE:
            minutes = settings.session_idle_minutes
            return str(gettext("超过 %(minutes)s 分钟没有操作，登录已自动结束，请重新登录", minutes=minutes))
        case Over.ENDED:
            return str(gettext("这台设备上的登录已被结束（例如修改了密码，或在其他设备上结束了登录），请重新登录"))
    return None
