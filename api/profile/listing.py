"""How a directory would show the business: the preview beside the form. It judges nothing."""

from itertools import groupby
from typing import Any

from api.profile import places
from schema.contracts.draft import Preview
from schema.contracts.profile import DayHours, Weekday

_SHOWN = 600


def preview(values: dict[str, Any]) -> Preview:
    """Of the values as understood, right or wrong."""
    return Preview(
        business_name=values["business_name"],
        tagline=values["tagline"],
        category=" · ".join(filter(None, (values["category"], *values["subcategories"]))),
        address=_address(values),
        phone=values["phone"],
        website=values["website"].partition("://")[2].removeprefix("www.").rstrip("/") or values["website"],
        email=values["email"],
        hours=hours_text(values["hours"]),
        description=_cut(values["description"] or values["short_description"]),
        keywords=" · ".join(values["keywords"]),
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


def _address(values: dict[str, Any]) -> str:
    city, state, code = values["city"], values["state"], values["postal_code"]
    if code and values["country"] in ("US", "CA", "AU", "GB", "IE", "IN", "NZ"):
        local = ", ".join(filter(None, (city, " ".join(filter(None, (state, code))))))
    else:
        local = ", ".join(filter(None, (" ".join(filter(None, (code, city))), state)))
    street = ", ".join(filter(None, (values["street"], values["street2"])))
    return "\n".join(filter(None, (street, local, places.country_name(values["country"]))))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rsplit(None, 1)[0]} …"
