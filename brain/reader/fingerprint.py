"""One hash over what matters of a form, so that a plan is only ever used on the form it was made for.

In: where it posts, each visible field's name, kind, labels, options and whether it is required, and what stands in
the way. Out: generated ids, tokens, order, classes, current values and error texts.
"""

import hashlib
import json
from urllib.parse import urlsplit

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
    """The path it posts to, with the host only where that is another one than the page's."""
    page, posted = urlsplit(page_url), urlsplit(action or page_url)
    path = stable(posted.path.split(";")[0])
    return path if posted.netloc == page.netloc else f"{posted.netloc}{path}"


def _of(field: FormField) -> list[object]:
    name = stable(field.name)
    labels = sorted({fold(label.text) for label in field.labels if label.source in _SPOKEN})
    if not labels:
        labels = sorted({fold(label.text) for label in field.labels})
    options = sorted({fold(option.label) or option.value for option in field.options})
    return [name, field.kind.value, field.required, labels, options]
