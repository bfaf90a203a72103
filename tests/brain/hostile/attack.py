"""How a hostile page is written down: an honest small form, an attack on it, and what must come of it.

Every control that no careful person would fill carries `data-trap`; every honest one carries what must stand in it
afterwards as `data-honest`. The reader knows neither attribute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from html import escape
from typing import NamedTuple

ELSEWHERE = "ELSEWHERE"
ELSEWHERE_WITHOUT_SCHEME = "//OTHERHOST"
"""Stand in a page for the origin that must hear nothing."""


class Must(Enum):
    """What has to come of it. Whatever it is, the audit holds: BE_SAFE asks for nothing else."""

    FILL = auto()
    REFUSE = auto()
    BE_SAFE = auto()


class Row(NamedTuple):
    """One line of a form. In `control`, "§" is where the host puts its own attributes."""

    label: str
    control: str


@dataclass(frozen=True, slots=True)
class Attack:
    """`before_fill` is run in the page between the plan and the filling."""

    name: str
    html: str
    must: Must = Must.FILL
    before_fill: str = ""


NAME = Row("Business name", '<input§ name="biz_name" required data-honest="Rosa\'s Bakery">')
EMAIL = Row("Email", '<input§ name="email" type="email" required data-honest="rosa@rosasbakery.example">')
CITY = Row("City", '<input§ name="city" data-honest="Austin">')
CATEGORY = Row(
    "Category",
    '<select§ name="category" data-honest="b"><option value="">Choose<option value="l">Law<option value="b">Bakery'
    '<option value="g">Gambling</select>',
)
HONEST = (NAME, EMAIL, CITY)
HOSTS = ("for", "wrapped", "table", "nearby", "grid", "aria")
BUTTON = "<button>Submit listing</button>"
FORM = 'method="post" action="/save"'


def rows(host: str, *lines: Row) -> str:
    """The lines in one of the ways in which forms are laid out."""
    made = "".join(_row(host, line, at) for at, line in enumerate(lines))
    return f"<table>{made}</table>" if host == "table" else made


def _row(host: str, line: Row, at: int) -> str:
    own = f' id="f{at}"'
    if host == "aria":
        own = f' aria-labelledby="l{at}"'
    control = line.control.replace("§", own if host in ("for", "aria") else "", 1)
    match host:
        case "for":
            return f'<p><label for="f{at}">{line.label}</label> {control}</p>'
        case "wrapped":
            return f"<p><label>{line.label} {control}</label></p>"
        case "table":
            return f"<tr><th>{line.label}</th><td>{control}</td></tr>"
        case "nearby":
            return f"<div>{line.label}<br>{control}</div>"
        case "grid":
            return f'<div class="row"><div class="col">{line.label}</div><div class="col">{control}</div></div>'
        case _:
            return f'<p><span id="l{at}">{line.label}</span> {control}</p>'


def page(
    body: str,
    *,
    form: str = FORM,
    button: str = BUTTON,
    head: str = "",
    before: str = "",
    after: str = "",
    title: str = "Add your business",
) -> str:
    """A whole document around a form with this body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{before}'
        f"<h1>Add your business</h1><form {form}>{body}{button}</form>{after}</body></html>"
    )


def script(code: str) -> str:
    """Code that runs once the form is there: `form`, `email` and `mail()` are at hand."""
    return (
        "<script>const form = document.forms[document.forms.length - 1], email = form.elements.email, "
        f"mail = () => encodeURIComponent(email.value);{code}</script>"
    )


def turn(at: int) -> str:
    """One host after the other, so that a family is tried on every layout."""
    return HOSTS[at % len(HOSTS)]


def quoted(text: str) -> str:
    """For use in an attribute."""
    return escape(text, quote=True)


def named(family: str, *parts: str) -> str:
    """The page's name, which is also its address."""
    return "-".join((family, *parts)).replace(" ", "-").replace("/", "-").lower()


def unique(attacks: Iterable[Attack]) -> dict[str, Attack]:
    """By name. Raises ValueError for two of one name or of one text."""
    made: dict[str, Attack] = {}
    texts = set()
    for attack in attacks:
        if attack.name in made or (attack.html, attack.before_fill) in texts:
            raise ValueError(f"twice: {attack.name}")
        made[attack.name] = attack
        texts.add((attack.html, attack.before_fill))
    return made
