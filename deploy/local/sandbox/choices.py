"""The options of pickers: categories, states, countries, opening times."""

from collections.abc import Iterable
from typing import NamedTuple

from deploy.local.sandbox.model import Design, Language, Naming, Role, Site
from deploy.local.sandbox.wording import wording

_STATES = (
    "AL:Alabama AK:Alaska AZ:Arizona AR:Arkansas CA:California CO:Colorado CT:Connecticut DE:Delaware "
    "DC:District_of_Columbia FL:Florida GA:Georgia HI:Hawaii ID:Idaho IL:Illinois IN:Indiana IA:Iowa KS:Kansas "
    "KY:Kentucky LA:Louisiana ME:Maine MD:Maryland MA:Massachusetts MI:Michigan MN:Minnesota MS:Mississippi "
    "MO:Missouri MT:Montana NE:Nebraska NV:Nevada NH:New_Hampshire NJ:New_Jersey NM:New_Mexico NY:New_York "
    "NC:North_Carolina ND:North_Dakota OH:Ohio OK:Oklahoma OR:Oregon PA:Pennsylvania RI:Rhode_Island "
    "SC:South_Carolina SD:South_Dakota TN:Tennessee TX:Texas UT:Utah VT:Vermont VA:Virginia WA:Washington "
    "WV:West_Virginia WI:Wisconsin WY:Wyoming"
)
_NUMBERED = (Naming.NUMBERED, Naming.ASPNET, Naming.CAMEL)


class Choice(NamedTuple):
    """One option: what is posted, what people read, and the group it is shown under."""

    value: str
    label: str
    group: str = ""


def choices_for(site: Site, role: Role) -> tuple[Choice, ...]:
    """The options that the site offers for that role; empty where it offers none."""
    words = wording(site.language)
    match role:
        case Role.CATEGORY | Role.SUBCATEGORY:
            return _categories(site, role)
        case Role.STATE:
            return tuple(Choice(code, name.replace("_", " ")) for code, name in _state_pairs())
        case Role.HOURS:
            return _times(site.language)
        case _:
            return _coded(site, words.choices.get(role, {}).items())


def _state_pairs() -> Iterable[tuple[str, str]]:
    return (tuple(word.split(":")) for word in _STATES.split())  # type: ignore[misc]


def _coded(site: Site, pairs: Iterable[tuple[str, str]]) -> tuple[Choice, ...]:
    """Half of the sites post a row number of their database instead of a word."""
    numbered = site.naming in _NUMBERED
    return tuple(Choice(str(101 + i) if numbered else code, label) for i, (code, label) in enumerate(pairs))


def _categories(site: Site, role: Role) -> tuple[Choice, ...]:
    categories = wording(site.language).categories
    grouped = [(group, label) for group, labels in categories.tree.items() for label in labels]
    if role is Role.SUBCATEGORY or site.design is Design.OPTGROUPS:
        numbered = site.naming in _NUMBERED
        return tuple(
            Choice(str(2001 + i) if numbered else label, label, group) for i, (group, label) in enumerate(grouped)
        )
    labels = categories.lists[site.wording % len(categories.lists)]
    if site.design is Design.NESTED:
        labels = tuple(categories.tree)
    return _coded(site, ((label, label) for label in labels))


def _times(language: Language) -> tuple[Choice, ...]:
    """Every half hour; the clock on the page is the country's, the posted value is always `HH:MM`."""
    slots = [(minutes // 60, minutes % 60) for minutes in range(0, 24 * 60, 30)]
    return tuple(Choice(f"{hour:02}:{minute:02}", _clock(language, hour, minute)) for hour, minute in slots)


def _clock(language: Language, hour: int, minute: int) -> str:
    if language is not Language.EN:
        return f"{hour:02}:{minute:02}"
    return f"{(hour - 1) % 12 + 1}:{minute:02} {'AM' if hour < 12 else 'PM'}"
