"""Checks every plan, whoever made it, just before a form is filled: what breaks a rule is not sent.

One list of named rules. The guard trusts neither the mapper nor a model nor the page: it looks at the step, the
form as it is now and the values, and asks of each rule whether it holds.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from brain.controls import commits, may_take, name_of
from brain.forbidden import never_given, subscribes
from brain.formats import FREE_PLAN, OFFERED, TERMS, fits
from brain.mapper import Avoid, Meaning, map_form
from brain.provenance import words_of
from brain.reader.buttons import asks_payment
from brain.sites import same_site, split
from brain.values.chosen import priced
from brain.values.pictures import accepts
from schema.contracts.form import CaptchaKind, FieldKind, FieldOption, FormButton, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, GuardFinding, PlanStep
from schema.contracts.profile import BusinessProfile

_CHOICES = (FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.RADIO, FieldKind.COMBOBOX)
_NEVER = {
    Avoid.PASSWORD: "a password",
    Avoid.CARD: "a payment card",
    Avoid.CAPTCHA: "a captcha",
    Avoid.HONEYPOT: "a trap for robots",
    Avoid.NEWSLETTER: "a subscription",
    Avoid.RECIPROCAL: "a link back",
}
_WEB = ("http", "https")
_SCRIPTS = ("javascript", "data", "vbscript", "blob", "file")
_ADDRESS = re.compile(r"\s*[a-zA-Z][a-zA-Z0-9+.-]*:|\s*//")
_SAID = {FieldKind.EMAIL: "an e-mail address", FieldKind.URL: "a web address", FieldKind.TEL: "a phone number"}
_PICTURES = ("data:image/", "https://", "http://")


@dataclass(frozen=True)
class _Case:
    step: PlanStep
    snapshot: FormSnapshot
    values: tuple[FieldValue, ...]
    profile: BusinessProfile
    site_url: str
    meanings: dict[str, Meaning]
    decisions: dict[str, FieldDecision]
    by_handle: dict[str, FormField]

    def fields(self) -> Iterator[tuple[FieldValue, FormField]]:
        for value in self.values:
            field = self.by_handle.get(value.handle)
            if field is not None:
                yield value, field

    def decision(self, handle: str) -> FieldDecision | None:
        return self.decisions.get(handle)

    def pressed(self) -> Iterator[FormButton]:
        return (button for button in self.snapshot.buttons if button.handle == self.step.button)


def check(
    step: PlanStep, snapshot: FormSnapshot, values: tuple[FieldValue, ...], profile: BusinessProfile, site_url: str
) -> tuple[GuardFinding, ...]:
    """Every rule that is broken; empty when the step may be filled and its button pressed."""
    decisions = {decision.handle: decision for decision in reversed(step.decisions)}
    fields = {field.handle: field for field in reversed(snapshot.fields)}
    case = _Case(step, snapshot, values, profile, site_url, map_form(snapshot), decisions, fields)
    return tuple(
        GuardFinding(rule=name, handle=handle, reason=reason) for name, rule in RULES for handle, reason in rule(case)
    )


def _chosen(value: FieldValue, field: FormField) -> list[str]:
    """What would be sent by a choice."""
    if value.action is not FillAction.SELECT or not field.options:
        return []
    return value.text.split("\n") if field.kind is FieldKind.MULTISELECT else [value.text]


def _taken(value: FieldValue, field: FormField) -> list[FieldOption]:
    chosen = _chosen(value, field)
    return [option for option in field.options if option.value in chosen]


Broken = Iterable[tuple[str, str]]


def _handles_exist(case: _Case) -> Broken:
    for value in case.values:
        if value.handle not in case.by_handle:
            yield value.handle, "The form has no such field."


def _handles_tell_apart(case: _Case) -> Broken:
    handles = Counter(field.handle for field in case.snapshot.fields)
    for handle in {value.handle for value in case.values if handles[value.handle] > 1}:
        yield handle, "Several fields of the form go by one name: nobody could tell which is meant."


def _once_each(case: _Case) -> Broken:
    handles = [value.handle for value in case.values]
    for handle in {handle for handle in handles if handles.count(handle) > 1}:
        yield handle, "The field would be filled twice."


def _visible(case: _Case) -> Broken:
    for value, field in case.fields():
        if not field.visible:
            yield value.handle, f'"{name_of(field)}" cannot be seen: a trap for robots.'


def _enabled(case: _Case) -> Broken:
    for value, field in case.fields():
        if not field.enabled and not field.depends_on:
            yield value.handle, f'"{name_of(field)}" is locked.'


def _nothing_secret(case: _Case) -> Broken:
    for value, field in case.fields():
        concept = Avoid.CAPTCHA if field.handle == case.snapshot.captcha_field else case.meanings[field.handle].concept
        asked = never_given(field) or (_NEVER.get(concept) if isinstance(concept, Avoid) else None)
        if asked:
            yield value.handle, f'"{name_of(field)}" asks for {asked}.'


def _nothing_subscribed(case: _Case) -> Broken:
    """Not even by a box that is an agreement as well."""
    for value, field in case.fields():
        taken = [option.label for option in _taken(value, field)] or [""]
        orders = value.action in (FillAction.CHECK, FillAction.SELECT)
        if orders and any(subscribes(field, label) for label in taken):
            yield value.handle, f'"{name_of(field)}" would order advertising.'


def _key_fits_kind(case: _Case) -> Broken:
    """What the control itself says it takes stands against what the plan would give it."""
    for value, field in case.fields():
        decision = case.decision(value.handle)
        if value.action is FillAction.TYPE and decision and decision.key and not may_take(field, decision.key):
            key = decision.key.value.replace("_", " ")
            yield value.handle, f'"{name_of(field)}" takes {_SAID[field.kind]}, and would be given the {key}.'


def _uploads_are_pictures(case: _Case) -> Broken:
    for value, field in case.fields():
        uploads = field.kind is FieldKind.FILE or value.action is FillAction.UPLOAD
        pictures = value.text.split("\n")
        good = all(picture.startswith(_PICTURES) and accepts(field, picture) for picture in pictures)
        if uploads and not (field.kind is FieldKind.FILE and good):
            yield value.handle, f'"{name_of(field)}" would be given something else than a picture it takes.'


def _from_the_profile(case: _Case) -> Broken:
    """Typed words are the profile's own; nothing of a page, and nothing invented, is ever typed."""
    known = words_of(case.profile)
    pictures = {case.profile.logo, *case.profile.images}
    for value, field in case.fields():
        if value.action is FillAction.UPLOAD and not set(value.text.split("\n")) <= pictures:
            yield value.handle, f'"{name_of(field)}" would be given a picture that is not the profile\'s.'
        typed = value.action is FillAction.TYPE or (value.action is FillAction.SELECT and not field.options)
        strange = known.strangers(value.text) if typed else []
        if strange:
            yield (
                value.handle,
                f'"{name_of(field)}" would be given words that are not the profile\'s: {strange[0][:40]}.',
            )


