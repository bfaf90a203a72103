"""Every control of every saved listing form is labelled, once, with a meaning that exists."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from brain.mapper.meaning import Avoid
from schema.contracts.profile import ProfileKey

LISTINGS = Path(__file__).parent / "listings"
PAGES = sorted((LISTINGS / "html").glob("*.html"))
CONTROLS = frozenset({"input", "select", "textarea", "button"})
SILENT = frozenset({"hidden", "submit", "reset", "button", "image"})


class _Controls(HTMLParser):
    """The controls of a page in document order: (tag, type, index as written)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in CONTROLS:
            return
        given = dict(attrs)
        kind = {
            "input": (given.get("type") or "text").lower(),
            "button": (given.get("type") or "submit").lower(),
            "select": "select-multiple" if "multiple" in given else "select-one",
            "textarea": "textarea",
        }[tag]
        self.found.append((tag, kind, given.get("data-bf-idx")))


def _controls(page: Path) -> list[tuple[str, str, str | None]]:
    reader = _Controls()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


def _labels(page: Path) -> Iterator[dict[str, Any]]:
    lines = (LISTINGS / "labels" / f"{page.stem}.jsonl").read_text(encoding="utf-8").splitlines()
    return map(json.loads, lines)


def test_every_label_file_has_its_page() -> None:
    assert {path.stem for path in (LISTINGS / "labels").glob("*.jsonl")} == {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_controls_and_labels_agree_one_to_one(page: Path) -> None:
    controls = _controls(page)
    labelled = [(row["tag"], row["type"], str(row["idx"])) for row in _labels(page)]
    assert controls == labelled
    assert [idx for _, _, idx in controls] == [str(number) for number in range(len(controls))]
    assert {row["file"] for row in _labels(page)} == {f"html/{page.name}"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_meaning_exists(page: Path) -> None:
    for row in _labels(page):
        if row["profile_key"] is not None:
            assert ProfileKey(row["profile_key"])
            assert "meaning" not in row
        elif row["meaning"] or row["type"] not in SILENT:
            assert Avoid(row["meaning"]), row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_a_listing_form(page: Path) -> None:
    keys = {row["profile_key"] for row in _labels(page)}
    assert ProfileKey.BUSINESS_NAME in keys
    assert keys & {ProfileKey.EMAIL, ProfileKey.WEBSITE, ProfileKey.PHONE}
    assert len(keys) > 5
