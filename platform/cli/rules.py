"""``huiqi rules``: lists, shows and applies rule sets, without a database."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import click

from cli.inputs import command_errors, print_json, read_json
from cli.tables import print_table
from foundation.clock import today
from foundation.errors import BadInput, NotFound
from foundation.i18n import N_
from policies.answers import Answer, Outcome
from policies.catalogue import rule_set, rule_sets
from policies.evaluation import check
from policies.facts import parse_facts
from policies.rulesets import RuleSet
from policies.wording import describe


@click.group()
def rules() -> None:
    """Rule sets of official notices: who may become what, criterion by criterion."""


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the rule sets with version, validity and document."""
    if as_json:
        print_json([_summary(rules) for rules in rule_sets()])
        return
    rows = [(one.id, one.version, one.title, _validity(one), one.document) for one in rule_sets()]
    print_table(("id", "version", "title", "valid", "document"), rows)


@rules.command("show")
@click.argument("ruleset_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_(ruleset_id: str, *, as_json: bool) -> None:
    """Show the criteria, requirements and citations of a rule set."""
    chosen = _chosen(ruleset_id)
    if as_json:
        print_json(_summary(chosen) | {"notes": list(chosen.notes), "criteria": _criteria(chosen)})
        return
    click.echo(f"{chosen.id} (version {chosen.version}, {_validity(chosen)})\n{chosen.title}\n{chosen.document}\n")
    rows = [(one.id, one.text, describe(one), one.citation) for one in chosen.criteria]
    print_table(("id", "criterion", "required", "citation"), rows)
    for note in chosen.notes:
        click.echo(f"- {note}")


@rules.command("check")
@click.argument("ruleset_id", metavar="ID")
@click.option("--facts", "facts_path", required=True, type=click.Path(path_type=Path), help="A flat JSON object.")
@click.option("--on", metavar="DATE", help="The day to judge on (YYYY-MM-DD).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_(ruleset_id: str, facts_path: Path, on: str | None, *, as_json: bool) -> None:
    """Judge the facts in a file by a rule set.

    Exit 0 for eligible and for refer (a fact or a person is still needed), 1 for ineligible, 2 for bad input.
    Without --on it judges as of today, or as of the last day on which the rules were in force.
    """
    chosen = _chosen(ruleset_id)
    with command_errors(option="--on"):
        day = _day(chosen, on)
    with command_errors(facts_path):
        facts = parse_facts(read_json(facts_path))
    answer = check(chosen, facts, day)
    if as_json:
        print_json(answer.as_json())
    else:
        _print_answer(answer)
    if answer.outcome is Outcome.INELIGIBLE:
        raise click.exceptions.Exit(1)


@command_errors()
def _chosen(ruleset_id: str) -> RuleSet:
    try:
        return rule_set(ruleset_id)
    except NotFound as error:
        # On the command line a wrong id is wrong use (exit 2), not an answer.
        raise BadInput(error.message, field=error.field, **error.params) from error


def _day(chosen: RuleSet, on: str | None) -> date:
    if on is None:
        return chosen.day_in_force(today())
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", on):
        raise BadInput(N_("应为 YYYY-MM-DD 格式的日期"))
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise BadInput(N_("没有 %(day)s 这一天"), day=on) from None
    chosen.require_in_force(day)
    return day


def _summary(chosen: RuleSet) -> dict[str, Any]:
    return chosen.model_dump(mode="json", exclude={"criteria", "notes"})


def _criteria(chosen: RuleSet) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "text": one.text,
            "citation": one.citation,
            "required": describe(one),
            "facts": list(one.facts),
            "waived": one.waived is not None,
            "suffices": one.suffices,
            "mend": one.mend,
        }
        for one in chosen.criteria
    ]


def _validity(chosen: RuleSet) -> str:
    return f"{chosen.valid_from} – {chosen.valid_to or 'open'}"


def _print_answer(answer: Answer) -> None:
    rows = [
        (
            finding.status.value,
            finding.criterion.text,
            finding.required_text(),
            finding.observed_text(),
            finding.criterion.citation,
        )
        for finding in answer.criteria
    ]
    print_table(("status", "criterion", "required", "observed", "citation"), rows)
    click.echo(f"{answer.ruleset} (version {answer.version}) on {answer.on}: {answer.outcome.value}")
