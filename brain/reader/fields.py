"""From raw controls to fields: kinds, labels, limits, required marks, radio and check-box groups, handles."""

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from brain import phrases
from brain.disguise import as_seen
from brain.page import RawControl, RawOption
from brain.words import fold, looks_generated, slug, stable
from schema.contracts.form import FieldKind, FieldOption, FormField, Label, LabelSource

_KINDS = {
    "text": FieldKind.TEXT,
    "search": FieldKind.TEXT,
    "email": FieldKind.EMAIL,
    "tel": FieldKind.TEL,
    "url": FieldKind.URL,
    "number": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "time": FieldKind.TIME,
    "password": FieldKind.PASSWORD,
    "textarea": FieldKind.TEXTAREA,
    "richtext": FieldKind.RICH_TEXT,
    "select-one": FieldKind.SELECT,
    "select-multiple": FieldKind.MULTISELECT,
    "checkbox": FieldKind.CHECKBOX,
    "radio": FieldKind.RADIO,
    "file": FieldKind.FILE,
    "combobox": FieldKind.COMBOBOX,
    "hidden": FieldKind.HIDDEN,
}
_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_NAMING = (
    LabelSource.LABEL_FOR,
    LabelSource.LABEL_WRAPPING,
    LabelSource.ARIA_LABELLEDBY,
    LabelSource.ARIA_LABEL,
    LabelSource.TABLE_HEADER,
    LabelSource.PLACEHOLDER,
    LabelSource.NEARBY,
    LabelSource.TITLE,
    LabelSource.LEGEND,
)


_LONGEST_ENTRY = 40
"""An entry of a list is a word or two; what is longer is a sentence of its own, such as an agreement."""


@dataclass(frozen=True)
class Place:
    """Where a handle's element is: the frame's name, its index there, and the indexes of its options' elements."""

    frame: str
    index: int
    options: dict[str, int] = field(default_factory=dict)

    @property
    def elements(self) -> tuple[int, ...]:
        """The indexes of all its elements, its own first."""
        return tuple(dict.fromkeys((self.index, *self.options.values())))


@dataclass(frozen=True)
class ReadField:
    """A field with the place of its element."""

    field: FormField
    place: Place


def read_fields(frame: str, controls: tuple[RawControl, ...], taken: set[str]) -> list[ReadField]:
    """The fields of one form, in the page's order; `taken` are handles in use, and grows."""
    out = []
    for group in _grouped(controls):
        first = group[0]
        options, places = _options(group)
        read = _field(first, group, options)
        handle = _unique(f"{frame}:{_basis(first, read)}", taken)
        out.append(
            ReadField(read.model_copy(update={"handle": handle}), Place(first.frame or frame, first.index, places))
        )
    return _dependent(out)


def stated_limit(text: str) -> int | None:
    """The greatest length in characters that a sentence names ("at most 160 characters", "0/160")."""
    return _stated(_PHRASES["limit_raw"], text)


def plain_label(text: str) -> str:
    """A label without its required and optional marks and its colon."""
    bare = _PHRASES["optional_raw"].sub("", _PHRASES["required_raw"].sub("", text))
    return _PHRASES["star_raw"].sub("", bare).strip(" :\t") or text.strip()


def _unique(handle: str, taken: set[str]) -> str:
    count, found = 1, handle
    while found in taken:
        count += 1
        found = f"{handle}[{count}]"
    taken.add(found)
    return found


def _basis(control: RawControl, read: FormField) -> str:
    for name in (control.name, control.id):
        if name and not looks_generated(name):
            return name
    label = slug(read.labels[0].text) if read.labels else ""
    return label or stable(control.name or control.id) or control.type


