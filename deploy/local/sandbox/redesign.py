"""A site that relaunches while visitors are on it: from their second visit on it wears other names and words."""

from collections.abc import Container
from dataclasses import replace

from deploy.local.sandbox.fields import build_form
from deploy.local.sandbox.model import Design, Naming, Role, Site


def relaunched(site: Site) -> Site:
    """The same directory after its relaunch."""
    return replace(site, naming=Naming.CAMEL, wording=site.wording + 1)


def side_of_relaunch(site: Site, posted: Container[str]) -> Site:
    """The site as it was when the form with these field names was loaded; other designs never change."""
    if site.design is not Design.REDESIGNED:
        return site
    after = relaunched(site)
    name = build_form(after).of(Role.BUSINESS_NAME)
    return after if name and name.name in posted else site
