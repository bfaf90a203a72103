"""What sites say, per language: labels with synonyms, option texts, errors, answers and category lists."""

import functools
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.local.sandbox.model import Language, Role

_FOLDER = Path(__file__).parent / "locale"


class Categories(BaseModel):
    """`lists` are flat pickers, one per wording; `tree` has groups, each with its specialties."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lists: tuple[tuple[str, ...], ...]
    tree: dict[str, tuple[str, ...]] = {}


class Wording(BaseModel):
    """One locale file. A text that is a tuple holds synonyms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: dict[Role, tuple[str, ...]]
    sections: dict[str, str]
    days: dict[str, str]
    choices: dict[Role, dict[str, str]]
    errors: dict[str, str]
    text: dict[str, str | tuple[str, ...]]
    categories: Categories

    def label(self, role: Role, variant: int) -> str:
        synonyms = self.labels[role]
        return synonyms[variant % len(synonyms)]

    def say(self, key: str, variant: int = 0) -> str:
        """The text of that key, in the synonym that `variant` picks. Raises KeyError for an unknown key."""
        text = self.text[key]
        return text if isinstance(text, str) else text[variant % len(text)]


@functools.cache
def wording(language: Language) -> Wording:
    """The locale file of that language, read once."""
    return Wording.model_validate(tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
