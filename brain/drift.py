"""What is other on a form than it was remembered: sentences for operators, made of what both visits saw.

It compares, it decides nothing: whether a plan may still be used is the fingerprint's word alone.
"""

import hashlib
from collections.abc import Callable, Hashable, Sequence

from brain.mapper import map_form
from brain.reader.fingerprint import target
from brain.words import fold, stable
from schema.contracts.form import CaptchaKind, FieldKind, FormField, FormSnapshot
from schema.contracts.mapping import SeenField, SeenStep
from schema.contracts.profile import ProfileKey
from schema.spelling import counted

_LONGEST = 80
_MOST_LABELS = 4
_MOST_OPTIONS = 40
_MOST_NAMED = 6
_MOST_SENTENCES = 40

_NONE = CaptchaKind.NONE.value
_Pair = tuple[SeenField, SeenField]


def seen(snapshot: FormSnapshot) -> SeenStep:
    """What is remembered of one step, abridged."""
    meanings = map_form(snapshot)
    fields = []
    for field in snapshot.fields:
        if field.visible and field.kind is not FieldKind.HIDDEN and field.handle != snapshot.captcha_field:
            meaning = meanings[field.handle]
            key = meaning.concept.value if isinstance(meaning.concept, ProfileKey) else ""
            fields.append(_seen_field(field, f"{key}.{meaning.part}".rstrip(".")))
    return SeenStep(
        fingerprint=snapshot.fingerprint,
        found=snapshot.found,
        target=target(snapshot.url, snapshot.action),
        captcha=snapshot.captcha.value,
        login_required=snapshot.login_required,
        payment_required=snapshot.payment_required,
        fields=tuple(fields),
    )


def drift(known: Sequence[tuple[SeenStep, ...]], now: tuple[SeenStep, ...], *, whole: bool = True) -> tuple[str, ...]:
    """What is other than on the first of `known`; empty where one of them, or nothing, is just like this.

    `whole` is False for a visit that was stopped on its way: the steps it did not see are not missing.
    """
    faces = [face if whole else face[: len(now)] for face in known]
    if not faces or any(_fingerprints(face) == _fingerprints(now) for face in faces):
        return ()
    return _differences(faces[0], now)


def _differences(before: tuple[SeenStep, ...], now: tuple[SeenStep, ...]) -> tuple[str, ...]:
    sentences = [] if all(step.found for step in now) else ["The form is no longer on the page."]
    if len(before) != len(now):
        sentences.append(f"The form has {counted(len(now), 'step')} instead of {len(before)}.")
    for old, new in zip(before, now, strict=False):
        sentences += _around(old, new)
    if all(step.found for step in now):
        sentences += _of_fields(_fields(before), _fields(now))
    if len(sentences) > _MOST_SENTENCES:
        more = len(sentences) - _MOST_SENTENCES + 1
        sentences[_MOST_SENTENCES - 1 :] = [f"And {more} changes more."]
    return tuple(sentences) or ("The form has changed in a way that none of its fields shows.",)


def _around(old: SeenStep, new: SeenStep) -> list[str]:
    """What is other about the form itself."""
    sentences = []
    if new.found and new.target != old.target:
        sentences.append(f"It posts to {_short(new.target)} instead of {_short(old.target)}.")
    if new.captcha != old.captcha:
        sentences.append(
            "The captcha is gone."
            if new.captcha == _NONE
            else f"A captcha has appeared ({new.captcha})."
            if old.captcha == _NONE
            else f"The captcha is another one ({new.captcha} instead of {old.captcha})."
        )
    if new.login_required != old.login_required:
        sentences.append("It asks for a login." if new.login_required else "It asks for no login any more.")
    if new.payment_required != old.payment_required:
        sentences.append("It asks for money." if new.payment_required else "It asks for no money any more.")
    return sentences


def _of_fields(before: list[SeenField], now: list[SeenField]) -> list[str]:
    pairs, gone, new = _paired(before, now)
    sentences = [f"New: {_name(field)}{' (required)' if field.required else ''}." for field in new]
    sentences += [f"Gone: {_name(field)}." for field in gone]
    for old, field in pairs:
        sentences += _of_field(old, field)
    return sentences + _of_names(pairs)


