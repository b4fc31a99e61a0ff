"""What ``huiqi doctor`` answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is like and, when it is not well, what to do."""

    part: str
    ok: bool
    told: str
    remedy: str = ""
