"""What a control on a form says of itself: what it is called, what it takes, what choosing an option would mean.

Whoever plans asks here, and the guard asks again: both must judge alike.
"""

import functools

from brain.mapper import Avoid, map_fields
from brain.values.chosen import agreement, binding
from schema.contracts.form import FieldKind, FieldOption, FormField, Label, LabelSource
from schema.contracts.profile import ProfileKey as Key

_LINKS = frozenset(
    {
        Key.WEBSITE, Key.FACEBOOK, Key.INSTAGRAM, Key.LINKEDIN, Key.X, Key.YOUTUBE, Key.TIKTOK, Key.PINTEREST,
        Key.VIDEO, Key.LOGO, Key.IMAGES,
    }
)  # fmt: skip
_TAKEN: dict[FieldKind, frozenset[Key]] = {
    FieldKind.EMAIL: frozenset({Key.EMAIL}),
    FieldKind.URL: _LINKS,
    # A keypad for digits serves for more than phones.
    FieldKind.TEL: frozenset({Key.PHONE, Key.FAX, Key.POSTAL_CODE, Key.FOUNDED_YEAR, Key.EMPLOYEES, Key.STREET}),
}


def name_of(field: FormField) -> str:
    """What a person would call the field."""
    return field.labels[0].text if field.labels else field.name or field.handle


@functools.lru_cache(maxsize=4_000)
def commits(option: FieldOption) -> bool:
    """True if choosing it costs money, says yes to something, or orders what a box to tick would be left alone for."""
    box = FormField(
        handle="option",
        tag="input",
        kind=FieldKind.CHECKBOX,
        labels=(Label(text=option.label, source=LabelSource.LABEL_WRAPPING),),
        options=(option,),
    )
    concept = map_fields((box,))["option"].concept
    ordered = isinstance(concept, Avoid) and concept is not Avoid.OTHER
    return ordered or binding(option) or agreement(box) is not None


def may_take(field: FormField, key: Key) -> bool:
    """False where the control itself says that it takes something else."""
    taken = _TAKEN.get(field.kind)
    return taken is None or key in taken
