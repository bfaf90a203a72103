"""What a site of the street is: its design, its manners and how an ordinary submission should end there.

Declarations only; behaviour lives in `judge` (what a post deserves) and in the templates (what people see).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from schema.contracts.directory import Automation
from schema.contracts.submission import SubmissionStatus


class Language(StrEnum):
    EN = "en"
    DE = "de"
    ES = "es"
    FR = "fr"


class Skin(StrEnum):
    """The page around the form: navigation, columns, noise forms and style."""

    PORTAL = "portal"
    CARD = "card"
    RETRO = "retro"
    CIVIC = "civic"
    NIGHT = "night"
    PRESS = "press"


class Naming(StrEnum):
    """How a site's programmer named the controls."""

    PLAIN = "plain"
    SHORT = "short"
    BRACKET = "bracket"
    NUMBERED = "numbered"
    ASPNET = "aspnet"
    CAMEL = "camel"
    LOCAL = "local"


class Mark(StrEnum):
    """How a site says that a field is required."""

    ATTRIBUTE = "attribute"
    ASTERISK = "asterisk"
    ARIA = "aria"
    WORD = "word"


class Answer(StrEnum):
    """What an accepted post is answered with."""

    REDIRECT = "redirect"
    FLASH = "flash"
    PREVIEW = "preview"
    REVIEW = "review"


class Noise(StrEnum):
    """Other forms on the same page that a submission must not touch."""

    SEARCH = "search"
    NEWSLETTER = "newsletter"
    LOGIN = "login"


class Hiding(StrEnum):
    """How a honeypot is kept out of a person's sight."""

    OFFSCREEN = "offscreen"
    DISPLAY_NONE = "display-none"
    COLLAPSED = "collapsed"
    CLIPPED = "clipped"


class Trap(NamedTuple):
    """A honeypot: a field that people cannot see, and that must therefore come back empty."""

    name: str
    label: str
    hiding: Hiding


class Design(StrEnum):
    """One way to build a submission page; the value is also the name of its template."""

    CLASSIC = "classic"
    WRAPPED = "wrapped"
    PLACEHOLDER = "placeholder"
    TABLE = "table"
    SPLIT = "split"
    OPTGROUPS = "optgroups"
    NESTED = "nested"
    WIZARD = "wizard"
    SCRIPTED = "scripted"
    IFRAME = "iframe"
    UPLOAD = "upload"
    HONEYPOT = "honeypot"
    CSRF = "csrf"
    SHADOW = "shadow"
    ARIA = "aria"
    FIELDSET = "fieldset"
    HOURS = "hours"
    RICH_TEXT = "rich_text"
    COMBOBOX = "combobox"
    SLOW = "slow"
    FLAKY = "flaky"
    BUSY = "busy"
    REDESIGNED = "redesigned"
    INJECTION = "injection"
    EMAIL_CONFIRMATION = "email_confirmation"
    CAPTCHA_IMAGE = "captcha_image"
    CAPTCHA_QUESTION = "captcha_question"
    CAPTCHA_WIDGET = "captcha_widget"
    LOGIN_WALL = "login_wall"
    PAYMENT_WALL = "payment_wall"
    KNOWN_BUSINESS = "known_business"
    PHONE_FORMAT = "phone_format"
    REGIONAL = "regional"
    UNCLEAR = "unclear"
    THANKFUL_CRASH = "thankful_crash"
    GONE = "gone"


# What an ordinary, complete and valid profile meets; every design that is not named here takes it.
_EXPECTED = {
    Design.EMAIL_CONFIRMATION: SubmissionStatus.AWAITING_ACTION,
    Design.CAPTCHA_IMAGE: SubmissionStatus.AWAITING_ACTION,
    Design.CAPTCHA_QUESTION: SubmissionStatus.AWAITING_ACTION,
    Design.CAPTCHA_WIDGET: SubmissionStatus.AWAITING_ACTION,
    Design.LOGIN_WALL: SubmissionStatus.AWAITING_ACTION,
    Design.PAYMENT_WALL: SubmissionStatus.AWAITING_ACTION,
    Design.KNOWN_BUSINESS: SubmissionStatus.SKIPPED,
    Design.REGIONAL: SubmissionStatus.FAILED,
    Design.GONE: SubmissionStatus.FAILED,
    Design.UNCLEAR: SubmissionStatus.UNCERTAIN,
    Design.THANKFUL_CRASH: SubmissionStatus.UNCERTAIN,
}


