"""Whoever runs a command, for the audit."""

import getpass

from schema.contracts.access import Principal, Scope


def cli_principal(by: str | None = None) -> Principal:
    """By the name they give, or else their login name; that one is written down in any case."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        login = "nobody"
    return Principal(name=by or login, scopes=frozenset(Scope), via=f"cli:{login}")
