"""Every setting of the service: one typed object, read from the environment in one place.

Order, strongest first: the environment, `.env`, then `.local/stack.env`, which a running embedded stack writes so
that every command on the machine finds it.
"""

import functools
import ipaddress
import re
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import EmailStr, Field, SecretStr, TypeAdapter, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from activities.egress.reach import Network
from brain.models import prices
from schema.contracts.job import Tier

_HOST = re.compile(r"(\[[^]]*]|[^:]*)(:\d{0,5})?")
_EMAIL: TypeAdapter[str] = TypeAdapter(EmailStr)
STACK_ENV_FILE = Path(".local/stack.env")


S = TypeVar("S", bound=BaseSettings)


class SettingsError(Exception):
    """A setting is missing or wrong; the text is one sentence that names it."""


class BrowserSettings(BaseSettings):
    """What is needed to look at a form and understand it: a browser, and models to ask where their keys are set."""

    model_config = SettingsConfigDict(env_file=(STACK_ENV_FILE, ".env"), extra="ignore", env_ignore_empty=True)

    browser_path: Path | None = None
    browser_slots: int = Field(default=4, ge=1, le=64)
    user_agent_contact: str = "https://directorybolt.com/bot"
    egress_private_networks: str | None = None

    anthropic_api_key: SecretStr | None = None
    anthropic_model: str = "claude-haiku-5-5"
    gemini_api_key: SecretStr | None = None
    gemini_model: str = "gemini-3.8-flash"
    plan_budget_usd: float = Field(default=0.05, ge=0, le=10)

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("anthropic_model", "gemini_model")
    @classmethod
    def _has_a_price(cls, value: str) -> str:
        if value not in prices.listed():
            raise ValueError(f"{value} has no price, and so no budget: add it to brain/models/prices.toml")
        return value

    @field_validator("egress_private_networks")
    @classmethod
    def _names_networks(cls, value: str | None) -> str | None:
        return _networks(value)

    @property
    def private_networks(self) -> tuple[Network, ...]:
        """Where pages may lead besides public addresses."""
        return tuple(map(ipaddress.ip_network, _listed(self.egress_private_networks)))


class BrainSettings(BrowserSettings):
    """What the brain's service needs. It has no database and no queue."""

    brain_host: str = "127.0.0.1"
    brain_port: int = Field(default=8070, ge=1, le=65535)
    brain_token: SecretStr | None = None