class Role(StrEnum):
    """What a field asks for."""

    BUSINESS_NAME = "business_name"
    CONTACT = "contact"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    EMAIL_AGAIN = "email_again"
    PHONE = "phone"
    PHONE_AREA = "phone_area"
    PHONE_PREFIX = "phone_prefix"
    PHONE_LINE = "phone_line"
    FAX = "fax"
    WEBSITE = "website"
    STREET = "street"
    STREET_MORE = "street_more"
    CITY = "city"
    STATE = "state"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    ADDRESS = "address"
    TAGLINE = "tagline"
    DESCRIPTION = "description"
    SHORT_DESCRIPTION = "short_description"
    CATEGORY = "category"
    SUBCATEGORY = "subcategory"
    KEYWORDS = "keywords"
    HOURS = "hours"
    HOURS_TEXT = "hours_text"
    FOUNDED = "founded"
    EMPLOYEES = "employees"
    PRICE = "price"
    PAYMENTS = "payments"
    PLAN = "plan"
    LOGO = "logo"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    TERMS = "terms"
    NEWSLETTER = "newsletter"


class Kind(StrEnum):
    """What sort of control a field is."""

    TEXT = "text"
    EMAIL = "email"
    TEL = "tel"
    URL = "url"
    TEXTAREA = "textarea"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    CHECKBOXES = "checkboxes"
    FILE = "file"
    RICH = "rich"
    COMBOBOX = "combobox"


class Ask(NamedTuple):
    """One question of a form. `kind` None: the usual control for the role. `limit` is in characters."""

    role: Role
    required: bool = False
    limit: int | None = None
    kind: Kind | None = None


_ASK = re.compile(r"(?P<role>[a-z_]+)(?:=(?P<kind>[a-z]+))?(?P<required>\*)?(?P<limit>\d+)?")


def asks(text: str) -> tuple[Ask, ...]:
    """The questions of a form, from a compact line such as `business_name* state=select description*500`.

    `=kind` sets the control, `*` makes it required, a number is the character limit. Raises ValueError.
    """
    return tuple(map(_ask, text.split()))


def _ask(word: str) -> Ask:
    match = _ASK.fullmatch(word)
    if match is None:
        raise ValueError(f"not a question: {word!r}")
    kind, limit = match["kind"], match["limit"]
    return Ask(
        Role(match["role"]), bool(match["required"]), int(limit) if limit else None, Kind(kind) if kind else None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One directory of the street. `wording` picks among synonyms; `refusal_status` answers an invalid form.

    `moderated_s` is how long its editors take before a listing is shown. One that `loses_first_post` answers a
    business's first post with an error of the server in front of it: the directory itself never saw the post.
    """

    slug: str
    name: str
    design: Design
    domain_authority: int
    asks: tuple[Ask, ...]
    language: Language = Language.EN
    wording: int = 0
    skin: Skin = Skin.PORTAL
    accent: str = "#1f5fa8"
    naming: Naming = Naming.PLAIN
    mark: Mark = Mark.ATTRIBUTE
    form_path: str = "submit"
    answer: Answer = Answer.REDIRECT
    noise: tuple[Noise, ...] = ()
    trap: Trap | None = None
    priority_tier: int = 1
    category: str = "General"
    automation: Automation = Automation.SILENT
    robots_disallowed: bool = False
    refusal_status: int = 200
    digits_only_phone: bool = False
    moderated_s: int = 0
    checks_duplicates: bool = False
    loses_first_post: bool = False

    @property
    def expected(self) -> SubmissionStatus:
        """How a submission of an ordinary, valid profile to this site should end."""
        if self.robots_disallowed or self.automation is Automation.FORBIDDEN:
            return SubmissionStatus.SKIPPED
        return _EXPECTED.get(self.design, SubmissionStatus.SUBMITTED)

    @property
    def post_path(self) -> str:
        """Where the form is sent, below the site's root: some designs post elsewhere than they show the form."""
        special = {Design.SCRIPTED: "api/listings", Design.IFRAME: "embed/form", Design.LOGIN_WALL: "login"}
        return special.get(self.design, self.form_path)
