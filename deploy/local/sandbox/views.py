"""A form as templates see it: every control with its caption, attributes, posted value and complaint."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.local.sandbox.choices import Choice
from deploy.local.sandbox.fields import Field, Form
from deploy.local.sandbox.model import Kind, Mark, Role, Site
from deploy.local.sandbox.posting import Posting
from deploy.local.sandbox.wording import wording

_INPUT_TYPES = {
    Kind.EMAIL: "email",
    Kind.TEL: "tel",
    Kind.URL: "url",
    Kind.FILE: "file",
    Kind.CHECKBOX: "checkbox",
    Kind.RADIO: "radio",
    Kind.CHECKBOXES: "checkbox",
}
_PRESET = {Role.PLAN: 0}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One control on the page. `value` and `chosen` are what was posted, so that a refused form keeps its content."""

    field: Field
    site: Site
    value: str = ""
    chosen: tuple[str, ...] = ()
    error: str = ""

    @property
    def role(self) -> str:
        return self.field.role.value

    @property
    def kind(self) -> str:
        return self.field.kind.value

    @property
    def id(self) -> str:
        return self.field.id

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def label(self) -> str:
        return self.field.label

    @property
    def caption(self) -> str:
        """The label with the site's mark for required fields."""
        if not self.field.required or self.site.mark is Mark.ATTRIBUTE:
            return self.field.label
        word = wording(self.site.language).say("required_word") if self.site.mark is Mark.WORD else "*"
        return f"{self.field.label} {word}"

    @property
    def choices(self) -> tuple[Choice, ...]:
        return self.field.choices

    @property
    def groups(self) -> dict[str, list[Choice]]:
        """The options by group, in page order."""
        groups: dict[str, list[Choice]] = {}
        for choice in self.field.choices:
            groups.setdefault(choice.group, []).append(choice)
        return groups

    @property
    def part(self) -> str:
        return self.field.part

    def attributes(self, **extra: str | None) -> dict[str, str | None]:
        """HTML attributes of the control; `extra` adds, replaces or (None) removes, `_` standing for `-`."""
        field, mark = self.field, self.site.mark
        attributes: dict[str, str | None] = {
            "type": None
            if field.kind in (Kind.SELECT, Kind.TEXTAREA, Kind.RICH)
            else _INPUT_TYPES.get(field.kind, "text"),
            "id": field.id,
            "name": field.name,
            "maxlength": str(field.limit) if field.limit else None,
            "required": "" if field.required and mark is Mark.ATTRIBUTE else None,
            "aria-required": "true" if field.required and mark is Mark.ARIA else None,
            "aria-invalid": "true" if self.error else None,
            "accept": "image/*" if field.kind is Kind.FILE else None,
        }
        return attributes | {name.replace("_", "-"): value for name, value in extra.items()}


@dataclass(frozen=True, slots=True)
class FormView:
    """All controls in page order; `sections` groups them under their headings."""

    fields: tuple[FieldView, ...]
    site: Site

    def of(self, role: str) -> FieldView | None:
        """The first control with that role, for templates that place a field by hand."""
        return next((field for field in self.fields if field.role == role), None)

    def but(self, *roles: str) -> list[FieldView]:
        """All controls except those that the template places by hand."""
        return [field for field in self.fields if field.role not in roles]

    @property
    def data(self) -> list[dict[str, object]]:
        """The controls as JSON for a page that builds its form by script."""
        return [
            {
                "name": view.name,
                "label": view.caption,
                "kind": view.kind,
                "required": view.field.required,
                "limit": view.field.limit,
                "choices": [choice._asdict() for choice in view.choices],
            }
            for view in self.fields
        ]

    @property
    def errors(self) -> list[FieldView]:
        return [field for field in self.fields if field.error]

    @property
    def sections(self) -> Iterator[tuple[str, list[FieldView]]]:
        """Heading in the site's language, and the consecutive controls under it."""
        views = {view.field: view for view in self.fields}
        for section, fields in Form(tuple(views)).sections():
            yield wording(self.site.language).sections[section], [views[field] for field in fields]

    @property
    def days(self) -> Iterator[tuple[str, FieldView, FieldView]]:
        """Rows of the opening-hours grid: the day's name, its opening and its closing picker."""
        cells = {field.part: field for field in self.fields if field.part}
        for day, label in wording(self.site.language).days.items():
            if f"{day}.opens" in cells:
                yield label, cells[f"{day}.opens"], cells[f"{day}.closes"]


def form_view(site: Site, form: Form, posting: Posting | None = None, errors: dict[str, str] | None = None) -> FormView:
    """The form as a fresh page, or with what was posted and what is wrong with it."""
    return FormView(tuple(_field_view(site, field, posting, errors or {}) for field in form.fields), site)


def _field_view(site: Site, field: Field, posting: Posting | None, errors: dict[str, str]) -> FieldView:
    if posting is None:
        preset = _PRESET.get(field.role)
        value = field.choices[preset].value if preset is not None and field.choices else ""
        return FieldView(field, site, value, (value,) if value else ())
    values = () if field.kind is Kind.FILE else tuple(posting.values.get(field.name, ()))
    return FieldView(field, site, values[-1] if values else "", values, errors.get(field.name, ""))
