"""Where and when a photo was taken, from its EXIF block. Cameras write nonsense too: what cannot be is taken for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from foundation.clock import CHINA

_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _ZONE = 0x9003, 0x9011
_LATITUDE, _LONGITUDE = (1, 2, 90), (3, 4, 180)
# EXIF came in 1995; a camera whose clock was never set says 1970 or 1980.
_FIRST: Final = datetime(1995, 1, 1, tzinfo=UTC)
_SIX: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Taken:
    """When (None: unknown) and where (degrees of WGS 84, both or none) a photo was taken."""

    at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def tags(exif: bytes, directory: int | None = None) -> Mapping[int, Any]:
    """The tags of the first directory, or of the one that it points to; empty where nothing can be read."""
    if not exif:
        return {}
    from PIL.Image import Exif  # noqa: PLC0415 - only uploads of pictures need it

    read = Exif()
    try:
        read.load(exif if exif.startswith(b"Exif\0\0") else b"Exif\0\0" + exif)
        return dict(read) if directory is None else dict(read.get_ifd(directory))
    except Exception:  # noqa: BLE001 - a camera's broken block must not lose the photo, whatever Pillow stumbles over
        return {}


def taken(exif: bytes) -> Taken:
    """What the block says; a time without a zone is China's."""
    said, gps = tags(exif, _EXIF), tags(exif, _GPS)
    latitude, longitude = _degrees(gps, *_LATITUDE), _degrees(gps, *_LONGITUDE)
    if latitude is None or longitude is None or latitude == longitude == 0:
        # Zero and zero, in the sea off Africa, is what phones write that have no position yet.
        latitude = longitude = None
    return Taken(_moment(said.get(_TAKEN), said.get(_ZONE)), latitude, longitude)


def _moment(text: Any, zone: Any) -> datetime | None:
    try:
        # A capital Z and blanks occur, and NUL at the end.
        moment = datetime.strptime(str(text).strip(" \0"), "%Y:%m:%d %H:%M:%S").replace(tzinfo=_offset(zone))
        return moment if moment.astimezone(UTC) >= _FIRST else None
    except (ValueError, OverflowError):
        return None


def _offset(text: Any) -> Any:
    said = str(text or "").strip(" \0")
    try:
        hours, minutes = said[1:].split(":")
        away = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-away if said[0] == "-" else away)
    except (ValueError, IndexError):
        return CHINA


def _degrees(gps: Mapping[int, Any], side: int, value: int, most: int) -> Decimal | None:
    try:
        degrees, minutes, seconds = (Decimal(str(float(part))) for part in gps[value])
        found = (degrees + minutes / 60 + seconds / 3600).quantize(_SIX)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    if not found.is_finite() or abs(found) > most:
        return None
    return -found if str(gps.get(side, "")).strip(" \0").upper() in {"S", "W"} else found
