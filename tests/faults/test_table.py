"""The table of faults in docs/exactly-once.md names, for every row, a test that is there."""

import re
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_TABLE = (_TESTS.parent / "docs" / "exactly-once.md").read_text()
_ROOMS = {"F": "faults", "A": "activities"}
_ROW = re.compile(r"^\|(?! *(?:what breaks|---)).*\| ([^|]*) \|$", re.MULTILINE)
_NAMED = re.compile(r"`([\w/]+\.py)(?:: ([^`\[]*))?(?:\[[^\]`]*\])?[^`]*`")


def test_every_row_names_tests_that_exist() -> None:
    faults = _TABLE.partition("## Faults in the middle")[2].partition("\n## ")[0]
    rows = [row for row in _ROW.findall(faults) if row != "`tests/chaos`"]
    assert len(rows) > 30
    for row in rows:
        named = _NAMED.findall(row)
        assert named, row
        for path, name in named:
            room, _, rest = path.partition("/")
            written = (_TESTS / _ROOMS.get(room, room) / rest).read_text()
            words = ".*".join(map(re.escape, name.split("…")))
            assert re.search(rf"^async def test_.*{words}", written, re.MULTILINE), (path, name)
