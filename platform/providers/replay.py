"""An application judged again: the facts that were filed, by the rule set as it stood on that day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.errors import NotFound
from foundation.i18n import N_
from policies.catalogue import judged_again
from policies.replays import Difference, Replay, altered, differences, lacking
from providers.models import Certification


def replay(session: Session, number: str) -> Replay:
    """What comes out for the application with this number; NotFound for none."""
    found = session.scalar(select(Certification).where(Certification.number == number))
    if found is None:
        raise NotFound(N_("没有编号为 %(number)s 的认定申请"), field="NUMBER", number=number)
    return Replay("application", number, tuple(_differences(found)))


def _differences(found: Certification) -> Iterator[Difference]:
    if found.answer is None or found.rules is None or found.answered_facts is None:
        missing = {"answer": found.answer, "rules": found.rules, "facts": found.answered_facts}
        yield from lacking(*(name for name, value in missing.items() if value is None))
        return
    yield from altered(found.rules)
    day = date.fromisoformat(found.answer["on"])
    again = judged_again(found.rules.content, found.answered_facts, day)
    yield from differences("", _without_wording(found.answer), _without_wording(again))


def _without_wording(answer: dict[str, Any]) -> dict[str, Any]:
    """All but how a requirement is put into words: to word it better changes no decision."""
    criteria = [{key: value for key, value in row.items() if key != "required"} for row in answer["criteria"]]
    return answer | {"criteria": criteria}
