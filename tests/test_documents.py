"""What README, docs and .env.example name exists: files, headings, commands, options, targets, settings, tests.

Nothing is run.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from deploy.cli.main import app
from deploy.runtime.settings import BrainSettings, Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOMS = "activities|api|brain|deploy|docs|schema|tests|workflows"
SHORT = {"A": "activities", "F": "faults"}
"""How the table of faults abbreviates folders of tests."""
WORDS_IN_CAPITALS = {"FILE_OR_URL", "JOB_ID", "MAY_BECOME", "PAYMENT_OR_JOB", "REJECT_DUPLICATE", "USE_EXISTING"}
"""What is no setting."""

EXAMPLE = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        file, _, heading = link.partition("#")
        target = document.parent / file if file else document
        if "://" not in link and not (target.exists() and (not heading or heading in headings(target))):
            dead.append(link)
    assert dead == []


@every_document
def test_every_file_that_is_named_is_there_and_holds_what_is_said(document: Path) -> None:
    named = re.findall(rf"`((?:{ROOMS}|[AF]|e2e|faults|runtime)/[\w./-]*)(?:: ([^`]+))?`", document.read_text())
    wrong = []
    for path, what in named:
        first, _, rest = path.partition("/")
        found = ROOT / path if (ROOT / path).exists() else ROOT / "tests" / SHORT.get(first, first) / rest
        if not found.exists() or (what and not holds(found, what)):
            wrong.append(f"{path} {what}")
    assert wrong == []


@every_document
def test_every_command_and_option_exists(document: Path) -> None:
    wrong = [line for line in commands(document.read_text()) if not understood(line)]
    assert wrong == []


@every_document
def test_every_make_target_exists(document: Path) -> None:
    offered = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", document.read_text(), re.MULTILINE)) <= offered


@every_document
def test_every_setting_exists(document: Path) -> None:
    named = set(re.findall(r"(?<![\w/])[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]\b", document.read_text()))
    assert named - set(EXAMPLE) - WORDS_IN_CAPITALS == set()


def test_the_example_names_every_setting_and_its_default() -> None:
    settings = {**Settings.model_fields, **BrainSettings.model_fields}
    assert set(EXAMPLE) == {name.upper() for name in settings}
    for name, field in settings.items():
        if isinstance(field.default, str | int | float):
            assert EXAMPLE[name.upper()].lower() == str(field.default).lower(), name


def headings(document: Path) -> set[str]:
    """As a page's anchors are made of them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def holds(file: Path, what: str) -> bool:
    """Whether the file names what is left of the name, in order: `…part_that_is_killed…[worker]` is of any case."""
    pattern = r"\w*".join(map(re.escape, what.partition("[")[0].strip("…").split("…")))
    return re.search(pattern, file.read_text()) is not None


def commands(text: str) -> list[str]:
    lines = re.findall(r"^(directorybolt .+)$", text, re.MULTILINE)
    return lines + re.findall(r"`(directorybolt [^`]+)`", text.replace("\n", " "))


def understood(line: str) -> bool:
    """Whether the commands of the line exist (`pause|resume`, `pause`, `resume`), and have its options."""
    command: Any = typer.main.get_command(app)
    for word in shlex.split(re.sub(r"[\[\]…]", " ", line), comments=True)[1:]:
        if word.startswith("--"):
            if word != "--help" and not any(word in parameter.opts for parameter in command.params):
                return False
        elif children := getattr(command, "commands", None):
            if any(name not in children for name in word.split("|")):
                return False
            command = children[word.split("|")[0]]
    return True
