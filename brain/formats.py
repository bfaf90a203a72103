"""Turns a plan's decisions into the values to fill, made just before filling and never stored.

A decision names a key; here that key's value is written the way the field wants it. What has no value is dropped:
whether that is a problem is the guard's to say.
"""

import re

from brain.values import hours, phones
from brain.values.chosen import agreement, chosen, free_plan
from brain.values.pictures import accepts, together
from brain.values.texts import cut, excerpt, length, one_line
from brain.values.written import written
from brain.words import fold
from schema.contracts.form import FieldKind, FieldOption, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, PlanStep
from schema.contracts.profile import BusinessProfile, ProfileKey, Weekday

TERMS = "terms"
FREE_PLAN = "free_plan"
OFFERED = "offered"
"""The `part` of a choice that is made without a key: agreeing to the terms, taking the plan that is free, or taking
the decision's `option`, which is true of whoever asks to be listed."""

_MANY_LINES = (FieldKind.TEXTAREA, FieldKind.RICH_TEXT)
_MAY_BE_CUT = frozenset(
    {ProfileKey.DESCRIPTION, ProfileKey.SHORT_DESCRIPTION, ProfileKey.TAGLINE, ProfileKey.HOURS, ProfileKey.ADDRESS}
)

_VERBATIM = (ProfileKey.EMAIL, ProfileKey.POSTAL_CODE, ProfileKey.FOUNDED_YEAR, ProfileKey.EMPLOYEES)


def render(step: PlanStep, snapshot: FormSnapshot, profile: BusinessProfile) -> tuple[FieldValue, ...]:
    """The values of one step, in the order of its decisions. Fields that are gone or have no value are left out."""
    values = []
    for decision in step.decisions:
        field = snapshot.field(decision.handle)
        if field is None or decision.action is FillAction.LEAVE:
            continue
        ways = renderings(decision, field, profile)
        if ways:
            values.append(ways[min(decision.variant, len(ways) - 1)])
    return tuple(values)


def renderings(decision: FieldDecision, field: FormField, profile: BusinessProfile) -> tuple[FieldValue, ...]:
    """All acceptable values of one decision, the best first; `variant` counts along them."""
    if decision.action is FillAction.CHECK:
        return _ticks(decision, field, profile)
    if decision.action is FillAction.SELECT:
        return _selections(decision, field, profile)
    if decision.key is None:
        return ()
    texts = written(decision.key, decision.part, field, profile)
    kept = excerpt(profile.description, decision.excerpt)
    texts = (kept, *texts) if kept else texts
    if decision.action is FillAction.UPLOAD:
        fitting = tuple(filter(None, [together(field, tuple(text for text in texts if accepts(field, text)))]))
    else:
        fitting = _fit(texts, field, decision.key)
    return tuple(FieldValue(handle=field.handle, action=decision.action, text=text) for text in fitting)


def fits(field: FormField, text: str) -> bool:
    """True if the text holds the field's own limits: lengths, pattern, least and greatest number."""
    if field.max_length is not None and length(text) > field.max_length:
        return False
    if field.min_length is not None and length(text) < field.min_length:
        return False
    return _matches(field.pattern, text) and _in_range(field, text)


def says(shown: str, text: str, decision: FieldDecision, profile: BusinessProfile) -> bool:
    """True if what a field shows once `text` was typed still says it: a mask may have made something else of it."""
    if decision.key in (ProfileKey.PHONE, ProfileKey.FAX):
        raw = profile.phone if decision.key is ProfileKey.PHONE else profile.fax
        return phones.same(shown, text, raw, profile.country)
    if decision.key is ProfileKey.HOURS and decision.part:
        return hours.minutes(shown) == hours.minutes(text)
    if decision.key in _VERBATIM:
        return fold(shown).replace(" ", "") == fold(text).replace(" ", "")
    return bool(shown.strip())


def _matches(pattern: str, text: str) -> bool:
    if not pattern:
        return True
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # a browser's dialect that Python does not speak: the browser will say
        return True


def _in_range(field: FormField, text: str) -> bool:
    if field.kind is not FieldKind.NUMBER:
        return True
    try:
        number = float(text)
        low = float(field.minimum) if field.minimum else number
        high = float(field.maximum) if field.maximum else number
    except ValueError:
        return False
    return low <= number <= high


def _fit(texts: tuple[str, ...], field: FormField, key: ProfileKey) -> tuple[str, ...]:
    """The texts that fit as they are; long texts are cut where they are allowed to be."""
    lines = texts if field.kind in _MANY_LINES else tuple(one_line(text) for text in texts)
    if field.options:
        offered = {option.value for option in field.options}
        lines = tuple(text for text in lines if text in offered) or lines
    fitting = [text for text in lines if fits(field, text)]
    if not fitting and key in _MAY_BE_CUT:
        fitting = [text for text in (cut(line, field.max_length) for line in lines) if fits(field, text)]
    return tuple(dict.fromkeys(text for text in fitting if text))


def _selections(decision: FieldDecision, field: FormField, profile: BusinessProfile) -> tuple[FieldValue, ...]:
    texts: tuple[str, ...] = ()
    if decision.key is None:
        option = _without_key(decision, field)
        texts = (option.value,) if option else ()
    elif field.options:
        found = chosen(decision.key, decision.part, field, profile)
        texts = tuple("\n".join(option.value for option in options) for options in found)
    elif field.kind is FieldKind.COMBOBOX:
        # A custom drop-down whose options are only there once it is open: it is asked for by the profile's own words.
        texts = _asked(decision, field, profile)
    return tuple(FieldValue(handle=field.handle, action=decision.action, text=text) for text in texts if text)


def _without_key(decision: FieldDecision, field: FormField) -> FieldOption | None:
    if decision.part == OFFERED:
        return next((option for option in field.options if option.value == decision.option), None)
    return {TERMS: agreement, FREE_PLAN: free_plan}.get(decision.part, lambda _: None)(field)


def _asked(decision: FieldDecision, field: FormField, profile: BusinessProfile) -> tuple[str, ...]:
    """What a drop-down is searched for: each way to say it, or all entries of a list, one a line."""
    listed = {
        ProfileKey.KEYWORDS: profile.keywords or (profile.category, *profile.subcategories),
        ProfileKey.PAYMENT_METHODS: profile.payment_methods,
        ProfileKey.LANGUAGES: profile.languages,
    }
    if decision.key in listed:
        return ("\n".join(map(one_line, listed[decision.key])),)
    assert decision.key is not None
    return tuple(map(one_line, written(decision.key, decision.part, field, profile)))


def _ticks(decision: FieldDecision, field: FormField, profile: BusinessProfile) -> tuple[FieldValue, ...]:
    tick = FieldValue(handle=field.handle, action=FillAction.CHECK)
    if decision.key is None:
        return (tick,)
    if decision.key is ProfileKey.HOURS:
        day, _, side = decision.part.partition(".")
        if not profile.hours or day not in {known.value for known in Weekday}:
            return ()
        is_open = Weekday(day) in profile.hours
        return (tick,) if is_open == (side == "open") else ()
    # One box of a list, each with a name of its own, is an option by itself.
    own = FieldOption(value=field.handle, label=field.labels[0].text if field.labels else "")
    named = chosen(decision.key, decision.part, field.model_copy(update={"options": (own,)}), profile)
    return (tick,) if named else ()