def _grouped(controls: tuple[RawControl, ...]) -> list[list[RawControl]]:
    """Radios of one name are one field; so are check boxes of one name with values of their own."""
    members: dict[tuple[str, str], list[RawControl]] = defaultdict(list)
    for control in controls:
        if control.type in ("radio", "checkbox"):
            members[control.type, _group_name(control)].append(control)
    listed = _listed(controls)
    out, done = [], set()
    for control in controls:
        key = (control.type, _group_name(control))
        group = members.get(key, [])
        values = {member.value for member in group}
        together = (control.type == "radio" and key[1]) or (
            len(group) > 1 and control.name and len(values) == len(group)
        )
        if not together and control.type == "checkbox":
            key, group = ("listed", str(control.index)), listed.get(control.index, [])
            together = bool(group) and group[0] is control
            if group and not together:
                continue
        if not together:
            out.append([control])
        elif key not in done:
            done.add(key)
            out.append(group)
    return out


def _listed(controls: tuple[RawControl, ...]) -> dict[int, list[RawControl]]:
    """Check boxes in a row under one heading, each with a name of its own ("pay[cash]", "pay[visa]"): by index."""
    found: dict[int, list[RawControl]] = {}
    for (kind, heading, stem), run in itertools.groupby(controls, lambda c: (c.type, _heading(c), _stem(c.name))):
        group = list(run)
        labels = {_own_label(control) for control in group}
        short = all(0 < len(label) <= _LONGEST_ENTRY for label in labels)
        # Under a mere heading it takes a name in common, and more than two, to make a list.
        least = 2 if any(label.source is LabelSource.LEGEND for label in group[0].labels) else 3 if stem else 99
        if kind == "checkbox" and heading and len(group) >= least and len(labels) == len(group) and short:
            found |= {control.index: group for control in group}
    return found


def _heading(control: RawControl) -> str:
    legend = next((label.text for label in control.labels if label.source is LabelSource.LEGEND), "")
    return legend or control.section


def _stem(name: str) -> str:
    return re.split(r"[\[_.-]", name)[0]


def _group_name(control: RawControl) -> str:
    if control.name:
        return control.name
    return next((label.text for label in control.labels if label.source is LabelSource.LEGEND), "")


def _field(first: RawControl, group: list[RawControl], options: tuple[FieldOption, ...]) -> FormField:
    joined = first.type == "radio" or len(group) > 1
    said = _group_labels(group) if joined else (*first.labels, *_prompts(first))
    labels = tuple(Label(text=as_seen(label.text), source=label.source) for label in said)
    texts = " ".join((*(label.text for label in labels), first.help))
    kind = FieldKind.MULTISELECT if first.type == "checkbox" and joined else _KINDS.get(first.type, FieldKind.OTHER)
    naming = [label.text for label in labels if label.source is not LabelSource.LEGEND or joined]
    clean = tuple(Label(text=plain_label(label.text), source=label.source) for label in labels)
    trap = bool(_PHRASES["leave_empty"].search(fold(texts)))
    return FormField(
        handle="",
        tag=first.tag,
        kind=kind,
        name=first.name,
        id="" if joined else first.id,
        labels=tuple(sorted((label for label in clean if label.text), key=lambda label: _NAMING.index(label.source))),
        section=first.section,
        help=first.help,
        error=next((control.error for control in group if control.error), ""),
        placeholder=first.placeholder,
        autocomplete=first.autocomplete,
        required=_is_required(group, naming),
        visible=any(control.visible for control in group) and not trap,
        enabled=any(control.enabled for control in group),
        min_length=first.min_length or _stated(_PHRASES["least_raw"], texts),
        max_length=_tighter(first.max_length, stated_limit(f"{texts} {first.placeholder}")),
        pattern=first.pattern,
        minimum=first.minimum,
        maximum=first.maximum,
        accept=first.accept,
        options=options,
        multiple=first.multiple and first.type in ("text", "combobox", "file"),
        prefix=first.prefix,
        filled=any(control.chosen for control in group) and not _only_prompted(first),
    )


