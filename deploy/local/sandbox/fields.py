"""A site's form as its programmer built it: the controls with names, labels, limits and options."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from deploy.local.sandbox.choices import Choice, choices_for
from deploy.local.sandbox.model import Ask, Kind, Role, Site
from deploy.local.sandbox.naming import control_id, control_name
from deploy.local.sandbox.wording import Wording, wording

_KINDS = {
    Role.EMAIL: Kind.EMAIL,
    Role.EMAIL_AGAIN: Kind.EMAIL,
    Role.PHONE: Kind.TEL,
    Role.PHONE_AREA: Kind.TEL,
    Role.PHONE_PREFIX: Kind.TEL,
    Role.PHONE_LINE: Kind.TEL,
    Role.FAX: Kind.TEL,
    Role.WEBSITE: Kind.URL,
    Role.FACEBOOK: Kind.URL,
    Role.INSTAGRAM: Kind.URL,
    Role.LINKEDIN: Kind.URL,
    Role.ADDRESS: Kind.TEXTAREA,
    Role.DESCRIPTION: Kind.TEXTAREA,
    Role.SHORT_DESCRIPTION: Kind.TEXTAREA,
    Role.HOURS_TEXT: Kind.TEXTAREA,
    Role.COUNTRY: Kind.SELECT,
    Role.CATEGORY: Kind.SELECT,
    Role.SUBCATEGORY: Kind.SELECT,
    Role.HOURS: Kind.SELECT,
    Role.EMPLOYEES: Kind.SELECT,
    Role.PRICE: Kind.SELECT,
    Role.PAYMENTS: Kind.CHECKBOXES,
    Role.PLAN: Kind.RADIO,
    Role.LOGO: Kind.FILE,
    Role.TERMS: Kind.CHECKBOX,
    Role.NEWSLETTER: Kind.CHECKBOX,
}
_LIMITS = {Role.PHONE_AREA: 3, Role.PHONE_PREFIX: 3, Role.PHONE_LINE: 4, Role.FOUNDED: 4}
_CHOOSING = (Kind.SELECT, Kind.RADIO, Kind.CHECKBOXES, Kind.COMBOBOX)
_SECTIONS = {
    "business": (Role.BUSINESS_NAME, Role.TAGLINE, Role.CATEGORY, Role.SUBCATEGORY, Role.WEBSITE, Role.LOGO),
    "contact": (
        Role.CONTACT,
        Role.FIRST_NAME,
        Role.LAST_NAME,
        Role.EMAIL,
        Role.EMAIL_AGAIN,
        Role.PHONE,
        Role.PHONE_AREA,
        Role.PHONE_PREFIX,
        Role.PHONE_LINE,
        Role.FAX,
    ),
    "location": (
        Role.STREET,
        Role.STREET_MORE,
        Role.CITY,
        Role.STATE,
        Role.POSTAL_CODE,
        Role.COUNTRY,
        Role.ADDRESS,
    ),
    "legal": (Role.PLAN, Role.TERMS, Role.NEWSLETTER),
}
_SECTION_OF = {role: section for section, roles in _SECTIONS.items() for role in roles}


@dataclass(frozen=True, slots=True)
class Field:
    """One control, or one set of radio buttons or checkboxes. `part` names a cell of a grid (`mon.opens`)."""

    role: Role
    kind: Kind
    name: str
    label: str
    required: bool = False
    limit: int | None = None
    choices: tuple[Choice, ...] = ()
    part: str = ""

    @property
    def id(self) -> str:
        return control_id(self.name)

    @property
    def section(self) -> str:
        """Which part of the form it belongs to, as the keys of the locale's `sections`."""
        return _SECTION_OF.get(self.role, "details")


@dataclass(frozen=True, slots=True)
class Form:
    """All controls in page order."""

    fields: tuple[Field, ...]

    def of(self, role: Role) -> Field | None:
        """The first control with that role."""
        return next((field for field in self.fields if field.role is role), None)

    def sections(self) -> Iterator[tuple[str, tuple[Field, ...]]]:
        """Runs of consecutive controls that belong together."""
        for section, fields in groupby(self.fields, key=lambda field: field.section):
            yield section, tuple(fields)


@functools.cache
def build_form(site: Site) -> Form:
    """The form of that site."""
    words = wording(site.language)
    fields: list[Field] = []
    for position, ask in enumerate(site.asks, 1):
        field = _field(site, words, ask, position)
        fields.extend(_hours_grid(field, words) if ask.role is Role.HOURS else [field])
    return Form(tuple(fields))


def _field(site: Site, words: Wording, ask: Ask, position: int) -> Field:
    kind = ask.kind or _KINDS.get(ask.role, Kind.TEXT)
    label = words.label(ask.role, site.wording)
    return Field(
        role=ask.role,
        kind=kind,
        name=control_name(site.naming, ask.role, position, label),
        label=label,
        required=ask.required,
        limit=ask.limit or _LIMITS.get(ask.role),
        choices=choices_for(site, ask.role) if kind in _CHOOSING else (),
    )


def _hours_grid(field: Field, words: Wording) -> Iterator[Field]:
    for day, day_label in words.days.items():
        for edge in ("opens", "closes"):
            yield Field(
                role=Role.HOURS,
                kind=Kind.SELECT,
                name=f"{field.name}[{day}][{edge}]",
                label=f"{day_label} {words.say(edge)}",
                choices=field.choices,
                part=f"{day}.{edge}",
            )
