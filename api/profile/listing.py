"""How a directory would show the business: the preview beside the form. It judges nothing."""

from itertools import groupby

from api.profile import places
from schema.contracts.draft import Preview
from schema.contracts.profile import BusinessProfile, DayHours, Weekday

_SHOWN = 600


def preview(profile: BusinessProfile) -> Preview:
    """Of a profile as far as it is understood, right or wrong."""
    return Preview(
        business_name=profile.business_name,
        tagline=profile.tagline,
        category=" · ".join(filter(None, (profile.category, *profile.subcategories))),
        address=_address(profile),
        phone=profile.phone,
        website=profile.website.partition("://")[2].removeprefix("www.").rstrip("/") or profile.website,
        email=profile.email,
        hours=hours_text(profile.hours),
        description=_cut(profile.description or profile.short_description),
        keywords=" · ".join(profile.keywords),
    )


def hours_text(hours: dict[Weekday, DayHours]) -> str:
    """A line for every run of equal days: "Mon–Fri 09:00–17:00"; "" where nothing is known."""
    if not hours:
        return ""
    lines = []
    for times, run in groupby(Weekday, key=hours.get):
        days = [day.title()[:3] for day in run]
        span = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
        lines.append(f"{span} {f'{times.opens}–{times.closes}' if times else 'closed'}")
    return "\n".join(lines)


def _address(profile: BusinessProfile) -> str:
    city, state, code = profile.city, profile.state, profile.postal_code
    if code and profile.country in ("US", "CA", "AU", "GB", "IE", "IN", "NZ"):
        local = ", ".join(filter(None, (city, " ".join(filter(None, (state, code))))))
    else:
        local = ", ".join(filter(None, (" ".join(filter(None, (code, city))), state)))
    street = ", ".join(filter(None, (profile.street, profile.street2)))
    return "\n".join(filter(None, (street, local, places.country_name(profile.country))))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rsplit(None, 1)[0]} …"
