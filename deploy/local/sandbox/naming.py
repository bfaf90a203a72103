"""How sites name their form controls: from honest names to numbers that say nothing."""

import re
import unicodedata

from deploy.local.sandbox.model import Naming, Role

_SHORT = {
    Role.BUSINESS_NAME: "company",
    Role.CONTACT: "person",
    Role.FIRST_NAME: "fname",
    Role.LAST_NAME: "lname",
    Role.EMAIL: "mail",
    Role.EMAIL_AGAIN: "mail2",
    Role.PHONE: "tel",
    Role.WEBSITE: "url",
    Role.STREET: "addr1",
    Role.STREET_MORE: "addr2",
    Role.STATE: "st",
    Role.POSTAL_CODE: "zip",
    Role.DESCRIPTION: "descr",
    Role.SHORT_DESCRIPTION: "summary",
    Role.CATEGORY: "cat",
    Role.SUBCATEGORY: "subcat",
    Role.KEYWORDS: "tags",
    Role.TERMS: "agree",
}


def control_name(naming: Naming, role: Role, position: int, label: str) -> str:
    """The control's `name`; `position` is its 1-based place in the form, `label` its text in the site's language."""
    short = _SHORT.get(role, role.value)
    pascal = "".join(word.title() for word in role.value.split("_"))
    names = {
        Naming.PLAIN: role.value,
        Naming.SHORT: short,
        Naming.BRACKET: f"listing[{short}]",
        Naming.NUMBERED: f"field_{position + 2}",
        Naming.ASPNET: f"ctl00$Main$fld{pascal}",
        Naming.CAMEL: pascal[0].lower() + pascal[1:],
        Naming.LOCAL: _ascii_words(label) or role.value,
    }
    return names[naming]


def control_id(name: str) -> str:
    """An id that is safe in selectors, made of the name as most frameworks do."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")


def _ascii_words(label: str) -> str:
    folded = unicodedata.normalize("NFKD", label.partition("(")[0].replace("ß", "ss"))
    plain = "".join(char for char in folded if not unicodedata.combining(char)).lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain)[:3])