def _options_offered(case: _Case) -> Broken:
    for value, field in case.fields():
        if not set(_chosen(value, field)) <= {option.value for option in field.options}:
            yield value.handle, f'"{name_of(field)}" does not offer the choice.'


def _options_harmless(case: _Case) -> Broken:
    """What an option sends is the page's own text: a choice must not smuggle in a script or another site's address."""
    for value, field in case.fields():
        for sent in _chosen(value, field):
            scheme = split(sent.strip()).scheme.lower() if _ADDRESS.match(sent) else ""
            abroad = scheme in _WEB and not same_site(sent.strip(), case.site_url)
            if abroad or scheme in _SCRIPTS or "<script" in sent.lower():
                yield value.handle, f'A choice of "{name_of(field)}" would send {sent[:40]!r} instead of what it says.'


def _actions_fit(case: _Case) -> Broken:
    ticks, choices = (FieldKind.CHECKBOX,), _CHOICES
    for value, field in case.fields():
        fits_kind = {
            FillAction.CHECK: field.kind in ticks,
            FillAction.SELECT: field.kind in choices,
            FillAction.TYPE: field.kind not in (*ticks, *choices, FieldKind.FILE, FieldKind.HIDDEN),
            FillAction.UPLOAD: field.kind is FieldKind.FILE,
            FillAction.LEAVE: False,
        }[value.action]
        if not fits_kind:
            yield value.handle, f'One cannot {value.action.value} "{name_of(field)}", a {field.kind.value}.'


