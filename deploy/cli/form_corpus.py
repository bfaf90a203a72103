"""What `form map --corpus` does: the mapper's reading of every control of many saved pages, as the scorer takes it."""

from collections.abc import Iterator
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from activities.browser.chromium import BrowserFailed
from activities.browser.specimens import Specimen, read_specimens
from brain.reader.forms import candidates
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.cli.output import plain, remarks
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.settings import load_browser_settings
from schema.contracts.base import Contract
from schema.contracts.profile import ProfileKey

MARK = "data-bf-idx"
"""The attribute that numbers a corpus's controls."""


class Prediction(Contract):
    """One control: the profile's key that it takes (None: it is left alone), and how sure that is (0..1)."""

    file: str
    idx: int
    pred: ProfileKey | None
    confidence: float


async def map_corpus(folder: Path, out: Path) -> None:
    """Maps every page of `folder`/html and writes one JSON object a control.

    Raises CommandFailed when there is no page or no browser, or when a page could not be read; the others are written.
    """
    pages = pages_of(folder)
    if not pages:
        raise CommandFailed(f"There are no pages in {folder / 'html'}: --corpus takes a folder with html/*.html.")
    columns = (TextColumn("[bold]mapping"), BarColumn(bar_width=40), MofNCompleteColumn(), TimeElapsedColumn())
    failed, lines = [], {}
    try:
        browser = find_browser(load_browser_settings().browser_path)
        with Progress(*columns, console=remarks) as progress:
            task = progress.add_task("", total=len(pages))
            async for specimen in read_specimens(browser, pages, MARK):
                lines[specimen.file] = [prediction.model_dump_json() for prediction in predictions(specimen)]
                if specimen.page is None:
                    failed.append(f"{specimen.file.name} ({specimen.failure})")
                progress.advance(task)
    except (BrowserNotFound, BrowserFailed) as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    try:
        out.write_text("".join(f"{line}\n" for page in pages for line in lines[page]), "utf-8")
    except OSError as error:
        raise CommandFailed(f"--out {out} cannot be written: {error.strerror}.") from None
    count = sum(map(len, lines.values()))
    remarks.print(f"{count} controls of {len(pages)} pages: {plain(str(out), 200)}", highlight=False)
    if failed:
        raise CommandFailed(f"Not read: {plain(', '.join(failed), 500)}.", SERVICE_FAILED)


def pages_of(folder: Path) -> list[Path]:
    """The pages of a corpus, in the order of their names."""
    return sorted((folder / "html").glob("*.html"))


def predictions(specimen: Specimen) -> Iterator[Prediction]:
    """One for each numbered control of the page, in its order."""
    if specimen.page is None:
        return
    read: dict[tuple[str, int], tuple[ProfileKey | None, float]] = {}
    for form in candidates(specimen.page.frames):
        for item in form.fields:
            meaning = form.meanings[item.field.handle]
            key = meaning.concept if isinstance(meaning.concept, ProfileKey) else None
            read |= {(item.place.frame, at): (key, meaning.confidence) for at in item.place.elements}
    for frame, marks in specimen.marks.items():
        for at, mark in enumerate(marks):
            if mark.isdecimal():
                key, sure = read.get((frame, at), (None, 0.0))
                yield Prediction(file=f"html/{specimen.file.name}", idx=int(mark), pred=key, confidence=sure)
