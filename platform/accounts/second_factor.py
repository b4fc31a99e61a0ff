"""The second factor: codes of an authenticator app (TOTP, RFC 6238), each good once."""

import logging

import pyotp
from sqlalchemy.orm import Session

from accounts import noted
from accounts.lockout import count_failure, locked
from accounts.models import SignIn, User
from accounts.sealed_secrets import SecretKeys, UnreadableSecret
from audit.trail import record
from foundation.actors import SYSTEM, Actor
from foundation.clock import now
from foundation.errors import Conflict, NotAllowed
from foundation.i18n import N_
from foundation.locking import lock_row

_STEP = 30
_logger = logging.getLogger(__name__)


def begin_set_up(session: Session, user: User, keys: SecretKeys) -> str:
    """The secret to put into the app; made once, however many pages ask for it at the same time.

    One that no key opens any more is made anew, as nobody has confirmed it yet.
    """
    user = lock_row(session, User, user.id)
    try:
        if user.totp_secret is not None:
            return keys.open(user.id, user.totp_secret)
    except UnreadableSecret:
        _logger.warning("a second factor that was not confirmed yet is made anew: no key opens it")
    secret = pyotp.random_base32()
    user.totp_secret = keys.seal(user.id, secret)
    session.flush()
    return secret


def address(user: User, secret: str) -> str:
    """What the QR code of the set-up page says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="惠企 Huiqi")


def confirm(session: Session, row: SignIn, code: str, keys: SecretKeys, *, actor: Actor = SYSTEM) -> None:
    """Check a code of the app and let the session in; the first right one completes the set-up.

    One step to either side is allowed for clocks that differ; a step that was used is not accepted again; failures
    count like wrong passwords. NotAllowed by the field ``code``, Conflict where no key opens the secret; the caller
    commits also then. ``actor`` is the person of the session.
    """
    user = lock_row(session, User, row.user_id)
    step = None if locked(user) else _matching_step(user, code, keys)
    if step is None:
        if not locked(user):
            count_failure(session, user)
        noted.wrong_code(session, user, actor)
        raise NotAllowed(N_("验证码不正确或已用过"), field="code", remedy=N_("等应用中显示下一个六位数字后再输入"))
    user.totp_last_step = step
    user.failed_sign_ins = 0
    if user.totp_confirmed_at is None:
        user.totp_confirmed_at = now()
        record(session, SYSTEM, "users.second_factor_set_up", user)
    row.second_factor_at = now()
    record(session, actor, "users.second_factor_passed", user)
    session.flush()


def _secret(user: User, keys: SecretKeys) -> str | None:
    try:
        return keys.open(user.id, user.totp_secret) if user.totp_secret is not None else None
    except UnreadableSecret as error:
        # The code is not wrong, so nothing is counted; the log tells whoever keeps the keys.
        _logger.error("the second factor of user %s cannot be read: is a key missing in the settings?", user.id)  # noqa: TRY400
        raise Conflict(
            N_("系统无法读取您的动态验证码密钥，暂时不能核对验证码"),
            field="code",
            remedy=N_("请联系平台运营方核实身份后重设动态验证码"),
        ) from error


def _matching_step(user: User, code: str, keys: SecretKeys) -> int | None:
    digits = "".join(letter for letter in code if letter.isdigit())
    secret = _secret(user, keys)
    if secret is None or len(digits) != 6:
        return None
    present = int(now().timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        used = user.totp_last_step is not None and step <= user.totp_last_step
        if not used and pyotp.TOTP(secret).verify(digits, for_time=step * _STEP):
            return step
    return None
