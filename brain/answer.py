"""Reads the page after the click: did the directory take it?

Only what the page newly says counts, and words alone prove nothing over a server's error. When in doubt the answer
is `unclear`: a person will look, and nobody clicks twice.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from brain import phrases
from brain.mapper import Avoid, map_fields
from brain.words import fold
from schema.contracts.answer import Answer, AnswerKind, Refusal
from schema.contracts.form import CaptchaKind, FieldKind, FormField, FormSnapshot
from schema.contracts.submission import Evidence

_PHRASES = phrases.load(Path(__file__).with_name("answer.toml"))
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_QUOTE = 300
_MOST_REFUSALS = 20
_STILL_THERE = 0.5


@dataclass(frozen=True)
class _Reading:
    """What is new on the page, sentence by sentence, and whether the form is still there."""

    before: FormSnapshot
    after: FormSnapshot
    status: int | None
    news: tuple[str, ...]
    form_there: bool

    def quote(self, name: str, *, affirmed: bool = False) -> str:
        """The first new sentence that says this; with `affirmed`, one that is not negated or conditional."""
        for sentence in self.news:
            plain = fold(sentence)
            if _PHRASES[name].search(plain) and not (affirmed and _PHRASES["negated"].search(plain)):
                return sentence[:_QUOTE]
        return ""

    @property
    def answered_well(self) -> bool:
        return self.status is None or 200 <= self.status < 400


def judge(before: FormSnapshot, after: FormSnapshot, response_status: int | None) -> Answer:
    """The answer to the post that left, from the page before and after it.

    `response_status` is that post's own HTTP status, None if no answer to it was seen. Pure and deterministic.
    """
    reading = _Reading(before, after, response_status, news(before, after), _is_there(before, after))
    if response_status is not None and response_status >= 500:
        return _unclear(reading, f"The server answered with an error ({response_status}).")
    refusals = _refusals(reading)
    return (
        _duplicate(reading, refusals)
        or _misread(reading, refusals)
        or _wall(reading, refusals)
        or _refused(reading, refusals)
        or _accepted_by_words(reading)
        or _accepted_by_response(reading)
        or _unclear(reading)
    )


def unsolved(answer: Answer) -> bool:
    """True if the page took nothing because its captcha was answered wrongly, and not for a captcha that came later."""
    return answer.kind is AnswerKind.CAPTCHA and answer.evidence is Evidence.TEXT


def news(before: FormSnapshot, after: FormSnapshot) -> tuple[str, ...]:
    """The sentences that were not on the page before the click, in order, the title included."""
    known = {fold(sentence) for sentence in _SENTENCE.split(f"{before.page_text}\n{before.title}\n{before.heading}")}
    said = _SENTENCE.split(f"{after.heading}\n{after.page_text}\n{after.title}")
    fresh = {fold(sentence): sentence.strip() for sentence in reversed(said)}
    order = dict.fromkeys(fold(sentence) for sentence in said)
    return tuple(fresh[plain] for plain in order if plain and plain not in known)


def _is_there(before: FormSnapshot, after: FormSnapshot) -> bool:
    """True if the form that was sent is still to be seen: at least half of its fields, or its button."""
    if not after.found:
        return False
    handles = {field.handle for field in before.fields if field.visible}
    present = {field.handle for field in after.fields if field.visible}
    if not handles:
        return bool({button.handle for button in before.buttons} & {button.handle for button in after.buttons})
    return len(handles & present) >= _STILL_THERE * len(handles)


def _duplicate(reading: _Reading, refusals: tuple[Refusal, ...]) -> Answer | None:
    for refusal in refusals:
        if _PHRASES["duplicate"].search(fold(refusal.message)):
            return _answer(AnswerKind.DUPLICATE, Evidence.TEXT, refusal.message, 0.9, refusals)
    quote = reading.quote("duplicate")
    return _answer(AnswerKind.DUPLICATE, Evidence.TEXT, quote, 0.9) if quote else None


def _misread(reading: _Reading, refusals: tuple[Refusal, ...]) -> Answer | None:
    """The captcha was answered wrongly, and nothing else is amiss: the directory's own word that it took nothing."""
    if reading.before.captcha is CaptchaKind.NONE or not reading.form_there or any(r.handle for r in refusals):
        return None
    before, after = (side.field(reading.after.captcha_field) for side in (reading.before, reading.after))
    beside = after.error if after is not None and (before is None or before.error != after.error) else ""
    quote = beside or reading.quote("unsolved") or reading.quote("challenge")
    return _answer(AnswerKind.CAPTCHA, Evidence.TEXT, quote, 0.9) if quote else None


def _wall(reading: _Reading, refusals: tuple[Refusal, ...]) -> Answer | None:
    """A captcha, a login or a payment that was not there before stands between us and the listing."""
    if reading.quote("accepted", affirmed=True) or reading.quote("confirmation"):
        return None
    before, after = reading.before, reading.after
    new_captcha = after.captcha is not CaptchaKind.NONE and before.captcha is CaptchaKind.NONE
    challenged = reading.quote("challenge")
    if new_captcha or (challenged and not any(r.handle for r in refusals)):
        return _answer(AnswerKind.CAPTCHA, Evidence.NONE, challenged or "The page shows a captcha.", 0.9)
    asked_in = reading.quote("login")
    if after.login_required and not before.login_required and asked_in:
        return _answer(AnswerKind.LOGIN_REQUIRED, Evidence.NONE, asked_in, 0.8)
    if after.payment_required and not before.payment_required:
        return _answer(AnswerKind.PAYMENT_REQUIRED, Evidence.NONE, _first(reading) or "The page asks for money.", 0.8)
    return None


