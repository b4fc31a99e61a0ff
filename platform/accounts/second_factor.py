"""The second factor: codes of an authenticator app (TOTP, RFC 6238), each good once."""

import pyotp
from sqlalchemy.orm import Session

from accounts.lockout import count_failure, locked
from accounts.models import SignIn, User
from audit.trail import record
from foundation.actors import SYSTEM
from foundation.clock import now
from foundation.errors import NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row

_STEP = 30


def begin_set_up(session: Session, user: User) -> str:
    """The secret to put into the app; made once, however many pages ask for it at the same time."""
    user = lock_row(session, User, user.id)
    if user.totp_secret is None:
        user.totp_secret = pyotp.random_base32()
        session.flush()
    return user.totp_secret


def address(user: User) -> str:
    """What the QR code of the set-up page says."""
    return pyotp.TOTP(user.totp_secret or "").provisioning_uri(name=user.email, issuer_name="惠企 Huiqi")


def confirm(session: Session, row: SignIn, code: str) -> None:
    """Check a code of the app and let the session in; the first right one completes the set-up.

    One step to either side is allowed for clocks that differ; a step that was used is not accepted again; failures
    count like wrong passwords. NotAllowed by the field ``code``; the caller commits also then.
    """
    user = lock_row(session, User, row.user_id)
    step = None if locked(user) else _matching_step(user, code)
    if step is None:
        if not locked(user):
            count_failure(session, user)
        raise NotAllowed(N_("验证码不正确或已用过"), field="code", remedy=N_("等应用中显示下一个六位数字后再输入"))
    user.totp_last_step = step
    user.failed_sign_ins = 0
    if user.totp_confirmed_at is None:
        user.totp_confirmed_at = now()
        record(session, SYSTEM, "users.second_factor_set_up", user)
    row.second_factor_at = now()
    session.flush()


def _matching_step(user: User, code: str) -> int | None:
    digits = "".join(letter for letter in code if letter.isdigit())
    if user.totp_secret is None or len(digits) != 6:
        return None
    present = int(now().timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        used = user.totp_last_step is not None and step <= user.totp_last_step
        if not used and pyotp.TOTP(user.totp_secret).verify(digits, for_time=step * _STEP):
            return step
    return None
