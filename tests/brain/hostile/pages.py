"""Every hostile page by its name."""

from itertools import chain

from tests.brain.hostile import honeypots, instructions, restless, secrets, targets
from tests.brain.hostile.attack import unique

ATTACKS = unique(
    chain.from_iterable(family.attacks() for family in (instructions, honeypots, secrets, targets, restless))
)
