"""Short ways to write down fields, forms and a business for the brain's tests."""

from typing import Any

from schema.contracts.form import (
    ButtonKind,
    FieldKind,
    FieldOption,
    FormButton,
    FormField,
    FormSnapshot,
    Label,
    LabelSource,
)
from schema.contracts.profile import BusinessProfile, DayHours, Weekday

LOGO = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SITE = "https://directory.example/add"
_WEEK = [day for day in Weekday if day is not Weekday.SUNDAY]


def bakery(**changes: Any) -> BusinessProfile:
    """A business that has everything; `changes` replace some of it."""
    return BusinessProfile(
        **{
            "business_name": "Rosa's Bakery",
            "legal_name": "Rosa Marin Foods LLC",
            "contact_first_name": "Rosa",
            "contact_last_name": "Marin",
            "email": "rosa@rosasbakery.example",
            "phone": "+1 512 555 0147",
            "fax": "+1 512 555 0148",
            "website": "https://www.rosasbakery.example/",
            "street": "412 Cedar Street",
            "street2": "Suite 3",
            "city": "Austin",
            "state": "TX",
            "postal_code": "78701",
            "country": "US",
            "latitude": 30.2672,
            "longitude": -97.7431,
            "tagline": "Bread worth waking up for",
            "short_description": "Family bakery in Austin with sourdough and pastries.",
            "description": "Rosa's Bakery bakes sourdough and pastries in Austin. " * 6,
            "keywords": ("bakery", "sourdough", "cakes"),
            "category": "Bakery",
            "subcategories": ("Wedding Cakes", "Cafe"),
            "hours": {day: DayHours(opens="07:00", closes="15:30") for day in _WEEK},
            "founded_year": 1998,
            "employees": 12,
            "price_range": "$$",
            "payment_methods": ("Cash", "Credit card"),
            "languages": ("English", "Spanish"),
            "logo": LOGO,
            "facebook": "https://www.facebook.com/rosasbakery",
            "instagram": "https://www.instagram.com/rosasbakery",
        }
        | changes
    )


def field(label: str = "", *, handle: str = "", kind: FieldKind = FieldKind.TEXT, **rest: Any) -> FormField:
    """A field called `label`; its handle is made of that unless given."""
    labels = (Label(text=label, source=LabelSource.LABEL_FOR),) if label else ()
    tag = {FieldKind.SELECT: "select", FieldKind.TEXTAREA: "textarea"}.get(kind, "input")
    made = {"handle": handle or f"main:{label or 'field'}", "tag": tag, "kind": kind, "labels": labels} | rest
    return FormField(**made)


def choice(label: str, *options: str, kind: FieldKind = FieldKind.SELECT, **rest: Any) -> FormField:
    """A field with options, whose values are their labels."""
    return field(label, kind=kind, options=tuple(FieldOption(value=text, label=text) for text in options), **rest)


def form(*fields: FormField, **rest: Any) -> FormSnapshot:
    """A form of these fields with a submit button, at a directory's address."""
    button = FormButton(handle="main:button-submit", text="Submit", kind=ButtonKind.SUBMIT)
    made = {"url": SITE, "fields": fields, "buttons": (button,), "action": SITE, "fingerprint": "f"} | rest
    return FormSnapshot(**made)
