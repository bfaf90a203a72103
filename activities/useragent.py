"""Who we say we are, to every site: our name, and where to ask about us."""

PRODUCT = "DirectoryBolt"
"""The token by which a robots.txt names us."""


def signature(contact: str) -> str:
    """The end of every user agent, and all of it where no browser stands before it."""
    return f"{PRODUCT}/1.0 (+{contact})"
