"""The scheme by which a batch was worked, as it stood then."""

from collections.abc import Mapping
from typing import Any

from policies.versions import loaded
from settlement.models import Batch
from settlement.schemes import Scheme, SchemeResult, calculate, get_scheme
from settlement.schemes.definition import stored


def scheme_of(batch: Batch) -> Scheme:
    """The scheme that the batch points at; for a batch of a version that nobody kept, the one of today."""
    return get_scheme(batch.scheme_id) if batch.rules is None else loaded(batch.rules, stored)


def worked(batch: Batch) -> SchemeResult:
    """Work the stored case by the stored scheme: the same answer each time, for statement, page and replay."""
    return calculate(scheme_of(batch), batch.case)


def figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    """All of an answer but the sentences: to word a step better changes no amount."""
    lines = [
        line | {"steps": [{key: value for key, value in step.items() if key != "text"} for step in line["steps"]]}
        for line in answer.get("lines", [])
    ]
    return {**answer, "lines": lines}
