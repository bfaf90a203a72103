"""How the sites of the street can be asked what they hold: their search pages, and here and there a duplicate check."""

from deploy.local.sandbox.model import Answer, Design, Site
from deploy.local.sandbox.wording import wording
from schema.contracts.lookup import DuplicateCheck, Lookup, Search

_SHOWS_NOTHING = frozenset({Design.UNCLEAR, Design.GONE, Design.LOGIN_WALL})
_AT_ONCE = frozenset({Answer.PREVIEW, Answer.FLASH})
"""Answers that show the listing, or say that it is online: whom such a site does not show, it does not have."""


def lookup(site: Site, base_url: str) -> Lookup | None:
    """What the site tells an importer of its means; None for one that shows its listings to nobody."""
    if site.design in _SHOWS_NOTHING:
        return None
    root = f"{base_url}{site.slug}"
    search = Search(url=f"{root}/search?q={{business_name}}", nothing_found=wording(site.language).say("nothing_found"))
    check = DuplicateCheck(
        url=f"{root}/known?name={{business_name}}&phone={{phone}}", known='"known":true', unknown='"known":false'
    )
    return Lookup(
        search=search,
        duplicate_check=check if site.checks_duplicates else None,
        appears_within_s=site.moderated_s,
        absence_is_proof=site.answer in _AT_ONCE and not site.moderated_s,
    )
