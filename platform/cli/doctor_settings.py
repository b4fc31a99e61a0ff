"""What the doctor sees without a database: settings left over from trying it out, folders, fonts."""

import shutil
import tempfile
from collections.abc import Iterator

from cli.findings import Finding
from config import DEMONSTRATION_KEY, DEMONSTRATION_SECRET, MAKE_A_KEY, Environment, Settings
from documents import fonts


def for_real(settings: Settings) -> bool:
    """Whether people work here: production, or an address that the world can reach."""
    return settings.environment is Environment.PRODUCTION or settings.public_url.startswith("https://")


def environment(settings: Settings) -> Finding:
    """For what this installation is, and what of the demonstration was left in it."""
    faults = list(_left_over(settings))
    told = f"{settings.environment}, {settings.trusted_proxies} reverse proxies are believed"
    if faults:
        return Finding(
            "environment",
            ok=False,
            told="; ".join([told, *(fault for fault, _ in faults)]),
            remedy="; ".join(way_out for _, way_out in faults),
        )
    if settings.environment is not Environment.PRODUCTION:
        told = f"{settings.environment} (HUIQI_ENVIRONMENT=production for real use)"
    return Finding("environment", ok=True, told=told)


def _left_over(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each fault with its way out."""
    public = settings.public_url.startswith("https://")
    if public and settings.secret_key == DEMONSTRATION_SECRET:
        yield "the secret is the demonstration's, which is public", "set SECRET_KEY to one of its own"
    if public and DEMONSTRATION_KEY in settings.second_factor_keys:
        yield (
            "the key of second factors is the demonstration's, which is public",
            f"put one of its own first in HUIQI_SECOND_FACTOR_KEYS, {MAKE_A_KEY}; run `huiqi migrate`, then take the old one out",
        )
    if public and settings.environment is Environment.DEVELOPMENT:
        yield (
            f"{settings.public_url} is no address for development",
            "set HUIQI_ENVIRONMENT=production (or demonstration, for invented data)",
        )
    if settings.environment is Environment.PRODUCTION and not settings.trusted_proxies:
        yield (
            "no reverse proxy is believed, so all visitors look like it and one can lock out the others",
            "set HUIQI_TRUSTED_PROXIES=1 behind the proxy that ends TLS",
        )


def files_folder(settings: Settings) -> Finding:
    """Whether evidence can be kept."""
    if settings.s3_bucket is not None:
        return Finding("files", ok=True, told=f"bucket {settings.s3_bucket}")
    folder = settings.files_folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"huiqi")
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        remedy = "give this account the right to write there, or set HUIQI_FILES_FOLDER"
        return Finding("files", ok=False, told=f"{folder}: {error.strerror}", remedy=remedy)
    enough = free > settings.upload_limit_bytes * 10 // 2**20
    return Finding(
        "files", ok=enough, told=f"{folder}, {free} MiB free", remedy="" if enough else "make room on the disk"
    )


def pdf_fonts() -> Finding:
    """Whether papers can be printed."""
    try:
        fonts.ready()
    except Exception as error:  # noqa: BLE001 - ReportLab raises a class of its own for each way a font can be broken
        return Finding("fonts", ok=False, told=str(error), remedy=f"restore {fonts.folder()} from the repository")
    return Finding("fonts", ok=True, told=str(fonts.folder()))
