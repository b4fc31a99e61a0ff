"""The rule sets that stand in ``data/``, read and checked once."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from foundation.errors import NotFound
from foundation.i18n import N_
from policies.facts import FACTS_FILE
from policies.rulesets import RuleSet

DATA: Final = FACTS_FILE.parent


class BrokenRuleSet(Exception):
    """A file in ``data/`` does not hold a rule set; the message names file, place and fault."""


def load(path: Path) -> RuleSet:
    """Read one rule set. Raises BrokenRuleSet with a line per fault."""
    try:
        rules = RuleSet.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise BrokenRuleSet(f"{path.name}: not YAML: {error}") from error
    except ValidationError as error:
        faults = (f"{path.name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise BrokenRuleSet("\n".join(faults)) from error
    if rules.id != path.stem:
        raise BrokenRuleSet(f"{path.name}: id: {rules.id} does not stand in the file of that name")
    return rules


@cache
def _all() -> Mapping[str, RuleSet]:
    return {path.stem: load(path) for path in sorted(DATA.glob("*.yaml")) if path != FACTS_FILE}


def rule_sets() -> tuple[RuleSet, ...]:
    """All rule sets, by id."""
    return tuple(_all().values())


def rule_set(identifier: str) -> RuleSet:
    """The rule set with that id. Raises NotFound."""
    try:
        return _all()[identifier]
    except KeyError:
        raise NotFound(N_("没有编号为 %(id)s 的规则集"), field="ID", id=identifier) from None
