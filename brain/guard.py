"""Checks every plan, whoever made it, just before a form is filled: what breaks a rule is not sent.

One list of named rules. The guard trusts neither the mapper nor a model nor the page: it looks at the step, the
form as it is now and the values, and asks of each rule whether it holds.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import tldextract

from brain.formats import FREE_PLAN, OFFERED, TERMS, accepts, fits
from brain.mapper import Avoid, Meaning, map_fields
from brain.values.chosen import agreement, priced
from brain.values.hours import twelve_hours
from brain.values.phones import international
from brain.values.places import country_codes, country_names, state_names
from brain.words import fold
from schema.contracts.form import FieldKind, FieldOption, FormField, FormSnapshot, Label, LabelSource
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, GuardFinding, PlanStep
from schema.contracts.profile import BusinessProfile

# No list is fetched: the one that comes with the package is good enough and always there.
_DOMAINS = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_CHOICES = (FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.RADIO, FieldKind.COMBOBOX)
_NEVER = {
    Avoid.PASSWORD: "a password",
    Avoid.CARD: "a payment card",
    Avoid.CAPTCHA: "a captcha",
    Avoid.HONEYPOT: "a trap for robots",
    Avoid.NEWSLETTER: "a subscription",
    Avoid.RECIPROCAL: "a link back",
}
_OWN_WORDS = frozenset(["closed", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "am", "pm", "http", "https", "www"])
"""Words our own formats add: the days and sides of opening hours, the scheme of an address."""


@dataclass(frozen=True)
class _Case:
    step: PlanStep
    snapshot: FormSnapshot
    values: tuple[FieldValue, ...]
    profile: BusinessProfile
    site_url: str
    meanings: dict[str, Meaning]

    def fields(self) -> Iterator[tuple[FieldValue, FormField]]:
        for value in self.values:
            field = self.snapshot.field(value.handle)
            if field is not None:
                yield value, field

    def decision(self, handle: str) -> FieldDecision | None:
        return next((decision for decision in self.step.decisions if decision.handle == handle), None)


def check(
    step: PlanStep, snapshot: FormSnapshot, values: tuple[FieldValue, ...], profile: BusinessProfile, site_url: str
) -> tuple[GuardFinding, ...]:
    """Every rule that is broken; empty when the step may be filled and its button pressed."""
    case = _Case(step, snapshot, values, profile, site_url, map_fields(snapshot.fields))
    return tuple(
        GuardFinding(rule=name, handle=handle, reason=reason) for name, rule in RULES for handle, reason in rule(case)
    )


def same_site(url: str, site_url: str) -> bool:
    """True if both belong to one registrable domain; of addresses without one (IPs, localhost), to one host."""
    host, site = (urlsplit(u).hostname or "" for u in (url, site_url))
    domain, home = (_DOMAINS(h).top_domain_under_public_suffix for h in (host, site))
    return bool(host) and (domain == home if domain and home else host == site)


def name_of(field: FormField) -> str:
    """What a person would call the field."""
    return field.labels[0].text if field.labels else field.name or field.handle


def commits(option: FieldOption) -> bool:
    """True if choosing it costs money, says yes to something, or orders what a box to tick would be left alone for."""
    box = FormField(
        handle="option",
        tag="input",
        kind=FieldKind.CHECKBOX,
        labels=(Label(text=option.label, source=LabelSource.LABEL_WRAPPING),),
        options=(option,),
    )
    says_yes = agreement(box) is not None
    return says_yes or priced(option) or isinstance(map_fields((box,))["option"].concept, Avoid)


Broken = Iterable[tuple[str, str]]


def _handles_exist(case: _Case) -> Broken:
    for value in case.values:
        if case.snapshot.field(value.handle) is None:
            yield value.handle, "The form has no such field."


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
        concept = case.meanings[field.handle].concept
        if field.kind is FieldKind.PASSWORD:
            yield value.handle, f'"{name_of(field)}" asks for a password.'
        elif isinstance(concept, Avoid) and concept in _NEVER:
            yield value.handle, f'"{name_of(field)}" asks for {_NEVER[concept]}.'


def _uploads_are_pictures(case: _Case) -> Broken:
    for value, field in case.fields():
        uploads = field.kind is FieldKind.FILE or value.action is FillAction.UPLOAD
        if uploads and not (
            field.kind is FieldKind.FILE and value.text.startswith("data:image/") and accepts(field, value.text)
        ):
            yield value.handle, f'"{name_of(field)}" would be given something else than a picture it takes.'


def _from_the_profile(case: _Case) -> Broken:
    """Typed words are the profile's own; nothing of a page, and nothing invented, is ever typed."""
    known = _known_words(case.profile)
    pictures = {case.profile.logo, *case.profile.images}
    for value, field in case.fields():
        if value.action is FillAction.UPLOAD and value.text not in pictures:
            yield value.handle, f'"{name_of(field)}" would be given a picture that is not the profile\'s.'
        typed = value.action is FillAction.TYPE or (value.action is FillAction.SELECT and not field.options)
        strange = [word for word in fold(value.text).split() if not _is_known(word, known)] if typed else []
        if strange:
            yield (
                value.handle,
                f'"{name_of(field)}" would be given words that are not the profile\'s: {strange[0][:40]}.',
            )