def _limits_hold(case: _Case) -> Broken:
    for value, field in case.fields():
        if value.action is FillAction.TYPE and not fits(field, value.text):
            yield value.handle, f'"{name_of(field)}" would not take the value: its length, pattern or range is another.'


def _nothing_bought(case: _Case) -> Broken:
    for value, field in case.fields():
        decision = case.decision(value.handle)
        if decision is not None and decision.key is None and any(map(priced, _taken(value, field))):
            yield value.handle, f'"{name_of(field)}" would choose something that costs money.'
    for button in case.pressed():
        if asks_payment(button.text):
            yield button.handle, f'"{button.text}" would spend money.'


def _policy_choices(case: _Case) -> Broken:
    """Without a key, only an agreement is ticked, and only an agreement, the free plan or what binds nobody chosen."""
    for value, field in case.fields():
        decision = case.decision(value.handle)
        if decision is None or decision.key is not None:
            continue
        concept = case.meanings[field.handle].concept
        ticks = value.action is FillAction.CHECK and concept is Avoid.TERMS
        selects = value.action is FillAction.SELECT and decision.part in (TERMS, FREE_PLAN)
        offered = value.action is FillAction.SELECT and decision.part == OFFERED and concept in (None, Avoid.OTHER)
        taken = next((option for option in field.options if option.value == value.text), None)
        harmless = offered and field.required and taken is not None and not commits(taken)
        if not (ticks or selects or harmless):
            yield value.handle, f'Nothing in the profile stands behind "{name_of(field)}".'


def _posts_home(case: _Case) -> Broken:
    """The page, the form, and the button with an address of its own, are the directory's, and keep what they are sent.

    A form without an address posts to its page.
    """
    pressed = [button.action for button in case.pressed()]
    for action in filter(None, (case.snapshot.action or case.snapshot.url, *pressed)):
        target = split(action)
        if target.scheme.lower() not in _WEB:
            yield "", f"The form posts by the scheme {target.scheme or 'none'}, not over the web."
        elif not same_site(action, case.site_url):
            yield "", f"The form posts to another site ({target.hostname})."
        elif target.scheme.lower() == "http" and split(case.site_url).scheme.lower() == "https":
            yield "", "The form would send in the clear what the directory's page takes under lock."


def _required_covered(case: _Case) -> Broken:
    given = {value.handle for value in case.values}
    for field in case.snapshot.fields:
        if field.handle in given or not (field.required and field.visible) or field.filled:
            continue
        if field.handle == case.snapshot.captcha_field and case.step.captcha is not CaptchaKind.NONE:
            continue
        # A choice that is empty until another one is made is asked again once it has options.
        planned = case.decision(field.handle)
        waits = field.depends_on and planned is not None and planned.action is not FillAction.LEAVE
        if not waits and (field.enabled or field.depends_on):
            yield field.handle, f'"{name_of(field)}" is required and would stay empty.'


def _button_exists(case: _Case) -> Broken:
    if not any(button.handle == case.step.button for button in case.snapshot.buttons):
        yield case.step.button, "The button to press is not there."


RULES: tuple[tuple[str, Callable[[_Case], Broken]], ...] = (
    ("handles_exist", _handles_exist),
    ("handles_tell_apart", _handles_tell_apart),
    ("once_each", _once_each),
    ("visible", _visible),
    ("enabled", _enabled),
    ("nothing_secret", _nothing_secret),
    ("nothing_subscribed", _nothing_subscribed),
    ("key_fits_kind", _key_fits_kind),
    ("uploads_are_pictures", _uploads_are_pictures),
    ("from_the_profile", _from_the_profile),
    ("options_offered", _options_offered),
    ("options_harmless", _options_harmless),
    ("actions_fit", _actions_fit),
    ("limits_hold", _limits_hold),
    ("nothing_bought", _nothing_bought),
    ("policy_choices", _policy_choices),
    ("posts_home", _posts_home),
    ("required_covered", _required_covered),
    ("button_exists", _button_exists),
)
