"""What people are told of a form: for each field what it takes, what would stand in it, and what speaks for that.

It decides nothing: it asks the mapper, the planner, the formats and the guard, each as they are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from brain.controls import name_of
from brain.formats import render
from brain.guard import check
from brain.mapper import Meaning, context_of, linear, map_form
from brain.mapper.features import features, told
from brain.mapper.reading import read_words
from brain.planner import decide
from brain.reader.forms import Candidate
from brain.sites import split
from schema.contracts.base import Contract
from schema.contracts.form import ButtonKind, FieldKind, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, FieldValue, FillAction, GuardFinding, PlanStep
from schema.contracts.profile import BusinessProfile

_MOST_FEATURES = 4


class Clue(Contract):
    """One thing that speaks for a meaning, and how much.

    Of the words that people read, the weight is 0..1; of what the model saw, it is the logarithm of the odds.
    """

    meaning: str
    weight: float
    what: str


class Reading(Contract):
    """A meaning that the field may have, and how likely that is: 0..1."""

    meaning: str
    confidence: float


class FieldAccount(Contract):
    """One visible field. `takes` is the profile's key, with its part, or "" where the field is left alone.

    `value` is what would stand in it as a person sees it, "" for nothing. `confidence` is 0..1. `meanings` are the
    likeliest ones, the best first; `words` and `model` are what speaks for them, the strongest first.
    """

    handle: str
    field: str
    kind: FieldKind
    required: bool
    takes: str
    value: str
    confidence: float
    why: str
    meanings: tuple[Reading, ...]
    words: tuple[Clue, ...]
    model: tuple[Clue, ...]


class FormAccount(Contract):
    """Every visible field in the form's order, and all that the guard finds wrong with filling them so."""

    fields: tuple[FieldAccount, ...]
    findings: tuple[GuardFinding, ...]


class FormPoint(Contract):
    """What speaks for a form being the one that takes a business, or (below 0) against it."""

    weight: float
    what: str


class FormSeen(Contract):
    """One form of the page. `score` is the sum of its points; the submission form is the one with most, if enough."""

    name: str
    fields: int
    chosen: bool
    score: float
    points: tuple[FormPoint, ...]


def forms_seen(forms: Sequence[Candidate]) -> tuple[FormSeen, ...]:
    """The forms of a page that hold anything to see, the likeliest first, and why each is or is not the one."""
    return tuple(
        FormSeen(
            name=_name_of_form(form),
            fields=sum(item.field.visible for item in form.fields),
            chosen=place == 0 and form.found,
            score=form.score,
            points=tuple(FormPoint(weight=point.weight, what=point.why) for point in form.points),
        )
        for place, form in enumerate(forms)
        if any(item.field.visible for item in form.fields) or (place == 0 and form.found)
    )


def explain(snapshot: FormSnapshot, profile: BusinessProfile, *, accept_terms: bool = True) -> FormAccount:
    """The account of one form, also of one that there will be no plan for."""
    meanings = map_form(snapshot)
    seen = tuple(field for field in snapshot.fields if field.visible)
    decisions = tuple(decide(field, meanings[field.handle], accept_terms=accept_terms) for field in seen)
    button = next((b for b in reversed(snapshot.buttons) if b.kind is not ButtonKind.OTHER), None)
    step = PlanStep(
        fingerprint=snapshot.fingerprint,
        decisions=decisions,
        button=button.handle if button else "",
        button_kind=button.kind if button else ButtonKind.SUBMIT,
    )
    values = render(step, snapshot, profile)
    written = {value.handle: value for value in values}
    clues = _clues(snapshot, meanings)
    return FormAccount(
        fields=tuple(
            _account(field, decision, written.get(field.handle), *clues[field.handle])
            for field, decision in zip(seen, decisions, strict=True)
        ),
        findings=check(step, snapshot, values, profile, snapshot.url),
    )


def taken(decision: FieldDecision) -> str:
    """What a decision puts into its field: a key of the profile with its part, or what is done without one."""
    if decision.action is FillAction.LEAVE:
        return ""
    return ".".join(filter(None, (decision.key or decision.action, decision.part)))


def shown(value: FieldValue | None, field: FormField) -> str:
    """The value as a person sees it in the form: an option by its label, a picture by its kind and size."""
    if value is None:
        return ""
    if value.action is FillAction.CHECK:
        return "✓"
    if value.action is FillAction.UPLOAD:
        return "; ".join(map(_picture, value.text.split("\n")))
    labels = {option.value: option.label for option in field.options}
    return "; ".join(labels.get(line, line) for line in value.text.split("\n")) if labels else value.text


def _picture(address: str) -> str:
    """An address of the web as it is; a data URL by its kind and size."""
    if not address.startswith("data:"):
        return address
    head, _, body = address.removeprefix("data:").partition(",")
    return f"{head.partition(';')[0]}, {len(body) * 3 / 4 / 1024:.1f} KB"


def _name_of_form(form: Candidate) -> str:
    """What a developer would know it by."""
    if form.form < 0:
        return "what stands in no form"
    raw = form.frame.forms[form.form]
    return raw.heading or raw.hints.strip() or split(raw.action).path or f"form {form.form + 1}"


def _clues(
    snapshot: FormSnapshot, meanings: Mapping[str, Meaning]
) -> dict[str, tuple[tuple[Reading, ...], tuple[Clue, ...], tuple[Clue, ...]]]:
    """By handle: the likeliest meanings, and what of its words and of the model's features speaks for them."""
    fields = tuple(field for field in snapshot.fields if field.kind is not FieldKind.HIDDEN)
    words, model = read_words(fields), linear.load()
    out = {}
    for field, found in zip(fields, features(fields, context_of(snapshot), words), strict=True):
        evidence = words.evidence[field.handle]
        # What the words say outright was never weighed: then their own strengths are all there is.
        strengths = sorted(evidence.strengths.items(), key=lambda item: -item[1])
        likely = meanings[field.handle].likely or tuple((concept.value, s) for concept, s in strengths)
        out[field.handle] = (
            tuple(Reading(meaning=name, confidence=round(share, 2)) for name, share in likely),
            tuple(Clue(meaning=c.value, weight=round(w, 2), what=what) for c, w, what in evidence.clues),
            tuple(
                Clue(meaning=name, weight=round(weight, 2), what=what)
                for name, _ in meanings[field.handle].likely
                for what, weight in _in_words(model.speaking_for(found, name, len(found)))
            ),
        )
    return out


def _in_words(weights: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """What is told in the same words, together; the loudest first."""
    sums: dict[str, float] = defaultdict(float)
    for feature, weight in weights:
        sums[told(feature)] += weight
    return sorted(sums.items(), key=lambda item: -item[1])[:_MOST_FEATURES]


def _account(
    field: FormField,
    decision: FieldDecision,
    value: FieldValue | None,
    meanings: tuple[Reading, ...],
    words: tuple[Clue, ...],
    model: tuple[Clue, ...],
) -> FieldAccount:
    return FieldAccount(
        handle=field.handle,
        field=name_of(field),
        kind=field.kind,
        required=field.required,
        takes=taken(decision),
        value=shown(value, field),
        confidence=decision.confidence,
        why=decision.why,
        meanings=meanings,
        words=words,
        model=model,
    )
