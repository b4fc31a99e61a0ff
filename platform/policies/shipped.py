"""Rules as the program ships them: what a file says in one plain form, and the digest by which it is known again.

Knows no database, so that the commands that read the files alone stay quick.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from foundation.yaml_files import read_yaml


class RuleKind(StrEnum):
    """What a stored version of rules is."""

    RULE_SET = "rule_set"
    SCHEME = "scheme"
    TARGET_TEMPLATE = "target_template"
    CHECKLIST = "checklist"
    PRESET = "preset"


@dataclass(frozen=True, slots=True)
class Shipped:
    """Rules at hand: their kind, key and version, what they say, and the day of the notice where there is one."""

    kind: RuleKind
    key: str
    version: str
    content: Mapping[str, Any]
    announced: date | None = None

    @property
    def sha256(self) -> str:
        """The digest of what they say."""
        return digest(self.content)


def read(path: Path) -> dict[str, Any]:
    """What a YAML file says, as JSON can hold it; comments and layout are no part of it."""
    content: dict[str, Any] = plain(read_yaml(path))
    return content


def plain(value: Any) -> Any:
    """The value as JSON can hold it: days as ``YYYY-MM-DD``, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content as UTF-8 JSON with sorted keys and without spaces, in 64 hexadecimal digits."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
