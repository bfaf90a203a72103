"""The profile as a browser posts it without JavaScript: names of fields and their texts."""

from starlette.datastructures import FormData

from schema.contracts.draft import MOST_CHARACTERS, TypedDay, TypedProfile
from schema.contracts.profile import Weekday

_MANY = ("payment_methods", "languages")


def typed(form: FormData) -> TypedProfile:
    """What stands in the form. More than anybody types is cut off: the rest is still too long, and is said to be."""
    texts = {name: _text(form, name) for name in TypedProfile.model_fields if name not in (*_MANY, "hours")}
    many = {name: tuple(_cut(value) for value in form.getlist(name) if isinstance(value, str))[:50] for name in _MANY}
    return TypedProfile.model_validate({**texts, **many, "hours": {day: _day(form, day) for day in Weekday}})


def _day(form: FormData, day: Weekday) -> TypedDay:
    return TypedDay(
        open=f"hours-{day}" in form,
        opens=_text(form, f"hours-{day}-opens")[:20],
        closes=_text(form, f"hours-{day}-closes")[:20],
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return _cut(value) if isinstance(value, str) else ""


def _cut(text: str) -> str:
    # A form may be posted in any encoding that somebody makes up; what is no text is shown as such.
    return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
