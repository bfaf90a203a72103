"""Tells from a directory's public pages whether it holds a business. It reads; where to look is told by the directory.

A page proves a listing by the business's name as its heading together with something that no namesake has: phone,
street with postal code, or website. What we said ourselves in the page's address counts for nothing: pages repeat it.
"""

import re
from enum import StrEnum
from urllib.parse import quote, unquote_plus, urlsplit

import phonenumbers

from brain.sites import same_site, split
from brain.values import phones
from brain.words import fold
from schema.contracts.base import Contract
from schema.contracts.lookup import FINAL_URL, ConfirmationMail, DuplicateCheck, Placeholder, Search, placeholders
from schema.contracts.profile import BusinessProfile

_OK = 200
_SEPARATOR = re.compile(r"\s[-–—:]\s|[|»›·•/]|,\s|\sin\s")


class Sight(StrEnum):
    """What one look told. `unclear` is the answer to everything that proves neither."""

    LISTED = "listed"
    ABSENT = "absent"
    UNCLEAR = "unclear"


class PageLink(Contract):
    """A link as shown: where it leads, its own words, and those of the block that it stands in."""

    url: str
    text: str = ""
    around: str = ""


class PublicPage(Contract):
    """What a visitor sees of a page. `status` is the HTTP status. A stranger wrote all of it."""

    url: str
    status: int | None = None
    title: str = ""
    headings: tuple[str, ...] = ()
    text: str = ""
    links: tuple[PageLink, ...] = ()


class Mail(Contract):
    """A mail as it arrived. `sender` is the address that it gives as its own; a stranger wrote all of it."""

    sender: str
    subject: str = ""
    text: str = ""


def address(template: str, profile: BusinessProfile, final_url: str = "") -> str:
    """The address to ask, "" where the profile has nothing to ask with."""
    if template == FINAL_URL:
        return final_url
    said = {
        Placeholder.BUSINESS_NAME: profile.business_name,
        Placeholder.BUSINESS_SLUG: fold(profile.business_name).replace(" ", "-"),
        Placeholder.PHONE: phones.international(profile.phone, profile.country),
        Placeholder.WEBSITE: profile.website,
        Placeholder.CITY: profile.city,
        Placeholder.POSTAL_CODE: profile.postal_code,
    }
    if not all(said[asked] for asked in placeholders(template)):
        return ""
    return template.format(**{placeholder.value: quote(text, safe="") for placeholder, text in said.items()})


def listing(page: PublicPage, profile: BusinessProfile) -> Sight:
    """Whether the page is this business's listing."""
    if page.status != _OK or not _is_named(page, profile):
        return Sight.UNCLEAR
    spoken = unquote_plus(page.url)
    return Sight.LISTED if any(proof(page, profile, spoken) for proof in _PROOFS) else Sight.UNCLEAR


def own_page(page: PublicPage, profile: BusinessProfile) -> Sight:
    """Whether the page that our post was sent on to is the listing: there the name is enough, as the heading itself."""
    name = fold(profile.business_name)
    if page.status != _OK or name in fold(unquote_plus(split(page.url).query)):
        return Sight.UNCLEAR
    return Sight.LISTED if any(fold(heading) == name for heading in page.headings) else Sight.UNCLEAR


def result_link(page: PublicPage, profile: BusinessProfile) -> str:
    """Of the search's results the one that is likeliest this business, "" if none has its name."""
    name = fold(profile.business_name)
    places = [fold(text) for text in (profile.street, profile.city, profile.postal_code) if text]
    named = [
        (fold(link.text) == name, sum(_holds(fold(link.around), place) for place in places), -at, link.url)
        for at, link in enumerate(page.links)
        if _holds(fold(link.text), name) and same_site(link.url, page.url)
    ]
    return max(named)[-1] if page.status == _OK and named else ""


def searched(search: Search, page: PublicPage, profile: BusinessProfile) -> Sight:
    """Absent where the search has understood whom we mean, and says in its own words that it found nobody."""
    understood = page.status == _OK and _holds(fold(page.text), fold(profile.business_name))
    if search.nothing_found is None or not understood or result_link(page, profile):
        return Sight.UNCLEAR
    return Sight.ABSENT if _holds(fold(page.text), fold(search.nothing_found)) else Sight.UNCLEAR


def checked(check: DuplicateCheck, page: PublicPage) -> Sight:
    """What the duplicate check answered. Both answers at once are none."""
    if page.status != _OK:
        return Sight.UNCLEAR
    known, unknown = (words in page.text for words in (check.known, check.unknown))
    if known is unknown:
        return Sight.UNCLEAR
    return Sight.LISTED if known else Sight.ABSENT


def confirmed(offer: ConfirmationMail, mail: Mail, profile: BusinessProfile) -> Sight:
    """Whether the mail is the directory's word that it took this business."""
    domain = mail.sender.rpartition("@")[2].casefold()
    said = fold(f"{mail.subject}\n{mail.text}")
    ours = f".{domain}".endswith(f".{offer.sender}") and _holds(said, fold(profile.business_name))
    return Sight.LISTED if ours and _holds(said, fold(offer.says)) else Sight.UNCLEAR


def _is_named(page: PublicPage, profile: BusinessProfile) -> bool:
    """True if a heading is the name, perhaps with the city or the site's own name beside it.

    One that merely has the name in it may be another house's: "Bluebird Bakery" is not "Bluebird Bakery Supplies".
    """
    name = _parts(profile.business_name)
    for heading in (page.title, *page.headings):
        parts = _parts(heading)
        if any(parts[at : at + len(name)] == name for at in range(len(parts))):
            return True
    return False


def _parts(heading: str) -> list[str]:
    return [fold(part) for part in _SEPARATOR.split(heading) if fold(part)]


def _same_phone(page: PublicPage, profile: BusinessProfile, spoken: str) -> bool:
    wanted = phones.parse(profile.phone, profile.country)
    if wanted is None or str(wanted.national_number) in re.sub(r"\D", "", spoken):
        return False
    dialled = " \n".join(link.url.removeprefix("tel:") for link in page.links if link.url.startswith("tel:"))
    shown = phonenumbers.PhoneNumberMatcher(
        f"{page.text}\n{dialled}", profile.country, leniency=phonenumbers.Leniency.POSSIBLE
    )
    return any(
        (found.number.country_code, found.number.national_number) == (wanted.country_code, wanted.national_number)
        for found in shown
    )


def _same_street(page: PublicPage, profile: BusinessProfile, spoken: str) -> bool:
    street, code = fold(profile.street), fold(profile.postal_code)
    if not street or not code or _holds(fold(spoken), street):
        return False
    return _holds(fold(page.text), street) and _holds(fold(page.text), code)


def _same_website(page: PublicPage, profile: BusinessProfile, spoken: str) -> bool:
    wanted = _plain(profile.website)
    if not wanted or wanted in spoken.casefold():
        return False
    if any(_plain(link.url) == wanted for link in page.links):
        return True
    shown = rf"(?<![\w.@/-])(?:https?://)?(?:www\.)?{re.escape(wanted)}/?(?![\w/@-]|\.\w)"
    return re.search(shown, page.text, re.IGNORECASE) is not None


_PROOFS = (_same_phone, _same_street, _same_website)


def _plain(url: str) -> str:
    """Host and path of a web address as people compare them."""
    parts = urlsplit(url) if split(url).hostname else None
    if parts is None or parts.scheme not in ("http", "https"):
        return ""
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}".casefold()


def _holds(text: str, words: str) -> bool:
    """True if the folded text has these folded words in a row."""
    return bool(words) and f" {words} " in f" {text} "
