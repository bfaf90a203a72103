"""One small run in the suite; the real ones are `make chaos`. And the promise that a seed is a story."""

from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.parts import worker_names
from tests.chaos.run import run
from tests.chaos.story import Fault, draw

_SEED = 77
"""Six faults of six kinds within twenty seconds, none of which lasts long."""


@pytest.mark.timeout(600)
async def test_a_small_bad_night_loses_nothing_and_doubles_nothing(test_folder: Path) -> None:
    story = draw(_SEED, jobs=2, kills=6, workers=worker_names(2))
    verdict = await run(story, test_folder / "chaos", test_folder / "kept", Console(quiet=True), settle_s=240)
    assert (verdict.lost, verdict.doubled, verdict.disagreements) == ((), (), ())
    assert verdict.directories == 16
    assert verdict.posts > 0


def test_a_seed_is_a_story_and_a_story_survives_as_json() -> None:
    story = draw(42, jobs=20, kills=60, workers=worker_names(3))
    assert draw(42, jobs=20, kills=60, workers=worker_names(3)) == story
    assert type(story).model_validate_json(story.model_dump_json()) == story
    assert (len(story.purchases), len(story.troubles)) == (20, 60)
    assert {trouble.fault for trouble in story.troubles} == set(Fault)
    assert len({purchase.business for purchase in story.purchases}) < 20, "some business pays twice"


def test_one_thing_breaks_in_one_place_at_a_time() -> None:
    for seed in range(50):
        over: dict[str, float] = {}
        for trouble in draw(seed, jobs=1, kills=40, workers=worker_names(3)).troubles:
            assert trouble.at_s >= over.get(trouble.place, 0.0)
            over[trouble.place] = trouble.at_s + trouble.lasts_s
