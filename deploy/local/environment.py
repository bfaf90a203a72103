"""What a running stack tells every other process: the settings that point at it.

Its own children get them in their environment; every other command on the machine reads `stack.env`, which exists
only while the stack runs.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.local.ports import HOST
from deploy.runtime.settings import Settings


class Configured(BaseSettings):
    """What the user has already: read from the environment and `.env`, never from an earlier stack's file."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = None
    browser_path: Path | None = None
    stripe_secret_key: SecretStr | None = None
    smtp_url: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class StackEnvironment:
    """The settings of one stack, by the names that `deploy.runtime.settings` knows them by."""

    values: Mapping[str, str]

    def settings(self) -> Settings:
        """As a process of this stack sees them. Raises pydantic's ValidationError where a needed part was left out."""
        values: dict[str, Any] = {name.lower(): value for name, value in self.values.items()}
        return Settings(**values)

    def for_children(self) -> dict[str, str]:
        """To be laid over the environment: nothing of another AWS account or an outgoing proxy gets in the way."""
        direct = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), HOST, "localhost")))
        return {**self.values, "AWS_SESSION_TOKEN": "", "NO_PROXY": direct, "no_proxy": direct}

    def write(self, path: Path) -> None:
        """For the eyes of this user alone: it holds the database's password."""
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.writelines(f"{name}={value}\n" for name, value in self.values.items())
        fresh.replace(path)
