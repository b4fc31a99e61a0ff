"""The rule sets that stand in ``data/``, read and checked once."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from foundation.errors import NotFound
from foundation.i18n import N_
from foundation.yaml_files import read_yaml
from policies.evaluation import check
from policies.facts import FACTS_FILE, parse_facts, speaking, vocabulary
from policies.rulesets import RuleSet
from policies.shipped import RuleKind, Shipped, read

DATA: Final = FACTS_FILE.parent
_VOCABULARY: Final = "vocabulary"


class BrokenRuleSet(Exception):
    """A file in ``data/`` does not hold a rule set; the message names file, place and fault."""


def load(path: Path) -> RuleSet:
    """Read one rule set. Raises BrokenRuleSet with a line per fault."""
    try:
        rules = RuleSet.model_validate(read_yaml(path))
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


@cache
def shipped(identifier: str) -> Shipped:
    """The rule set as its file says it, with the words of the vocabulary that it uses. Raises NotFound."""
    rules = rule_set(identifier)
    words = {key: vocabulary()[key].model_dump(mode="json", exclude_defaults=True) for key in _words(rules)}
    content = {**read(DATA / f"{identifier}.yaml"), _VOCABULARY: words}
    return Shipped(RuleKind.RULE_SET, rules.id, rules.version, content, rules.issued)


def all_shipped() -> list[Shipped]:
    """Every rule set as its file says it."""
    return [shipped(rules.id) for rules in rule_sets()]


def stored(content: Mapping[str, Any]) -> RuleSet:
    """The rule set of a stored version."""
    with speaking(content[_VOCABULARY]):
        return RuleSet.model_validate({key: value for key, value in content.items() if key != _VOCABULARY})


def judged_again(content: Mapping[str, Any], facts: Mapping[str, Any], on: date) -> dict[str, Any]:
    """The answer of a stored version to stored facts on a day, in the shape in which decisions store answers."""
    rules = stored(content)
    with speaking(content[_VOCABULARY]):
        known = parse_facts({key: value for key, value in facts.items() if key in content[_VOCABULARY]})
        return check(rules, known, on).as_json()


def _words(rules: RuleSet) -> list[str]:
    """The facts that the rules look at, and those that answer one of them."""
    return list(
        dict.fromkeys([*rules.facts, *(other for key in rules.facts for other in vocabulary()[key].implied_by)])
    )