def _options_offered(case: _Case) -> Broken:
    for value, field in case.fields():
        if value.action is FillAction.SELECT and field.options:
            offered = {option.value for option in field.options}
            chosen = value.text.split("\n") if field.kind is FieldKind.MULTISELECT else [value.text]
            if not set(chosen) <= offered:
                yield value.handle, f'"{name_of(field)}" does not offer the choice.'


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
        dear = any(priced(option) for option in field.options if option.value == value.text)
        decision = case.decision(value.handle)
        by_policy = decision is not None and decision.key is None
        if value.action is FillAction.SELECT and dear and by_policy:
            yield value.handle, f'"{name_of(field)}" would choose something that costs money.'


def _policy_choices(case: _Case) -> Broken:
    """Without a key, only an agreement is ticked, and only an agreement, the free plan or what binds nobody chosen."""
    for value, field in case.fields():
        decision = case.decision(value.handle)
        if decision is None or decision.key is not None:
            continue
        concept = case.meanings[field.handle].concept
        ticks = value.action is FillAction.CHECK and concept is Avoid.TERMS
        selects = value.action is FillAction.SELECT and decision.part in (TERMS, FREE_PLAN)
        offered = value.action is FillAction.SELECT and decision.part == OFFERED and not isinstance(concept, Avoid)
        taken = next((option for option in field.options if option.value == value.text), None)
        harmless = offered and field.required and taken is not None and not commits(taken)
        if not (ticks or selects or harmless):
            yield value.handle, f'Nothing in the profile stands behind "{name_of(field)}".'


def _posts_home(case: _Case) -> Broken:
    """The form, and the button with an address of its own, post to the directory's own site, over http(s)."""
    pressed = [button.action for button in case.snapshot.buttons if button.handle == case.step.button]
    for action in filter(None, (case.snapshot.action, *pressed)):
        scheme = urlsplit(action).scheme.lower()
        if scheme not in ("http", "https"):
            yield "", f"The form posts by the scheme {scheme or 'none'}, not over the web."
        elif not same_site(action, case.site_url):
            yield "", f"The form posts to another site ({urlsplit(action).hostname})."


def _required_covered(case: _Case) -> Broken:
    given = {value.handle for value in case.values}
    for field in case.snapshot.fields:
        if field.handle in given or not (field.required and field.visible) or field.filled:
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
    ("once_each", _once_each),
    ("visible", _visible),
    ("enabled", _enabled),
    ("nothing_secret", _nothing_secret),
    ("uploads_are_pictures", _uploads_are_pictures),
    ("from_the_profile", _from_the_profile),
    ("options_offered", _options_offered),
    ("actions_fit", _actions_fit),
    ("limits_hold", _limits_hold),
    ("nothing_bought", _nothing_bought),
    ("policy_choices", _policy_choices),
    ("posts_home", _posts_home),
    ("required_covered", _required_covered),
    ("button_exists", _button_exists),
)


def _is_known(word: str, known: tuple[frozenset[str], str]) -> bool:
    vocabulary, digits = known
    return word in vocabulary or word in _OWN_WORDS or (word.isdigit() and word in digits)


def _known_words(profile: BusinessProfile) -> tuple[frozenset[str], str]:
    """All words of the profile, and all its runs of digits one after the other."""
    plain = profile.model_copy(update={"logo": "", "images": ()})
    texts = [plain.model_dump_json(), *country_names(profile.country), *country_codes(profile.country)]
    texts += state_names(profile.state, profile.country)
    texts += [url for url in (profile.logo, *profile.images) if url.startswith("http")]
    texts += [twelve_hours(time) for day in profile.hours.values() for time in (day.opens, day.closes)]
    decoded = [str(value) for value in plain.model_dump(mode="json").values()]
    vocabulary = frozenset(word for text in (*texts, *decoded) for word in fold(text).split())
    numbers = [raw for raw in (profile.phone, profile.fax) if raw]
    phones = [re.sub(r"\D", "", text) for raw in numbers for text in (raw, international(raw, profile.country))]
    coordinates = [f"{value:.6f}" for value in (profile.latitude, profile.longitude) if value is not None]
    digits = " ".join(
        [*phones, *(f"0{phone}" for phone in phones), *(f"00{phone}" for phone in phones), *coordinates, *vocabulary]
    )
    return vocabulary, digits
