"""Routes compiled once for all apps of a test process: each test has an app of its own, and its routes are the same."""

from collections.abc import Callable
from functools import wraps

import pytest
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """What makes an address out of a rule is compiled from the rule's own text, so rules of one text can share it."""
    compiled: dict[tuple[object, ...], Builder] = {}
    compile_builder = Rule._compile_builder

    @wraps(compile_builder)
    def known(self: Rule, append_unknown: bool = True) -> Builder:
        if self.defaults:
            return compile_builder(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(self, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", known)
