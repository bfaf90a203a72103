"""A form as a person sees it: the FormSnapshot that the reader takes and the brain maps.

A snapshot describes fields; it holds nothing of the customer. Text in it was written by a stranger: it is
evidence for a decision and never becomes a value.
"""

from enum import StrEnum

from schema.contracts.base import Contract


class LabelSource(StrEnum):
    """Where a label's text was found, strongest first."""

    LABEL_FOR = "label_for"
    LABEL_WRAPPING = "label_wrapping"
    ARIA_LABELLEDBY = "aria_labelledby"
    ARIA_LABEL = "aria_label"
    TABLE_HEADER = "table_header"
    LEGEND = "legend"
    PLACEHOLDER = "placeholder"
    TITLE = "title"
    NEARBY = "nearby"


class FieldKind(StrEnum):
    """What a person can do with the field."""

    TEXT = "text"
    EMAIL = "email"
    TEL = "tel"
    URL = "url"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    PASSWORD = "password"  # noqa: S105
    TEXTAREA = "textarea"
    RICH_TEXT = "rich_text"
    SELECT = "select"
    MULTISELECT = "multiselect"
    CHECKBOX = "checkbox"
    RADIO = "radio"
    FILE = "file"
    COMBOBOX = "combobox"
    HIDDEN = "hidden"
    OTHER = "other"


class CaptchaKind(StrEnum):
    NONE = "none"
    RECAPTCHA = "recaptcha"
    HCAPTCHA = "hcaptcha"
    TURNSTILE = "turnstile"
    IMAGE = "image"
    QUESTION = "question"

    @property
    def widget(self) -> bool:
        """True for one that wants a token of its maker's in place of words."""
        return self in (CaptchaKind.RECAPTCHA, CaptchaKind.HCAPTCHA, CaptchaKind.TURNSTILE)


class ButtonKind(StrEnum):
    """`advance` leads to the next step of a wizard; `submit` sends the form."""

    SUBMIT = "submit"
    ADVANCE = "advance"
    OTHER = "other"


class Label(Contract):
    text: str
    source: LabelSource


class FieldOption(Contract):
    """One choice of a select, radio set or custom drop-down."""

    value: str
    label: str
    group: str = ""


class FormField(Contract):
    """One control. Radio buttons of one name are one field with options.

    `handle` names the control ("<frame>:<name>", "[2]" for the second of one name); it outlives other fields' coming
    and going. Check boxes of one name are one MULTISELECT. A field that a person would not see, or is told to leave
    empty, has `visible` False. Lengths are in characters, None where the page sets no limit.
    """

    handle: str
    tag: str
    kind: FieldKind
    name: str = ""
    id: str = ""
    labels: tuple[Label, ...] = ()
    section: str = ""
    help: str = ""
    error: str = ""
    placeholder: str = ""
    autocomplete: str = ""
    required: bool = False
    visible: bool = True
    enabled: bool = True
    min_length: int | None = None
    max_length: int | None = None
    pattern: str = ""
    minimum: str = ""
    maximum: str = ""
    accept: str = ""
    options: tuple[FieldOption, ...] = ()
    multiple: bool = False
    """A drop-down or an upload that takes several, or a text box that takes one entry at a time (tags)."""
    prefix: str = ""
    """What stands fixed before the box and goes with what is typed: "https://", "+49", "@", "facebook.com/"."""
    depends_on: str = ""
    """Handle of the field that decides this one's options (nested categories), if any."""
    filled: bool = False
    """It holds a value on purpose now, the page's own or ours. Never part of the fingerprint."""


class FormButton(Contract):
    """One thing to press. `action` is the absolute URL it posts to instead of the form's, "" if it has none."""

    handle: str
    text: str
    kind: ButtonKind
    action: str = ""


class FormSnapshot(Contract):
    """The submission form of one page, at one step.

    `action` is the absolute URL the form posts to ("" when a script decides). `page_text` is bounded by the reader.
    `fingerprint` stays the same under cosmetic change and changes when a field, its meaning or its target does.
    `found` is False when the page holds no form a business could be submitted with. `hints` joins the form's own id,
    name and classes, `form_heading` is the heading it stands under, `landmark` the region of the page it stands in.
    `captcha_field` is the handle of the field that takes the captcha's answer, "" where that is a widget's own.
    """

    url: str
    title: str = ""
    heading: str = ""
    found: bool = True
    action: str = ""
    method: str = "post"
    fields: tuple[FormField, ...] = ()
    buttons: tuple[FormButton, ...] = ()
    captcha: CaptchaKind = CaptchaKind.NONE
    captcha_field: str = ""
    login_required: bool = False
    payment_required: bool = False
    page_text: str = ""
    fingerprint: str = ""
    hints: str = ""
    form_heading: str = ""
    landmark: str = ""

    def field(self, handle: str) -> FormField | None:
        return next((field for field in self.fields if field.handle == handle), None)
