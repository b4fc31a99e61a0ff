"""The YAML files that are shipped with the program, or that a notice's rules are read from."""

from pathlib import Path
from typing import Any, Final

import yaml

# libyaml, where the package has it: every command reads these files when it starts, and Python alone takes ten times as long.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """What stands in ``path``: plain values only, whatever a tag asks for.

    Raises OSError and yaml.YAMLError.
    """
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - both loaders are the safe one
