"""The street: every site on it, in order of standing, and how it introduces itself to an importer.

A starter job takes the fifty sites of priority tier 1 with the highest domain authority. Those are meant to end as:
40 submitted, 6 waiting for a person (an e-mail confirmation, three captchas, a login, a payment), 1 already listed
(skipped), 1 uncertain, 2 failed (one closed for good, one that refuses everybody from another state).
"""

from deploy.local.sandbox.lookups import lookup
from deploy.local.sandbox.model import Site
from deploy.local.sandbox.sites import classics, layouts, manners, scripted, walls
from schema.contracts.directory import DirectoryEntry

SITES: tuple[Site, ...] = tuple(
    sorted(
        (*classics.SITES, *layouts.SITES, *scripted.SITES, *manners.SITES, *walls.SITES),
        key=lambda site: -site.domain_authority,
    )
)
_BY_SLUG = {site.slug: site for site in SITES}


def find_site(slug: str) -> Site | None:
    return _BY_SLUG.get(slug)


def directory_entry(site: Site, base_url: str) -> DirectoryEntry:
    """The site as a row of an import file; `base_url` is where the street is served, with its trailing slash."""
    return DirectoryEntry(
        slug=site.slug,
        name=site.name,
        submission_url=f"{base_url}{site.slug}/{site.form_path}",
        domain_authority=site.domain_authority,
        priority_tier=site.priority_tier,
        category=site.category,
        automation=site.automation,
        interval_ms=0,
        lookup=lookup(site, base_url),
    )
