"""Settings from the environment, typed and checked once at start. ``docs/architecture.md`` lists what each is for."""

import base64
import binascii
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

ROOT: Final = Path(__file__).resolve().parent

# In the open, so it protects nothing: production refuses it.
DEMONSTRATION_SECRET: Final = "demonstration-only-this-secret-is-public"  # noqa: S105 - public on purpose
SHORTEST_SECRET: Final = 32
DEMONSTRATION_KEY: Final = "demonstration-only-this-key-is-public-0000w="  # public on purpose, too
_KEY_BYTES: Final = 32
MAKE_A_KEY: Final = "made with `openssl rand -base64 32 | tr +/ -_`"

_PREFIX: Final = "HUIQI_"
# Not settings of the program but answers to a command's question, where nobody is there to type them.
_ANSWERS: Final = frozenset({"HUIQI_STAFF_PASSWORD"})


class BadSettings(Exception):
    """The environment cannot be used; ``faults`` holds one line for each thing that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class Environment(StrEnum):
    """What this installation is for."""

    DEVELOPMENT = "development"
    TEST = "test"
    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"


class Settings(BaseModel):
    """All settings; the alias of a field is its name in the environment. Secrets stay out of ``repr``."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_alias=True, validate_by_name=True)

    environment: Environment = Field(Environment.DEVELOPMENT, alias="HUIQI_ENVIRONMENT")
    debug: bool = Field(default=False, alias="HUIQI_DEBUG")
    secret_key: str = Field(DEMONSTRATION_SECRET, alias="SECRET_KEY", repr=False)
    # None: the embedded PostgreSQL in the data folder.
    database_url: str | None = Field(None, alias="DATABASE_URL", repr=False)
    # Whom the tables belong to, for `huiqi migrate` alone; DATABASE_URL is then a role that owns nothing.
    owner_database_url: str | None = Field(None, alias="HUIQI_OWNER_DATABASE_URL", repr=False)
    data_folder: Path = Field(ROOT / "var", alias="HUIQI_DATA")
    # None: the folder "search" or "files" in the data folder, filled in below.
    search_folder: Path = Field(Path(), alias="HUIQI_SEARCH_FOLDER")
    files_folder: Path = Field(Path(), alias="HUIQI_FILES_FOLDER")
    # None: the embedded index in the search folder.
    elasticsearch_url: str | None = Field(None, alias="ELASTICSEARCH_URL", repr=False)
    # The beginning of the index names there, so that installations can share a server.
    elasticsearch_index: str = Field("huiqi", pattern=r"^[a-z0-9][a-z0-9_-]{0,60}$", alias="ELASTICSEARCH_INDEX")
    # Given: evidence goes to this bucket instead of the files folder.
    s3_bucket: str | None = Field(None, alias="HUIQI_S3_BUCKET")
    s3_endpoint: str | None = Field(None, alias="HUIQI_S3_ENDPOINT")
    s3_region: str | None = Field(None, alias="HUIQI_S3_REGION")
    s3_access_key: str | None = Field(None, alias="HUIQI_S3_ACCESS_KEY", repr=False)
    s3_secret_key: str | None = Field(None, alias="HUIQI_S3_SECRET_KEY", repr=False)
    # Where people reach this installation: printed into the QR codes of statements.
    public_url: str = Field("http://127.0.0.1:8000", alias="HUIQI_PUBLIC_URL")
    upload_limit_bytes: int = Field(20 * 1024 * 1024, ge=1024, alias="HUIQI_UPLOAD_LIMIT_BYTES")
    session_idle_minutes: int = Field(30, ge=1, le=24 * 60, alias="HUIQI_SESSION_IDLE_MINUTES")
    # However much is done meanwhile, a session is over so many hours after the password was given.
    session_hours: int = Field(12, ge=1, le=7 * 24, alias="HUIQI_SESSION_HOURS")
    # What second-factor secrets are encrypted under, with commas between: the first encrypts, all decrypt.
    second_factor_keys: tuple[str, ...] = Field((DEMONSTRATION_KEY,), alias="HUIQI_SECOND_FACTOR_KEYS", repr=False)
    # Default: on in production, off where there is no HTTPS.
    cookie_secure: bool = Field(default=False, alias="HUIQI_COOKIE_SECURE")
    # None: for ever. Network logs are kept six months at least (网络安全法 第二十一条), which may have 184 days.
    audit_retention_days: int | None = Field(None, ge=184, alias="HUIQI_AUDIT_RETENTION_DAYS")
    # What signs the heads of the trail that leave the database; None: SECRET_KEY. Keep it when that changes.
    audit_head_key: str | None = Field(None, min_length=SHORTEST_SECRET, alias="HUIQI_AUDIT_HEAD_KEY", repr=False)
    # Where the newest head is sent by POST, such as a collector of the audit office.
    audit_head_address: str | None = Field(None, alias="HUIQI_AUDIT_HEAD_ADDRESS")
    default_language: Literal["zh", "en"] = Field("zh", alias="HUIQI_LANGUAGE")
    # How many reverse proxies of ours stand in front: only so many X-Forwarded-* entries are believed.
    trusted_proxies: int = Field(0, ge=0, le=5, alias="HUIQI_TRUSTED_PROXIES")
    # How long a statement of a page or of a job may take, and how long it waits for a lock that somebody else has.
    web_statement_seconds: int = Field(30, ge=1, le=3600, alias="HUIQI_WEB_STATEMENT_SECONDS")
    job_statement_seconds: int = Field(600, ge=1, le=24 * 3600, alias="HUIQI_JOB_STATEMENT_SECONDS")
    lock_seconds: int = Field(15, ge=1, le=3600, alias="HUIQI_LOCK_SECONDS")
    # How long a migration waits for a table; whoever wants the table meanwhile waits behind it.
    migration_lock_seconds: int = Field(10, ge=1, le=3600, alias="HUIQI_MIGRATION_LOCK_SECONDS")
    # How long pages that every visitor sees alike are kept in each process; 0: each is made anew.
    public_page_seconds: int = Field(30, ge=0, le=60, alias="HUIQI_PUBLIC_PAGE_SECONDS")
    web_workers: int = Field(2, ge=1, le=64, alias="HUIQI_WEB_WORKERS")
    web_threads: int = Field(4, ge=1, le=64, alias="HUIQI_WEB_THREADS")

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """Defaults that hang on other settings; given by field name (from Python) or by alias (from the environment)."""
        values = dict(given)

        def of(name: str) -> Any:
            return values.get(name, values.get(cls.model_fields[name].alias or name))

        data = Path(of("data_folder") or ROOT / "var")
        for name, folder in (("search_folder", "search"), ("files_folder", "files")):
            if of(name) is None:
                values[name] = data / folder
        if of("cookie_secure") is None:
            values["cookie_secure"] = of("environment") == Environment.PRODUCTION
        return values

    @field_validator("data_folder", "search_folder", "files_folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("second_factor_keys", mode="before")
    @classmethod
    def _keys(cls, given: Any) -> Any:
        keys = tuple(key.strip() for key in given.split(",")) if isinstance(given, str) else tuple(given)
        for key in keys:
            try:
                size = len(base64.urlsafe_b64decode(key))
            except (binascii.Error, ValueError):
                size = 0
            if size != _KEY_BYTES:
                raise ValueError(
                    f"must be keys of {_KEY_BYTES} bytes in URL-safe base64 with commas between, {MAKE_A_KEY}"
                )
        return keys

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must be a PostgreSQL URL such as postgresql://user:password@host:5432/huiqi")
        return url

    @field_validator("elasticsearch_url", "public_url", "s3_endpoint", "audit_head_address")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an address such as https://host:port")
        return url.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _printable(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("is printed on papers, so it has neither user nor password, ? or #")
        return url

    @model_validator(mode="after")
    def _owner_of_what(self) -> Self:
        if self.owner_database_url is not None and self.database_url is None:
            raise BadSettings(["HUIQI_OWNER_DATABASE_URL: is of use only beside DATABASE_URL, which is not set"])
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        faults = []
        if self.secret_key == DEMONSTRATION_SECRET:
            faults.append("SECRET_KEY: production needs a secret of its own, the demonstration's is public")
        elif len(self.secret_key) < SHORTEST_SECRET:
            faults.append(f"SECRET_KEY: production needs at least {SHORTEST_SECRET} characters")
        if DEMONSTRATION_KEY in self.second_factor_keys:
            faults.append(f"HUIQI_SECOND_FACTOR_KEYS: production needs a key of its own, {MAKE_A_KEY}")
        if not self.cookie_secure:
            faults.append("HUIQI_COOKIE_SECURE: production sends cookies over HTTPS only, so this cannot be off")
        if not self.public_url.startswith("https://"):
            faults.append("HUIQI_PUBLIC_URL: production needs an https:// address")
        if self.debug:
            faults.append("HUIQI_DEBUG: cannot be on in production")
        if faults:
            raise BadSettings(faults)
        return self


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings from ``env`` (default: the process's environment); empty values count as absent.

    Raises BadSettings naming every fault; an unknown name that starts with HUIQI_ is a fault too, since a
    misspelt setting would silently leave the default in force.
    """
    given = {name: value for name, value in (os.environ if env is None else env).items() if value.strip()}
    names = {field.alias for field in Settings.model_fields.values()}
    unknown = {name for name in given if name.startswith(_PREFIX)} - names - _ANSWERS
    faults = [f"{name}: there is no such setting" for name in sorted(unknown)]
    try:
        settings = Settings.model_validate({name: value for name, value in given.items() if name in names})
    except ValidationError as error:
        faults += [f"{fault['loc'][0]}: {_told(fault['msg'])}" for fault in error.errors()]
    except BadSettings as error:
        faults += error.faults
    if faults:
        raise BadSettings(faults)
    return settings


def _told(message: str) -> str:
    """Pydantic's sentence without its preamble; never the value, which may be a secret."""
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