def _of_field(old: SeenField, new: SeenField) -> list[str]:
    """What is other about one field, its name in the page's code apart."""
    sentences, name = [], _name(new)
    if fold(_label(old)) != fold(_label(new)):
        sentences.append(f"{_name(old)} is called {name} now.")
    elif {fold(text) for text in old.labels} != {fold(text) for text in new.labels}:
        sentences.append(f"{name} is described in other words now.")
    if fold(old.section) != fold(new.section):
        sentences.append(f"{name} stands {_under(new)} now, {_under(old)} before.")
    if old.autocomplete != new.autocomplete:
        before, now = (field.autocomplete or "nothing" for field in (old, new))
        sentences.append(f"{name} has the browser complete {now} now, {before} before.")
    if old.kind != new.kind:
        sentences.append(f"{name} is a {_word(new.kind)} field now, not a {_word(old.kind)} field.")
    if old.required != new.required:
        sentences.append(f"{name} is required now." if new.required else f"{name} is not required any more.")
    if old.options_digest != new.options_digest and (old.kind == new.kind or (old.options and new.options)):
        sentences.append(_of_options(old, new))
    return sentences


def _of_options(old: SeenField, new: SeenField) -> str:
    count = f"offers {counted(new.options_count, 'choice')}"
    count += f" instead of {old.options_count}" if old.options_count != new.options_count else ", others than before"
    if max(old.options_count, new.options_count) > _MOST_OPTIONS:
        return f"{_name(new)} {count}."
    parts = [
        f"{what}: {_listed(names)}"
        for what, names in (("new", _without(new.options, old.options)), ("gone", _without(old.options, new.options)))
        if names
    ]
    return f"{_name(new)} {count} ({'; '.join(parts)})." if parts else f"{_name(new)} {count}."


def _of_names(pairs: list[_Pair]) -> list[str]:
    """One sentence for all names in the page's code: a relaunch changes every one."""
    others = [(old.handle, new.handle) for old, new in pairs if stable(old.handle) != stable(new.handle)]
    if not others:
        return []
    examples = ", ".join(f"{_short(old)} → {_short(new)}" for old, new in others[:_MOST_NAMED])
    verb = "is" if len(others) == 1 else "are"
    return [f"{counted(len(others), 'field')} {verb} named otherwise in the page's code ({examples})."]


def _paired(before: list[SeenField], now: list[SeenField]) -> tuple[list[_Pair], list[SeenField], list[SeenField]]:
    """Which field is which, by what is least likely to be chance first; what has gone, and what is new."""
    pairs: list[_Pair] = []
    gone, new = list(before), list(now)
    for sign in _SIGNS:
        for old in list(gone):
            mark = sign(old)
            match = next((field for field in new if mark and sign(field) == mark), None)
            if match is not None:
                pairs.append((old, match))
                gone.remove(old)
                new.remove(match)
    place = {id(field): at for at, field in enumerate(now)}
    return sorted(pairs, key=lambda pair: place[id(pair[1])]), gone, new


# A field that takes the same key is the same one under whatever name; a name alone may have been given away.
_SIGNS: tuple[Callable[[SeenField], Hashable | None], ...] = (
    lambda field: (field.handle, fold(_label(field))),
    lambda field: (fold(_label(field)), field.kind) if field.labels else None,
    lambda field: fold(_label(field)) if field.labels else None,
    lambda field: (field.handle, field.takes) if field.takes else None,
    lambda field: field.takes,
    lambda field: field.handle,
)


def _seen_field(field: FormField, takes: str) -> SeenField:
    texts = [option.label or option.value for option in field.options]
    folded = sorted({fold(option.label) or option.value for option in field.options})
    return SeenField(
        handle=field.handle,
        labels=tuple(_short(label.text) for label in field.labels[:_MOST_LABELS]),
        kind=field.kind.value,
        section=_short(field.section),
        autocomplete=_short(field.autocomplete.lower()),
        required=field.required,
        takes=takes,
        options=tuple(_short(text) for text in texts[:_MOST_OPTIONS]),
        options_count=len(texts),
        options_digest=hashlib.sha256("\n".join(folded).encode()).hexdigest()[:16] if folded else "",
    )


def _fingerprints(steps: tuple[SeenStep, ...]) -> list[str]:
    return [step.fingerprint for step in steps]


def _fields(steps: tuple[SeenStep, ...]) -> list[SeenField]:
    return [field for step in steps for field in step.fields]


def _label(field: SeenField) -> str:
    return field.labels[0] if field.labels else field.handle


def _name(field: SeenField) -> str:
    return f'"{_label(field)}"'


def _under(field: SeenField) -> str:
    return f'under "{field.section}"' if field.section else "under no heading"


def _word(kind: str) -> str:
    return kind.replace("_", " ")


def _without(texts: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    known = {fold(text) for text in others}
    return [text for text in texts if fold(text) not in known]


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
