"""Programmes, their money and the claims for their vouchers."""

from demonstration.accounts import PASSWORD
from demonstration.people import Cast
from demonstration.script import AppropriationPart, ClaimPart, ProgrammePart
from demonstration.timeline import Story
from foundation.actors import Role
from foundation.clock import day_of
from foundation.identifiers import new_id
from foundation.money import parse_yuan
from vouchers import claiming, money, programmes, returning
from vouchers.appropriation import appropriate
from vouchers.presets import presets

PRESET = "xiamen-2021"


def announce(cast: Cast, part: ProgrammePart) -> Story:
    """The bureau drafts, another person checks, the rules become public; opening and closing is the clock's."""
    session, calendar = cast.session, cast.calendar
    ahead = part.first + 12 if part.first > 0 else 6
    yield calendar.moment(ahead, 10)
    preset = presets()[PRESET]
    officer, reviewer = cast.person("bureau", Role.OFFICER), cast.person("bureau", Role.REVIEWER)
    programme = programmes.draft(
        session,
        officer,
        name=part.name,
        summary=preset.summary,
        scheme_id=preset.scheme_id,
        treasury_uscc=cast.organisations["treasury"].uscc,
        # A working day, as all that follows: no claim may come to stand before its window.
        terms=preset.starting(day_of(calendar.moment(part.first))),
    )
    cast.programmes[part.key] = programme.id
    yield calendar.moment(ahead - 1, 15)
    programmes.check(session, reviewer, programme)
    yield calendar.moment(ahead - 2)
    programmes.announce(session, officer, programme)


def fund(cast: Cast, part: ProgrammePart, said: AppropriationPart) -> Story:
    """The treasury puts money into the programme's pool; who waits moves up."""
    yield cast.calendar.moment(said.day, 9, 30)
    appropriate(
        cast.session,
        cast.person("treasury", Role.BUDGET_HOLDER),
        programme_id=cast.programmes[part.key],
        amount=parse_yuan(said.amount),
        transfer_id=new_id(),
        password=PASSWORD,
    )


def give_back(cast: Cast, part: ProgrammePart, day: int) -> Story:
    """What a programme that is over has left in its pool goes back to the treasury, by two people."""
    yield cast.calendar.moment(day, 10)
    session, programme_id = cast.session, cast.programmes[part.key]
    returning.ask_to_return(
        session,
        cast.person("treasury", Role.BUDGET_HOLDER),
        programme_id=programme_id,
        amount=money.pool(session, programme_id),
        reason="项目已结束，结余退回财政",
    )
    yield cast.calendar.moment(day, 15)
    returning.return_unspent(
        session,
        cast.person("treasury", Role.PAYER),
        programme_id=programme_id,
        transfer_id=new_id(),
        password=PASSWORD,
    )


def claim(cast: Cast, part: ProgrammePart, said: ClaimPart) -> Story:
    """An enterprise claims what it may have, before orders are placed: days off bring both to one day."""
    yield cast.calendar.moment(said.day, 9, 40)
    claiming.claim(cast.session, cast.buyer(said.enterprise), programme_id=cast.programmes[part.key])
    # What the worker does when the claim's second is over, where money is short.
    yield cast.calendar.moment(said.day, 9, 41)
    claiming.allot(cast.session, cast.programmes[part.key])
