"""The fingerprint, both ways: cosmetic change leaves it alone, real change never does.

On every form of the sandbox street, observed once, with random changes to the facts of the page; and on pages in a
real browser in tests/activities/test_observe.py.
"""

import random
import re
from collections.abc import Callable, Iterator

import pytest

from brain.page import FrameObservation, PageObservation, RawControl
from brain.reader import Reading, read
from schema.contracts.form import FormField, Label, LabelSource
from tests.brain.recorded import Street

Control = Callable[[RawControl, random.Random], RawControl]
_FORMS_PER_CASE = 10


def _token(dice: random.Random) -> str:
    return f"{dice.getrandbits(48):012x}"


def _some(street: Street, dice: random.Random) -> Iterator[tuple[str, PageObservation, Reading]]:
    """Other forms for every case, so that together the cases see them all."""
    for slug in dice.sample(list(street.pages), _FORMS_PER_CASE):
        yield slug, street.pages[slug], street.readings[slug]


def _changed(
    page: PageObservation, change: Control, dice: random.Random, chosen: set[int] | None = None
) -> PageObservation:
    """The page with its controls changed: all of them, or those that are chosen."""
    frames = []
    for frame in page.frames:
        controls = tuple(
            change(control, dice) if chosen is None or control.index in chosen else control
            for control in frame.controls
        )
        frames.append(frame.model_copy(update={"controls": controls}))
    return page.model_copy(update={"frames": tuple(frames)})


def _each_frame(page: PageObservation, change: Callable[[FrameObservation], FrameObservation]) -> PageObservation:
    return page.model_copy(update={"frames": tuple(map(change, page.frames))})


def _relabelled(control: RawControl, text: Callable[[str], str]) -> RawControl:
    labels = tuple(Label(text=text(label.text), source=label.source) for label in control.labels)
    return control.model_copy(update={"labels": labels})


_COSMETIC: dict[str, Control] = {
    "values": lambda c, _: c.model_copy(update={"chosen": not c.chosen}),
    "errors": lambda c, d: c.model_copy(update={"error": f"Wrong {_token(d)}"}),
    "generated ids": lambda c, d: c.model_copy(update={"id": f"field-{_token(d)}"}),
    "white space": lambda c, _: _relabelled(c, lambda text: f"  {text.replace(' ', '   ')} "),
    "case and stars": lambda c, _: c if c.labels and "*" in c.labels[0].text else _relabelled(c, str.upper),
    "limits": lambda c, _: c.model_copy(update={"max_length": 999, "pattern": ".*"}),
    "switched completion": lambda c, _: c if c.autocomplete else c.model_copy(update={"autocomplete": "off"}),
    "option numbers": lambda c, d: c.model_copy(
        update={"options": tuple(o.model_copy(update={"value": o.value and _token(d)}) for o in c.options)}
        if c.type.startswith("select")
        else {}
    ),
}


@pytest.mark.parametrize("what", _COSMETIC)
def test_cosmetic_change_keeps_it(what: str, street: Street) -> None:
    dice = random.Random(what)
    for slug, page, before in _some(street, dice):
        after = read(_changed(page, _COSMETIC[what], dice))
        assert after.snapshot.fingerprint == before.snapshot.fingerprint, slug


def test_order_tokens_and_notices_keep_it(street: Street) -> None:
    dice = random.Random(7)

    def shuffled(frame: FrameObservation) -> FrameObservation:
        token = RawControl(index=9999, tag="input", type="hidden", name=f"csrf_{_token(dice)}", visible=False)
        notices = (*frame.notices, f"Notice {_token(dice)}")
        return frame.model_copy(update={"controls": (*frame.controls, token), "notices": notices})

    for slug, page, before in _some(street, dice):
        renamed = page.model_copy(update={"title": _token(dice)})
        assert read(_each_frame(renamed, shuffled)).snapshot.fingerprint == before.snapshot.fingerprint, slug


def _index(reading: Reading, dice: random.Random, fits: Callable[[FormField], bool]) -> int | None:
    """The element of one field of the submission form that a person sees and that fits."""
    fields = [field for field in reading.snapshot.fields if field.visible and fits(field)]
    return reading.places[dice.choice(fields).handle].index if fields else None


_ALONE = ("text", "email", "tel", "url", "textarea", "select")
_REAL: dict[str, tuple[Callable[[FormField], bool], Control]] = {
    "label": (
        lambda f: f.kind in _ALONE,
        lambda c, _: c.model_copy(update={"labels": (Label(text="Password", source=LabelSource.LABEL_FOR),)}),
    ),
    "kind": (lambda f: f.kind in _ALONE, lambda c, _: c.model_copy(update={"type": "password"})),
    "gone": (lambda f: f.kind in _ALONE, lambda c, _: c.model_copy(update={"visible": False, "enhanced": False})),
    "completion": (lambda f: f.kind in _ALONE, lambda c, _: c.model_copy(update={"autocomplete": "cc-number"})),
    "name": (lambda f: f.kind in _ALONE, lambda c, _: c.model_copy(update={"name": f"other_{c.name}"})),
    "heading": (lambda f: f.kind in _ALONE, lambda c, _: c.model_copy(update={"section": "Payment of another kind"})),
    "required": (
        lambda f: f.kind in _ALONE and not f.required,
        lambda c, _: c.model_copy(update={"required": True}),
    ),
    "option": (
        lambda f: f.kind == "select" and len(f.options) > 2,
        lambda c, _: c.model_copy(update={"options": c.options[:-1]}),
    ),
    "option's words": (
        lambda f: f.kind == "select" and len(f.options) > 2,
        lambda c, _: c.model_copy(
            update={"options": (*c.options[:-1], c.options[-1].model_copy(update={"label": "Gambling and more"}))}
        ),
    ),
}


@pytest.mark.parametrize("what", _REAL)
def test_a_field_that_changes_changes_it(what: str, street: Street) -> None:
    dice, tried = random.Random(what), 0
    fits, change = _REAL[what]
    for slug, page, before in _some(street, dice):
        index = _index(before, dice, fits)
        if index is None:
            continue
        tried += 1
        after = read(_changed(page, change, dice, {index}))
        assert after.snapshot.fingerprint != before.snapshot.fingerprint, slug
    assert tried


@pytest.mark.parametrize("target", ["https://evil.example/take", "/elsewhere", "?do=delete", "javascript:steal()"])
def test_another_target_changes_it(target: str, street: Street) -> None:
    tried = 0
    for slug, page, before in _some(street, random.Random(target)):
        absolute = target if re.match(r"\w+:", target) else f"{before.snapshot.action or page.url}{target}"

        def aimed(frame: FrameObservation, absolute: str = absolute) -> FrameObservation:
            forms = tuple(form.model_copy(update={"action": absolute}) for form in frame.forms)
            return frame.model_copy(update={"forms": forms})

        after = read(_each_frame(page, aimed))
        if after.snapshot.action == before.snapshot.action:
            continue  # a script sends it, and no form says where
        tried += 1
        assert after.snapshot.fingerprint != before.snapshot.fingerprint, slug
    assert tried >= _FORMS_PER_CASE // 2
