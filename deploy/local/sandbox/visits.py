"""What the street remembers about visitors, in memory: first visits, sessions and captcha challenges.

Listings are not here: those are in the books, and outlive a restart.
"""

import hashlib
import hmac
import random
import secrets
import time
from collections import OrderedDict
from typing import NamedTuple

VISIT_PERIOD_S = 600.0
_KEPT = 2_000
# Letters and digits that people can tell apart.
_ALPHABET = "ACDEFHJKLMNPQRTUVWXY34679"


_BREAD = "🥐🥖🍞🥯"
_OTHERS = "🚲🚗🌲🏠🐕📚🪑⚽"


class Puzzle(NamedTuple):
    """Nine tiles; the answer is the places (0-8) of those that show the prompt's thing, in order, as one string."""

    key: str
    prompt: str
    tiles: list[str]


class Visits:
    """When a moody site last showed its mood. Seconds on the monotonic clock."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def first(self, slug: str) -> bool:
        """True for the first visit to that site in ten minutes."""
        now = time.monotonic()
        if now - self._seen.get(slug, -VISIT_PERIOD_S) < VISIT_PERIOD_S:
            return False
        self._seen[slug] = now
        return True

    def forget(self) -> None:
        self._seen.clear()


class Sessions:
    """Session cookies and the form tokens that belong to them. A restart signs everybody out."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def new(self) -> str:
        return secrets.token_urlsafe(18)

    def token(self, session: str) -> str:
        return hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()

    def matches(self, session: str, token: str) -> bool:
        return bool(session) and hmac.compare_digest(self.token(session).encode(), token.encode())


class Challenges:
    """Captcha challenges: every one is answered once at most, and the oldest are dropped."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, str] = OrderedDict()

    def picture(self) -> str:
        """Key of a new picture challenge."""
        return self._remember("".join(secrets.choice(_ALPHABET) for _ in range(5)))

    def question(self) -> tuple[str, str]:
        """Key and text of a new sum."""
        left, right = secrets.randbelow(8) + 2, secrets.randbelow(8) + 2
        return self._remember(str(left + right)), f"What is {left} + {right}?"

    def puzzle(self) -> Puzzle:
        """A new puzzle for the widget."""
        tiles = [secrets.choice(_BREAD if secrets.randbelow(3) == 0 else _OTHERS) for _ in range(8)]
        tiles.insert(secrets.randbelow(9), secrets.choice(_BREAD))
        answer = "".join(str(place) for place, tile in enumerate(tiles) if tile in _BREAD)
        return Puzzle(self._remember(answer), "Select all squares with bread", tiles)

    def passed(self) -> str:
        """A token that the widget hands to somebody who solved its puzzle."""
        return self._remember("passed")

    def solved(self, key: str, answer: str) -> bool:
        """Whether that is the answer; the challenge is spent either way."""
        expected = self._answers.pop(key, None)
        return expected is not None and expected.casefold() == answer.strip().casefold()

    def drawing(self, key: str) -> str | None:
        """The picture challenge as SVG: letters askew behind a few strokes. None for an unknown key."""
        text = self._answers.get(key)
        return _draw(text, random.Random(key)) if text else None  # noqa: S311

    def _remember(self, answer: str) -> str:
        key = secrets.token_urlsafe(16)
        self._answers[key] = answer
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)
        return key


def _draw(text: str, dice: random.Random) -> str:
    letters = "".join(
        f'<text x="{22 + 34 * i}" y="{44 + dice.randint(-7, 7)}" fill="hsl({dice.randint(0, 359)} 45% 32%)" '
        f'transform="rotate({dice.randint(-24, 24)} {22 + 34 * i} 40)">{letter}</text>'
        for i, letter in enumerate(text)
    )
    strokes = "".join(
        f'<path d="M0 {dice.randint(5, 60)} C 60 {dice.randint(0, 64)}, 120 {dice.randint(0, 64)}, 200 '
        f'{dice.randint(5, 60)}" stroke="hsl({dice.randint(0, 359)} 40% 55%)" fill="none" stroke-width="1.5"/>'
        for _ in range(5)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="64" font-family="Georgia,serif" font-size="34" '
        f'font-weight="bold"><rect width="200" height="64" fill="#eceae2"/>{letters}{strokes}</svg>'
    )