def _refused(reading: _Reading, refusals: tuple[Refusal, ...]) -> Answer | None:
    """Complaints beside fields or above the form; without a form, only words that say "not accepted"."""
    rejected = reading.quote("rejected")
    by_status = reading.status is not None and reading.status in (400, 409, 413, 415, 422)
    named = any(refusal.handle for refusal in refusals)
    thanked = reading.quote("accepted", affirmed=True) or reading.quote("confirmation")
    if not named and not rejected and thanked:
        return None
    if refusals and (reading.form_there or by_status or rejected):
        quote = rejected or refusals[0].message
        return _answer(AnswerKind.REFUSED, Evidence.TEXT, quote, 0.95 if named else 0.8, refusals)
    if rejected:
        return _answer(AnswerKind.REFUSED, Evidence.TEXT, rejected, 0.8, (Refusal(message=rejected),))
    return None


def _accepted_by_words(reading: _Reading) -> Answer | None:
    if not reading.answered_well:
        return None
    certainty = 0.95 if reading.status is not None else 0.7
    confirm = reading.quote("confirmation")
    if confirm:
        return _answer(AnswerKind.CONFIRMATION_NEEDED, Evidence.TEXT, confirm, certainty)
    quote = reading.quote("accepted", affirmed=True) or reading.quote("review")
    return _answer(AnswerKind.ACCEPTED, Evidence.TEXT, quote, certainty) if quote else None


def _accepted_by_response(reading: _Reading) -> Answer | None:
    """The post was answered well, the form is gone, another page speaks, and not of failure or of more to fill in."""
    if reading.status is None or not 200 <= reading.status < 400:
        return None
    another_form = reading.after.found and bool(reading.after.fields)
    if reading.form_there or another_form or not _speaks(reading) or reading.quote("broken"):
        return None
    return _answer(AnswerKind.ACCEPTED, Evidence.RESPONSE, _first(reading), 0.6)


def _speaks(reading: _Reading) -> bool:
    """A sentence, a word of thanks, a plain yes or a redirect: an empty page answers nothing."""
    redirected = reading.status is not None and reading.status >= 300 and reading.after.url != reading.before.url
    sentence = any(len(re.findall(r"[^\W\d_]{2,}", text)) >= 4 for text in reading.news)
    return redirected or sentence or bool(reading.quote("thanks") or reading.quote("yes", affirmed=True))


def _unclear(reading: _Reading, why: str = "") -> Answer:
    quote = reading.quote("broken") or _first(reading)
    return _answer(AnswerKind.UNCLEAR, Evidence.NONE, f"{why} {quote}".strip()[:_QUOTE], 0.0)


def _refusals(reading: _Reading) -> tuple[Refusal, ...]:
    """Complaints that are new: beside a field first, then sentences that name a field, then the rest."""
    old = {(field.handle, fold(field.error)) for field in reading.before.fields}
    beside = [
        Refusal(handle=field.handle, label=_label(field), message=field.error[:_QUOTE])
        for field in reading.after.fields
        if field.visible and field.error and (field.handle, fold(field.error)) not in old
    ]
    captcha = {h for h, meaning in map_fields(reading.after.fields).items() if meaning.concept is Avoid.CAPTCHA}
    captcha.add(reading.after.captcha_field)
    beside = [refusal for refusal in beside if refusal.handle not in captcha]
    said = {fold(refusal.message) for refusal in beside}
    covered = {refusal.handle for refusal in beside}
    listed = []
    for sentence in reading.news:
        plain = fold(sentence)
        if plain in said or not _PHRASES["refused"].search(plain) or len(sentence) > _QUOTE:
            continue
        field = _named(plain, reading)
        if field is not None and field.handle not in covered:
            covered.add(field.handle)
            listed.append(Refusal(handle=field.handle, label=_label(field), message=sentence))
        elif field is None and not beside:
            listed.append(Refusal(message=sentence))
    named = [refusal for refusal in listed if refusal.handle]
    return (*beside, *(named or ([] if beside else listed)))[:_MOST_REFUSALS]


def _named(plain: str, reading: _Reading) -> FormField | None:
    """The field whose label, the longest one, a complaint names."""
    fields = reading.after.fields if reading.form_there else reading.before.fields
    found = [
        (len(fold(label.text)), field)
        for field in fields
        if field.visible and field.kind is not FieldKind.CHECKBOX
        for label in field.labels
        if fold(label.text) and f" {fold(label.text)} " in f" {plain} "
    ]
    return max(found, key=lambda item: item[0])[1] if found else None


def _label(field: FormField) -> str:
    return field.labels[0].text if field.labels else field.name


def _first(reading: _Reading) -> str:
    return next((sentence[:_QUOTE] for sentence in reading.news if len(sentence) > 3), "")


def _answer(
    kind: AnswerKind, evidence: Evidence, quote: str, confidence: float, refusals: tuple[Refusal, ...] = ()
) -> Answer:
    return Answer(kind=kind, evidence=evidence, quote=quote[:_QUOTE], refusals=refusals, confidence=confidence)