def _group_labels(group: list[RawControl]) -> tuple[Label, ...]:
    """What the whole group is called: its legend, a table header, a text before it; never one option's own label."""
    shared = set.intersection(*({(label.text, label.source) for label in control.labels} for control in group))
    legends = [Label(text=text, source=source) for text, source in shared]
    if legends:
        return tuple(sorted(legends, key=lambda label: (_NAMING.index(label.source), label.text)))
    outer = [label for label in group[0].labels if label.source in (LabelSource.LEGEND, LabelSource.TABLE_HEADER)]
    if not outer and group[0].section and len({control.name for control in group}) > 1:
        outer = [Label(text=group[0].section, source=LabelSource.LEGEND)]
    return tuple(outer)


def _own_label(control: RawControl) -> str:
    best = sorted(control.labels, key=lambda label: _NAMING.index(label.source))
    own = [label for label in best if label.source not in (LabelSource.LEGEND, LabelSource.TABLE_HEADER)]
    return (own or best)[0].text if best else control.value


def _options(group: list[RawControl]) -> tuple[tuple[FieldOption, ...], dict[str, int]]:
    first = group[0]
    if first.type == "radio" or len(group) > 1:
        telling = len({control.value for control in group}) == len(group)
        values = [control.value if telling and control.value else _own_label(control) for control in group]
        read = [
            (FieldOption(value=value, label=_own_label(control)), control.index)
            for value, control in zip(values, group, strict=True)
            if control.enabled
        ]
    else:
        read = [
            (FieldOption(value=option.value, label=option.label or option.value, group=option.group), option.index)
            for place, option in enumerate(first.options)
            if not option.disabled and not is_prompt(option, place)
        ]
    return tuple(option for option, _ in read), {option.value: index for option, index in read if index >= 0}


def is_prompt(option: RawOption, place: int) -> bool:
    """True for "Please choose…": an entry that says what to do and is no choice."""
    text = fold(option.label)
    if not option.value.strip() and (place == 0 or not text):
        return True
    return place == 0 and (
        not text or bool(_PHRASES["prompt"].search(text)) or option.label.strip().startswith(("--", "- ", "—", "…"))
    )


def _prompts(control: RawControl) -> tuple[Label, ...]:
    """ "Choose a category" inside a choice does what a placeholder does elsewhere."""
    if (
        control.type not in ("select-one", "select-multiple")
        or not control.options
        or not is_prompt(control.options[0], 0)
    ):
        return ()
    text = control.options[0].label.strip(" -–—.…*")
    return (Label(text=text, source=LabelSource.PLACEHOLDER),) if fold(text) else ()


def _only_prompted(control: RawControl) -> bool:
    return control.type == "select-one" and all(
        is_prompt(option, place) for place, option in enumerate(control.options)
    )


def _is_required(group: list[RawControl], naming: list[str]) -> bool:
    if any(control.required for control in group):
        return True
    if any(_PHRASES["optional_raw"].search(text) for text in naming):
        return False
    starred = any(_PHRASES["star_raw"].search(text) or _PHRASES["required_raw"].search(text) for text in naming)
    # An account's password is wanted unless the page says otherwise.
    return starred or any(control.required_class or control.type == "password" for control in group)


def _stated(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(next(filter(None, found.groups()))) if found else None


def _tighter(first: int | None, second: int | None) -> int | None:
    return min(filter(None, (first, second)), default=None)


def _dependent(fields: list[ReadField]) -> list[ReadField]:
    """An empty or disabled choice waits for the choice before it."""
    out: list[ReadField] = []
    before = ""
    for read in fields:
        item = read.field
        if item.kind in (FieldKind.SELECT, FieldKind.COMBOBOX, FieldKind.MULTISELECT) and item.visible:
            waits = (item.kind is not FieldKind.COMBOBOX and not item.options) or not item.enabled
            if waits and before:
                item = item.model_copy(update={"depends_on": before})
            if item.options:
                before = item.handle
        out.append(ReadField(item, read.place))
    return out
