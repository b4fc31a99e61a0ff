"""Where a citation stands in the sources: each data file names the place, and a test looks there.

``places`` maps each citation of a file to one or several lines such as ``P2@10635 30万元 20%``: part and character of the
compendium of 2021, and the words and figures that stand there, blanks aside. Rules known only from a secondary source say
so in their file (``source: secondary``) and have no place.
"""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, StringConstraints

PLACE: Final = r"^P[1-7]@\d+( \S+)+$"


def _listed(value: object) -> object:
    """One place may stand without a list."""
    return [value] if isinstance(value, str) else value


Place: TypeAlias = Annotated[str, StringConstraints(pattern=PLACE)]
Places: TypeAlias = Mapping[str, Annotated[tuple[Place, ...], BeforeValidator(_listed)]]
