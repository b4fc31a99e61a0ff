"""By which rules an application is looked at: today's while it is written, afterwards those by which it was answered."""

from policies.catalogue import stored
from policies.rulesets import RuleSet
from policies.versions import loaded
from providers.models import Certification, CertificationState
from providers.terms import rules_of

WRITABLE = (CertificationState.DRAFT, CertificationState.MORE_INFORMATION)
"""States in which the provider may change what it stated."""


def rules_for(certification: Certification) -> RuleSet:
    """The rule set that counts for the application as it stands."""
    return rules_of(certification.ruleset_id) if certification.state in WRITABLE else rules_behind(certification)


def rules_behind(certification: Certification) -> RuleSet:
    """The rule set behind the stored answer; for one that nobody kept, the one of today."""
    return rules_of(certification.ruleset_id) if certification.rules is None else loaded(certification.rules, stored)
