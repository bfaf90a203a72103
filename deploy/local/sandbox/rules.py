"""Server-side validation of a posted form, as real directories do it: field by field, in the site's own words."""

import re
from urllib.parse import urlsplit

from deploy.local.sandbox.fields import Field, Form
from deploy.local.sandbox.model import Design, Kind, Role, Site
from deploy.local.sandbox.posting import Posting, Upload
from deploy.local.sandbox.wording import wording

MAX_IMAGE_BYTES = 2_000_000
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[\d\s().\-/]{7,25}")
_NATIONAL_PHONE = re.compile(r"\(\d{3}\) \d{3}-\d{4}")
_ZIP = re.compile(r"\d{5}(-\d{4})?")
_PATTERNS = {
    Role.PHONE_AREA: re.compile(r"\d{3}"),
    Role.PHONE_PREFIX: re.compile(r"\d{3}"),
    Role.PHONE_LINE: re.compile(r"\d{4}"),
}
_IMAGE_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


def find_errors(site: Site, form: Form, posting: Posting) -> dict[str, str]:
    """What is wrong, by control name: one message each, empty when the form is fine."""
    words = wording(site.language).errors
    errors: dict[str, str] = {}
    for field in form.fields:
        problem = _problem(site, form, field, posting)
        if problem:
            errors[field.name] = words[problem].format(limit=field.limit)
    return errors


def _problem(site: Site, form: Form, field: Field, posting: Posting) -> str:
    """The key of the message in the locale's `errors`, or ""."""
    value = posting.last(field.name)
    if not value:
        return _when_empty(form, field, posting)
    if field.kind is Kind.FILE:
        return _image_problem(posting.uploads.get(field.name))
    if field.limit and len(value.replace("\r\n", "\n")) > field.limit:
        return "too_long"
    if field.choices:
        return _choice_problem(form, field, posting)
    return _format_problem(site, form, field, posting, value)


def _when_empty(form: Form, field: Field, posting: Posting) -> str:
    if field.role is Role.HOURS:
        return _hours_problem(form, field, posting)
    if not field.required:
        return ""
    return "terms" if field.role is Role.TERMS else "required"


def _choice_problem(form: Form, field: Field, posting: Posting) -> str:
    offered = field.choices
    category = form.of(Role.CATEGORY)
    if field.role is Role.SUBCATEGORY and category:
        group = next((c.label for c in category.choices if c.value == posting.last(category.name)), "")
        offered = tuple(choice for choice in offered if choice.group == group)
    values = {choice.value for choice in offered}
    return "" if values.issuperset(posting.values[field.name]) else "choice"


def _hours_problem(form: Form, field: Field, posting: Posting) -> str:
    """A day with one time but not the other."""
    day = field.part.split(".")[0]
    cells = (other for other in form.fields if other.role is Role.HOURS and other.part.startswith(f"{day}."))
    return "hours" if any(posting.last(cell.name) for cell in cells) else ""


def _format_problem(site: Site, form: Form, field: Field, posting: Posting, value: str) -> str:
    match field.role:
        case Role.EMAIL:
            fine, problem = bool(_EMAIL.fullmatch(value)), "email"
        case Role.EMAIL_AGAIN:
            email = form.of(Role.EMAIL)
            fine, problem = email is not None and value == posting.last(email.name), "email_again"
        case Role.WEBSITE | Role.FACEBOOK | Role.INSTAGRAM | Role.LINKEDIN:
            fine, problem = _is_web_address(value), "url"
        case Role.PHONE | Role.FAX:
            fine, problem = _phone_rule(site, value)
        case Role.PHONE_AREA | Role.PHONE_PREFIX | Role.PHONE_LINE:
            fine, problem = bool(_PATTERNS[field.role].fullmatch(value)), "phone"
        case Role.POSTAL_CODE:
            fine, problem = bool(_ZIP.fullmatch(value)), "postal_code"
        case Role.FOUNDED:
            fine, problem = bool(re.fullmatch(r"[12]\d{3}", value)), "year"
        case _:
            fine, problem = True, ""
    return "" if fine else problem


def _phone_rule(site: Site, value: str) -> tuple[bool, str]:
    if site.design is not Design.PHONE_FORMAT:
        return bool(_PHONE.fullmatch(value)) and 7 <= len(re.sub(r"\D", "", value)) <= 15, "phone"
    if site.digits_only_phone:
        return bool(re.fullmatch(r"\d{10}", value)), "digits_phone"
    return bool(_NATIONAL_PHONE.fullmatch(value)), "national_phone"


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in value


def _image_problem(upload: Upload | None) -> str:
    if upload is None or not (upload.content.startswith(_IMAGE_SIGNATURES) or _is_webp(upload.content)):
        return "image"
    return "image_size" if len(upload.content) > MAX_IMAGE_BYTES else ""


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
