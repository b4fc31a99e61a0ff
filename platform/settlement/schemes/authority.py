"""Whose rule it is: a programme of its own document borrows a scheme's way of working, not the authority of its notice."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from foundation.i18n import N_
from settlement.schemes.definition import Scheme
from settlement.schemes.results import Line

OWN: Final = "本项目设定"
OWN_RULES: Final = N_("按本项目的规则计算")


def follows_notice(scheme: Scheme, case: object) -> bool:
    """Whether the case's programme stands on the scheme's notice; a case that names no programme does."""
    programme = case.get("programme") if isinstance(case, Mapping) else None
    documents = programme.get("documents", []) if isinstance(programme, Mapping) else []
    return not documents or any(scheme.document.title in document for document in documents)


def title_of(scheme: Scheme, case: object) -> str:
    """What paper and page call the way of working: the scheme's title (msgid) under its own notice only."""
    return scheme.title if follows_notice(scheme, case) else OWN_RULES


def as_own(scheme: Scheme, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines without a citation of the scheme's notice."""
    return tuple(
        replace(
            line,
            steps=tuple(replace(step, citation=OWN) if step.citation in scheme.places else step for step in line.steps),
        )
        for line in lines
    )
