"""How numbers, moments and strangers' words are spelt. What is said of a job or a directory is elsewhere."""

from datetime import datetime


def counted(number: int, thing: str, several: str = "") -> str:
    """That many of it: "1 visit", "3 visits". `several` is for what takes more than an s."""
    return f"{number} {thing if number == 1 else several or f'{thing}s'}"


def minute(moment: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def one_line(text: str, longest: int = 200) -> str:
    """A stranger's words without line breaks and control characters, cut to so many characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
