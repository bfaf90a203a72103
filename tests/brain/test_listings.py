"""The mapper on our own listing forms, in real Chromium. Its weights know these pages: this is no measure of how good
it is on others (that is `make train`), it is what must not be lost again."""

from pathlib import Path

from activities.browser.specimens import read_specimens
from deploy.cli.form_corpus import MARK, pages_of, predictions
from tests.corpus.collections import labels

_FOLDER = Path(__file__).parent / "listings"


async def test_what_is_known_of_our_own_listing_forms_stays_known(browser_path: Path) -> None:
    known = {(label.file, label.idx): label.profile_key for label in labels(_FOLDER)}
    right = filled = 0
    async for specimen in read_specimens(browser_path, pages_of(_FOLDER), MARK):
        assert specimen.page is not None, f"{specimen.file.name}: {specimen.failure}"
        for found in predictions(specimen):
            filled += found.pred is not None
            right += found.pred is not None and found.pred == known[found.file, found.idx]
    wanted = sum(key is not None for key in known.values())
    assert right / filled > 0.95
    assert right / wanted > 0.9
