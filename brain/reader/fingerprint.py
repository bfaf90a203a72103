"""One hash over what matters of a form, so that a plan is only ever used on the form it was made for.

In: where it posts, each visible field's name, kind, labels, headings, options, what the browser would complete it
with and whether it is required, and what stands in the way. Out: generated ids, tokens, numbers in headings, order,
classes, limits, current values and error texts.
"""

import hashlib
import json
import re
from urllib.parse import parse_qsl

from brain.sites import split
from brain.words import fold, stable
from schema.contracts.form import CaptchaKind, FieldKind, FormField, LabelSource

_SPOKEN = (
    LabelSource.LABEL_FOR,
    LabelSource.LABEL_WRAPPING,
    LabelSource.ARIA_LABELLEDBY,
    LabelSource.ARIA_LABEL,
    LabelSource.TABLE_HEADER,
    LabelSource.PLACEHOLDER,
)
_SWITCHES = ("on", "off", "nope", "false", "true")
_NUMBER = re.compile(r"\d+")
_SAYING = re.compile(r"[a-z_-]{2,20}")
"""A word, and no token: what `action=add` says of a target, `sid=Xk29` does not."""


def fingerprint(page_url: str, action: str, fields: tuple[FormField, ...], captcha: CaptchaKind, *walls: bool) -> str:
    """sha256, hex."""
    parts = [
        target(page_url, action),
        captcha.value,
        list(walls),
        sorted(_of(field) for field in fields if field.visible and field.kind is not FieldKind.HIDDEN),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def target(page_url: str, action: str) -> str:
    """The path it posts to and what its query plainly says, with the site only where that is another one."""
    page, posted = split(page_url), split(action or page_url)
    saying = sorted(f"{name}={value}" for name, value in parse_qsl(posted.query) if _SAYING.fullmatch(value))
    path = "?".join((stable(posted.path.split(";")[0]), *saying))
    scheme = "" if posted.scheme == page.scheme else f"{posted.scheme}://"
    return f"{scheme}{posted.netloc}{path}" if scheme or posted.netloc != page.netloc else path


def _of(field: FormField) -> list[object]:
    name = stable(field.name)
    labels = sorted({fold(label.text) for label in field.labels if label.source in _SPOKEN})
    if not labels:
        labels = sorted({fold(label.text) for label in field.labels})
    above = [field.section, *(label.text for label in field.labels if label.source is LabelSource.LEGEND)]
    headings = sorted({fold(_NUMBER.sub("", text)) for text in above})
    options = sorted({fold(option.label) or option.value for option in field.options})
    completed = sorted(stable(token) for token in field.autocomplete.lower().split() if token not in _SWITCHES)
    return [name, field.kind.value, field.required, labels, headings, options, completed]
