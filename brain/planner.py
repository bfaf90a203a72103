"""Makes a plan for one step of a form, or says in one sentence why there is none.

The plan names keys of the profile, never values. Whatever the profile lacks, the form does not allow or nobody can
tell is an obstacle that names the field: a required field is never guessed.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from brain.controls import name_of
from brain.forbidden import never_given
from brain.formats import FREE_PLAN, TERMS, render, renderings
from brain.guard import check
from brain.mapper import Ambiguous, Avoid, Meaning, context_of, map_fields, map_form, words_and_weights
from brain.reader.fields import stated_limit
from brain.values.chosen import agreement, free_plan
from brain.words import fold
from schema.contracts.answer import Refusal
from schema.contracts.form import ButtonKind, CaptchaKind, FieldKind, FormButton, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, FillAction, Obstacle, Plan, PlanStep
from schema.contracts.profile import BusinessProfile, ProfileKey
from schema.failures import FailureType

MAPPER_VERSION = f"2-{words_and_weights()}"
"""Changes whenever the mapper may decide otherwise for the same form: a remembered mapping is only as good as this."""

_MOST_FIELDS = 800
_CHOICES = (FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.RADIO, FieldKind.COMBOBOX)
_LEFT = {
    Avoid.NEWSLETTER: "a subscription nobody ordered",
    Avoid.HONEYPOT: "a trap for robots",
    Avoid.PASSWORD: "a password",
    Avoid.CARD: "a payment card",
    Avoid.SEARCH: "a search",
    Avoid.CAPTCHA: "a captcha",
    Avoid.RECIPROCAL: "a link back that nobody agreed to",
}


def plan_step(
    snapshot: FormSnapshot,
    profile: BusinessProfile,
    *,
    accept_terms: bool = True,
    decided: tuple[FieldDecision, ...] = (),
    answerable: Collection[CaptchaKind] = (),
) -> PlanStep | Obstacle:
    """The plan for the form as it is now. `accept_terms`: whether agreements may be ticked in the customer's name.

    What is `decided` already (by an earlier look, by a model) stands as it is; the mapper decides the rest. A captcha
    that is `answerable`, because somebody will be there to answer it, is left open in the plan.
    """
    button = _button(snapshot)
    wall = _wall(snapshot) or _captcha(snapshot, button, answerable)
    if wall is not None:
        return wall
    if button is None:
        return Obstacle(failure=FailureType.PLAN_REJECTED, reason="The form has no button that would send it.")
    meanings = map_form(snapshot)
    known = {decision.handle: decision for decision in decided}
    decisions = tuple(known.get(made.handle, made) for made in _decisions(snapshot, meanings, accept_terms))
    step = PlanStep(
        fingerprint=snapshot.fingerprint,
        decisions=decisions,
        button=button.handle,
        button_kind=button.kind,
        captcha=snapshot.captcha,
    )
    lacking = _lacking(step, snapshot, profile, meanings, accept_terms=accept_terms)
    if lacking is not None:
        return lacking
    findings = check(step, snapshot, render(step, snapshot, profile), profile, snapshot.url)
    return Obstacle(failure=FailureType.PLAN_REJECTED, reason=findings[0].reason) if findings else step


def amend(plan: Plan, snapshot: FormSnapshot, refusals: tuple[Refusal, ...], profile: BusinessProfile) -> Plan | None:
    """The plan with every refused field written another way; None if nothing about them can be changed.

    `snapshot` is the page that refused. A field that was left empty is filled if its refusal is reason enough.
    """
    refused = {field.handle: refusal for refusal in refusals if (field := _meant(refusal, snapshot)) is not None}
    steps = tuple(_amended(step, snapshot, refused, profile) for step in plan.steps)
    return plan.model_copy(update={"steps": steps}) if steps != plan.steps else None


def _amended(step: PlanStep, snapshot: FormSnapshot, refused: dict[str, Refusal], profile: BusinessProfile) -> PlanStep:
    decisions = []
    for decision in step.decisions:
        field = snapshot.field(decision.handle)
        if field is not None and field.handle in refused:
            decisions.append(_otherwise(decision, field, refused[field.handle].message, snapshot, profile) or decision)
        else:
            decisions.append(decision)
    return step.model_copy(update={"decisions": tuple(decisions)})


def _wall(snapshot: FormSnapshot) -> Obstacle | None:
    if snapshot.login_required:
        return Obstacle(
            failure=FailureType.LOGIN_REQUIRED, reason="The directory wants an account before it takes a listing."
        )
    if not snapshot.found and snapshot.captcha is CaptchaKind.NONE:
        return Obstacle(
            failure=FailureType.FORM_NOT_FOUND, reason="There is no form on the page that takes a business."
        )
    if snapshot.payment_required:
        return Obstacle(failure=FailureType.PAYMENT_REQUIRED, reason="The directory asks for money.")
    if len(snapshot.fields) > _MOST_FIELDS:
        return Obstacle(failure=FailureType.PLAN_REJECTED, reason="The form has more fields than anybody would fill.")
    return None


def _captcha(snapshot: FormSnapshot, button: FormButton | None, answerable: Collection[CaptchaKind]) -> Obstacle | None:
    """A captcha, unless somebody is there to answer it just before the form is sent."""
    kind = snapshot.captcha
    if kind is CaptchaKind.NONE:
        return None
    last = snapshot.found and button is not None and button.kind is ButtonKind.SUBMIT
    if last and kind in answerable:
        return None
    reason = f"The form has a captcha ({kind.value})."
    if last and not kind.widget:
        return Obstacle(failure=FailureType.CAPTCHA, reason=reason)
    return Obstacle(failure=FailureType.CAPTCHA_ON_PAGE, reason=f"{reason[:-1]} that only the page itself can take.")


def _button(snapshot: FormSnapshot) -> FormButton | None:
    """The button that sends, else the one that leads on; of several, the last as a person reads."""
    for kind in (ButtonKind.SUBMIT, ButtonKind.ADVANCE):
        found = [button for button in snapshot.buttons if button.kind is kind]
        if found:
            return found[-1]
    return None


def _decisions(
    snapshot: FormSnapshot, meanings: Mapping[str, Meaning], accept_terms: bool
) -> tuple[FieldDecision, ...]:
    return tuple(
        decide(field, meanings[field.handle], accept_terms=accept_terms)
        for field in snapshot.fields
        if field.visible and field.handle != snapshot.captcha_field
    )


def decide(field: FormField, meaning: Meaning, *, accept_terms: bool) -> FieldDecision:
    """What happens to a field of this meaning; left is what it must never be given, whatever it was taken for."""
    asked = never_given(field)
    if asked:
        meaning = replace(meaning, concept=None, why=f"asks for {asked}")

    def decision(
        action: FillAction, key: ProfileKey | None = None, part: str = "", why: str = meaning.why
    ) -> FieldDecision:
        return FieldDecision(
            handle=field.handle,
            label=name_of(field)[:200],
            action=action,
            key=key,
            part=part,
            confidence=meaning.confidence,
            why=why,
        )

    concept = meaning.concept
    if not (field.enabled or field.depends_on):
        return decision(FillAction.LEAVE, why=f"the page keeps it locked: {meaning.why}")
    if isinstance(concept, ProfileKey):
        return decision(_action(field), concept, meaning.part)
    if concept is Avoid.TERMS and accept_terms:
        if field.kind is FieldKind.CHECKBOX:
            return decision(FillAction.CHECK)
        if field.kind in _CHOICES and agreement(field):
            return decision(FillAction.SELECT, part=TERMS)
    if concept in (Avoid.PLAN, None) and field.kind in _CHOICES and _is_plan(field, concept) and free_plan(field):
        return decision(FillAction.SELECT, part=FREE_PLAN, why="the plan that costs nothing")
    reason = meaning.why
    if isinstance(concept, Avoid):
        what = _LEFT.get(concept, f"{concept.value.replace('_', ' ')}, which no profile has")
        reason = f"{what}: {meaning.why}"
    return decision(FillAction.LEAVE, why=reason)


def _is_plan(field: FormField, concept: Avoid | Ambiguous | None) -> bool:
    return concept is Avoid.PLAN or (free_plan(field) is not None and len(field.options) <= 6)


def _action(field: FormField) -> FillAction:
    if field.kind is FieldKind.CHECKBOX:
        return FillAction.CHECK
    if field.kind is FieldKind.FILE:
        return FillAction.UPLOAD
    return FillAction.SELECT if field.kind in _CHOICES else FillAction.TYPE


def _lacking(
    step: PlanStep,
    snapshot: FormSnapshot,
    profile: BusinessProfile,
    meanings: dict[str, Meaning],
    *,
    accept_terms: bool,
) -> Obstacle | None:
    """The first required field that would stay empty, and why."""
    for decision in step.decisions:
        field = snapshot.field(decision.handle)
        if field is None or not field.required or field.filled:
            continue
        name, concept = name_of(field), meanings[field.handle].concept
        if decision.action is FillAction.LEAVE:
            if concept is Avoid.TERMS and not accept_terms:
                return Obstacle(
                    failure=FailureType.POLICY_FORBIDS,
                    reason=f'The form wants "{name}" to be agreed to, which we may not do.',
                )
            asked = never_given(field) or (_LEFT.get(concept) if isinstance(concept, Avoid) else None)
            what = f"asks for {asked}" if asked else "is not understood"
            return Obstacle(failure=FailureType.PLAN_REJECTED, reason=f'The required field "{name}" {what}.')
        waits = bool(field.depends_on) and (not field.options or not field.enabled)
        if not waits and not renderings(decision, field, profile):
            return _unanswered(decision, field, profile)
    return None


def _unanswered(decision: FieldDecision, field: FormField, profile: BusinessProfile) -> Obstacle:
    key = decision.key
    if key is not None and not _has(profile, key):
        reason = f'The form requires "{name_of(field)}" and the profile has no {key.value.replace("_", " ")}.'
        return Obstacle(failure=FailureType.PROFILE_INCOMPLETE, reason=reason)
    known = key.value.replace("_", " ") if key else "choice"
    return Obstacle(
        failure=FailureType.PLAN_REJECTED,
        reason=f'The required field "{name_of(field)}" does not take the profile\'s {known}.',
    )


def _has(profile: BusinessProfile, key: ProfileKey) -> bool:
    composed = {
        ProfileKey.SUBCATEGORY: profile.subcategories,
        ProfileKey.ADDRESS: profile.city,
        ProfileKey.SHORT_DESCRIPTION: profile.description,
        ProfileKey.KEYWORDS: profile.category,
        ProfileKey.IMAGES: profile.images or profile.logo,
    }
    value = composed[key] if key in composed else getattr(profile, key.value)
    return value is not None and value not in ("", (), {})


def _meant(refusal: Refusal, snapshot: FormSnapshot) -> FormField | None:
    """The field a refusal is about: by its handle, else by a label that it names."""
    found = snapshot.field(refusal.handle) if refusal.handle else None
    if found is not None:
        return found
    said = f" {fold(f'{refusal.label} {refusal.message}')} "
    named = [
        f
        for f in snapshot.fields
        if f.visible and any(f" {fold(label.text)} " in said for label in f.labels if fold(label.text))
    ]
    return max(named, key=lambda f: len(name_of(f)), default=None)


def _otherwise(
    decision: FieldDecision, field: FormField, message: str, snapshot: FormSnapshot, profile: BusinessProfile
) -> FieldDecision | None:
    """The way to write the value that the complaint shows, else the next one; a first one where it was left empty."""
    if decision.action is FillAction.LEAVE:
        needed = tuple(
            f.model_copy(update={"required": True}) if f.handle == field.handle else f for f in snapshot.fields
        )
        first = decide(field, map_fields(needed, context_of(snapshot))[field.handle], accept_terms=False)
        return first if first.action is not FillAction.LEAVE and renderings(first, field, profile) else None
    ways = renderings(decision, field, profile)
    current = min(decision.variant, len(ways) - 1)
    further = [variant for variant in range(current + 1, len(ways)) if ways[variant] != ways[current]]
    told = field.model_copy(update={"help": message, "max_length": stated_limit(message) or field.max_length})
    for way in renderings(decision, told, profile)[:1]:
        further.sort(key=lambda variant: ways[variant] != way)
    return decision.model_copy(update={"variant": further[0]}) if further else None