class Settings(BrowserSettings):
    """Where everything is, and how much of it to use. Names follow each product's own standard."""

    database_url: SecretStr
    database_pool_size: int = Field(default=10, ge=1, le=200)

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls: bool = False
    temporal_task_queue: str = "directorybolt"
    temporal_ui_url: str = "http://127.0.0.1:8233"
    temporal_deployment_name: str = Field(default="directorybolt", pattern=r"^[A-Za-z0-9_-]{1,100}$")
    build_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$")

    aws_region: str = "us-east-1"
    aws_endpoint_url_sqs: str | None = None
    aws_endpoint_url_s3: str | None = None
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_session_token: SecretStr | None = None
    sqs_queue_name: str = "directorybolt-jobs"
    artifact_bucket: str = "directorybolt-artifacts"

    window_starter: int = Field(default=10, ge=1, le=500)
    window_growth: int = Field(default=15, ge=1, le=500)
    window_professional: int = Field(default=25, ge=1, le=500)
    window_enterprise: int = Field(default=50, ge=1, le=500)

    directory_patience_s: int = Field(default=24 * 3600, ge=0, le=30 * 24 * 3600)

    alert_repeat_hours: float = Field(default=4, gt=0, le=24 * 30)
    alert_slack_webhook_url: SecretStr | None = None
    smtp_url: SecretStr | None = None
    alert_email_from: str | None = None
    alert_email_to: str | None = None

    mailbox_url: SecretStr | None = None

    result_retention_days: int = Field(default=90, ge=1, le=3650)

    twocaptcha_api_key: SecretStr | None = None
    twocaptcha_server: str = Field(default="2captcha.com", pattern=r"^[\w.-]+(:\d+)?$")

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8080, ge=1, le=65535)
    public_url: str = "http://127.0.0.1:8080"
    cors_origins: str | None = None
    trusted_proxies: str | None = None

    oidc_issuer: str | None = None
    oidc_client_id: str | None = Field(default=None, validate_default=True)
    oidc_client_secret: SecretStr | None = None
    oidc_read_group: str | None = None
    oidc_act_group: str | None = None
    oidc_admin_group: str | None = Field(default=None, validate_default=True)

    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secrets: SecretStr | None = None
    stripe_api_base: str | None = None

    mail_from: str | None = None
    support_email: str | None = None

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        hosts = parts.netloc.rpartition("@")[2].split(",")
        if parts.scheme not in ("postgresql", "postgres") or not all(map(_HOST.fullmatch, hosts)):
            raise ValueError("must look like postgresql://user:password@host:5432/database")
        return value

    @field_validator("public_url", "oidc_issuer", "stripe_api_base")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value) if value is not None else None
        if parts and (parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("must look like https://www.example.com")
        return value.rstrip("/") if value is not None else None

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str | None) -> str | None:
        parts = urlsplit(value) if value is not None else None
        if parts and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("must begin with https://: whoever is in between could sign in as anybody")
        return value

    @field_validator("oidc_client_id", "oidc_admin_group")
    @classmethod
    def _completes_the_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not info.data.get("oidc_issuer") or value:
            return value
        if info.field_name == "oidc_client_id":
            raise ValueError("is needed with OIDC_ISSUER")
        if not (info.data.get("oidc_read_group") or info.data.get("oidc_act_group")):
            raise ValueError("or another group is needed with OIDC_ISSUER: nobody could come in")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str | None) -> str | None:
        for origin in _listed(value):
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("https", "http")
                or not parts.hostname
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError("must be origins such as https://shop.example.com, separated by commas")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str | None) -> str | None:
        return _networks(value)

    @field_validator("stripe_webhook_secrets")
    @classmethod
    def _are_webhook_secrets(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not all(secret.startswith("whsec_") for secret in _listed(value.get_secret_value())):
            raise ValueError("must be one or two secrets that begin with whsec_, separated by a comma")
        return value

    @field_validator("alert_slack_webhook_url")
    @classmethod
    def _is_a_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("https", "http") or not parts.hostname):
            raise ValueError("must look like https://hooks.slack.com/services/…")
        return value

    @field_validator("mailbox_url")
    @classmethod
    def _is_imap(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("imap", "imaps") or not _HOST.fullmatch(parts.netloc.rpartition("@")[2])):
            raise ValueError("must look like imaps://user:password@host:993/INBOX")
        if parts and parts.scheme == "imap" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("must begin with imaps://: a password leaves this machine over TLS only")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("smtp", "smtps") or not _HOST.fullmatch(parts.netloc.rpartition("@")[2])):
            raise ValueError("must look like smtp://user:password@host:587, or smtps://… for TLS from the start")
        return value

    @field_validator("mail_from", "support_email", "alert_email_from", "alert_email_to")
    @classmethod
    def _are_addresses(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        for address in value.split(","):
            try:
                _EMAIL.validate_python(address.strip())
            except ValidationError:
                raise ValueError("must be e-mail addresses, separated by commas") from None
        needed = ("smtp_url", "alert_email_from") if info.field_name == "alert_email_to" else ()
        for name in needed:
            # One that is wrong itself is not in the data, and is told of first.
            if name in info.data and info.data[name] is None:
                raise ValueError(f"needs {name.upper()} to be set too")
        return value

    @property
    def alert_recipients(self) -> tuple[str, ...]:
        """To whom alerts are mailed."""
        return _listed(self.alert_email_to)

    @property
    def origins(self) -> tuple[str, ...]:
        """Other sites whose pages may read our API."""
        return _listed(self.cors_origins)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What Stripe may sign with; two while one replaces the other."""
        return _listed(self.stripe_webhook_secrets.get_secret_value()) if self.stripe_webhook_secrets else ()

    @property
    def stripe_livemode(self) -> bool:
        """Whether real money moves: the key says so."""
        key = self.stripe_secret_key.get_secret_value() if self.stripe_secret_key else ""
        return key.startswith(("sk_live_", "rk_live_"))

    @property
    def dead_letter_queue_name(self) -> str:
        """Where SQS moves a message that was received three times and never deleted."""
        return f"{self.sqs_queue_name}-dlq"

    def window(self, tier: Tier) -> int:
        """How many directories of one job are worked on at a time."""
        return {
            Tier.STARTER: self.window_starter,
            Tier.GROWTH: self.window_growth,
            Tier.PROFESSIONAL: self.window_professional,
            Tier.ENTERPRISE: self.window_enterprise,
        }[tier]


def _networks(text: str | None) -> str | None:
    for network in _listed(text):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None
    return text


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


@functools.cache
def load_settings() -> Settings:
    """The process's settings. Raises SettingsError with one sentence that names the first wrong setting."""
    return _load(Settings)


@functools.cache
def load_browser_settings() -> BrowserSettings:
    """Likewise, for commands that need a browser and nothing else."""
    return _load(BrowserSettings)


@functools.cache
def load_brain_settings() -> BrainSettings:
    """Likewise, for the brain's service."""
    return _load(BrainSettings)


def _load(kind: type[S]) -> S:
    try:
        return kind()
    except UnicodeDecodeError:
        raise SettingsError(f"{STACK_ENV_FILE} or .env is not UTF-8 text.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]).upper()
        if first["type"] == "missing":
            raise SettingsError(
                f"{name} is not set: start the embedded stack with `directorybolt local up`, or set {name} "
                "in the environment or in .env (see .env.example)."
            ) from None
        raise SettingsError(f"{name} is wrong: {first['msg'].removeprefix('Value error, ')}.") from None
