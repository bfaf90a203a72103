"""What the linear model looks at: each field, its neighbours and the form around them as a set of named features.

A feature is a short string that is there or not. Names of features are stored with the weights, so a change here
needs the weights fitted anew (`make train`). Nothing here knows what a feature is worth.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from brain.mapper.evidence import Evidence
from brain.mapper.meaning import Meaning
from brain.mapper.purpose import FormContext, Purpose, names_of, purposes
from brain.mapper.reading import Words
from brain.values.places import looks_like_countries, looks_like_states
from brain.words import identifier_words, stable, words
from schema.contracts.form import FieldKind, FormField, LabelSource

_SOURCES = {
    LabelSource.LABEL_FOR: "l",
    LabelSource.LABEL_WRAPPING: "l",
    LabelSource.ARIA_LABELLEDBY: "l",
    LabelSource.ARIA_LABEL: "l",
    LabelSource.TABLE_HEADER: "t",
    LabelSource.LEGEND: "g",
    LabelSource.PLACEHOLDER: "p",
    LabelSource.TITLE: "i",
    LabelSource.NEARBY: "n",
}
_TEXTUAL = (FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER, FieldKind.OTHER)
_MOST_WORDS = 8
_STEPS = (0.2, 0.4, 0.6, 0.75, 0.9)


def features(
    fields: tuple[FormField, ...],
    context: FormContext,
    words_say: Words,
) -> list[list[str]]:
    """The features of each field, in the fields' order.

    `words_say` is what the vocabulary made of them.
    """
    readings = words_say.meanings
    own = [_own(field, words_say.evidence[field.handle]) for field in fields]
    shared = _around(fields, context, readings)
    aims = _aims(fields, context)
    shared += aims
    out = []
    for at, field in enumerate(fields):
        found = [*own[at], *shared, *_reading(readings[field.handle])]
        found += [f"{feature}&{field.kind.value}" for feature in shared if feature[0] == "F"]
        reading = readings[field.handle].concept or ""
        found += [
            feature for purpose in aims for feature in (f"{purpose}&r:{reading}", f"{purpose}&k:{field.kind.value}")
        ]
        for name, step in (("-1", -1), ("+1", 1), ("-2", -2), ("+2", 2)):
            beside = at + step
            if not 0 <= beside < len(fields):
                found.append(f"{name}:none")
                continue
            other = fields[beside]
            found.append(f"{name}:k:{other.kind.value}")
            found.append(f"{name}:r:{readings[other.handle].concept or ''}")
            if abs(step) == 1:
                found += [f"{name}:{word}" for word in _few_words(other)]
        same = [f for f in fields[:at] if readings[f.handle].concept == readings[field.handle].concept]
        found.append(f"nth:{min(len(same), 3)}")
        out.append(list(dict.fromkeys(found)))
    return out


def _own(field: FormField, evidence: Evidence) -> list[str]:
    found = [f"k:{field.kind.value}", f"tag:{field.tag}", "seen" if field.visible else "unseen"]
    if not field.enabled:
        found.append("locked")
    if field.required:
        found.append("required")
    for label in field.labels:
        found += _text(_SOURCES[label.source], words(label.text))
    best = next((label for label in field.labels if label.source is not LabelSource.LEGEND), None)
    if best is not None:
        text = words(best.text)
        found.append(f"L={' '.join(text[:5])}")
        found += [f"L~{gram}" for gram in _grams(" ".join(text[:_MOST_WORDS]))]
    else:
        found.append("L=none")
    found += [f"h:{word}" for word in words(field.help)[:12]]
    found += [f"s:{word}" for word in words(field.section)[:8]]
    for mark, name in (("N", field.name), ("I", field.id)):
        text = identifier_words(stable(name))
        found += [f"{mark}:{word}" for word in text[-6:]]
        found += [f"{mark}:{a} {b}" for a, b in itertools.pairwise(text)]
        if text:
            found.append(f"{mark}={text[-1]}")
        if mark == "N":
            found += [f"{mark}~{gram}" for gram in _grams("".join(text)[-24:])]
    found += [f"ac:{token}" for token in field.autocomplete.lower().split()[:4]]
    found += _limits(field)
    found += _offered(field)
    for concept, strength in evidence.strengths.items():
        found += [f"e:{concept}>{step}" for step in _STEPS if strength >= step]
    return found


def _text(mark: str, text: tuple[str, ...]) -> list[str]:
    kept = text[:_MOST_WORDS]
    return [f"{mark}:{word}" for word in kept] + [f"{mark}:{a} {b}" for a, b in itertools.pairwise(kept)]


def _grams(text: str) -> Iterable[str]:
    padded = f" {text} "
    return {padded[at : at + size] for size in (3, 4) for at in range(len(padded) - size + 1)}


def _few_words(field: FormField) -> list[str]:
    best = next((label for label in field.labels if label.source is not LabelSource.LEGEND), None)
    said = words(best.text)[:3] if best else ()
    return [*(f"l:{word}" for word in said), *(f"N:{word}" for word in identifier_words(stable(field.name))[-2:])]


def _limits(field: FormField) -> list[str]:
    most = field.max_length
    found = (
        []
        if most is None
        else [f"max:{next(step for step in (1, 2, 3, 4, 5, 8, 12, 20, 50, 100, 10**9) if most <= step)}"]
    )
    if field.placeholder:
        found.append("example" if re.search(r"\d{3}|@|https?:|www\.|\be\.?g\b", field.placeholder) else "prompted")
    if "@" in field.placeholder:
        found.append("example:@")
    if re.search(r"https?:|www\.", field.placeholder):
        found.append("example:url")
    if re.search(r"\d{3}.*\d{3}", field.placeholder):
        found.append("example:number")
    return found


def _offered(field: FormField) -> list[str]:
    if not field.options:
        return []
    labels = [option.label for option in field.options]
    numbers = sum(label.strip().isdigit() for label in labels)
    count = len(labels)
    # Few options say nothing: a select of three may be of categories as well as of anything else.
    found = [f"o#{next(step for step in (13, 32, 60, 130, 10**9) if count <= step)}"] if count > 8 else []
    if looks_like_countries(field.options):
        found.append("o:countries")
    if looks_like_states(field.options):
        found.append("o:states")
    if numbers >= 0.8 * count:
        found.append("o:numbers")
    if sum(bool(re.fullmatch(r"(19|20)\d\d", label.strip())) for label in labels) >= 0.8 * count:
        found.append("o:years")
    if sum(bool(re.search(r"\+\s?\d{1,4}\b", label)) for label in labels) >= 0.6 * count:
        found.append("o:dial codes")
    found += [f"o:{word}" for label in labels[:3] for word in words(label)[:3]]
    return found


def _around(fields: tuple[FormField, ...], context: FormContext, readings: Mapping[str, Meaning]) -> list[str]:
    kinds: Counter[FieldKind] = Counter(field.kind for field in fields)
    texts = sum(kinds[kind] for kind in _TEXTUAL)
    found = [
        f"F:{context.method}",
        f"F:passwords:{min(kinds[FieldKind.PASSWORD], 2)}",
        f"F:texts:{min(texts, 4) if texts < 8 else 8}",
        f"F:passwords:{min(kinds[FieldKind.PASSWORD], 2)} texts:{min(texts, 3)}",
        f"F:areas:{min(kinds[FieldKind.TEXTAREA], 2)}",
        f"F:landmark:{context.landmark}",
    ]
    if kinds[FieldKind.FILE]:
        found.append("F:files")
    if kinds[FieldKind.SELECT]:
        found.append(f"F:selects:{min(kinds[FieldKind.SELECT], 3)}")
    found += [f"f:{concept}" for concept in sorted({str(m.concept) for m in readings.values() if m.concept})]
    said = [word for text in context.buttons[:3] for word in words(text)[:4]]
    found += [f"F:b:{word}" for word in dict.fromkeys(said)]
    found += [f"F:h:{word}" for word in dict.fromkeys(words(context.heading)[:6])]
    found += [f"F:n:{word}" for word in dict.fromkeys(names_of(context)[:16])]
    return found


def _aims(fields: tuple[FormField, ...], context: FormContext) -> list[str]:
    """What the form is for, by what it asks and by what is said around it."""
    passwords = sum(field.kind is FieldKind.PASSWORD for field in fields)
    texts = sum(field.kind in _TEXTUAL for field in fields)
    said = purposes(context)
    everything = frozenset().union(*said.values())
    found = [f"P:{place}:{purpose}" for place, named in said.items() for purpose in sorted(named)]
    found += [f"P:{purpose}" for purpose in sorted(everything)]
    found.append(f"T:{_kind_of_form(passwords, texts, said, everything, fields, context)}")
    return found


def _kind_of_form(
    passwords: int,
    texts: int,
    said: Mapping[str, frozenset[Purpose]],
    everything: frozenset[Purpose],
    fields: tuple[FormField, ...],
    context: FormContext,
) -> str:
    account = {Purpose.LOGIN, Purpose.REGISTRATION}
    if passwords == 1 or (not passwords and texts <= 2 and Purpose.LOGIN in everything):
        aim = said["button"] & account or everything & account
        if len(aim) != 1:
            return "login or registration" if aim else "login" if texts <= 1 else "account"
        return "registration" if Purpose.REGISTRATION in aim else "login" if texts <= 3 else "login?"
    if passwords:
        return "registration" if texts else "change of password"
    if any(field.kind is FieldKind.TEXTAREA for field in fields):
        return "letter" if texts <= 4 else "long"
    if context.method == "get" or Purpose.SEARCH in everything:
        return "query" if texts <= 1 else "search"
    return "single" if texts <= 1 else "short" if texts <= 4 else "long"


def _reading(meaning: Meaning) -> list[str]:
    found = [f"r:{meaning.concept or ''}"]
    found += [f"r:{meaning.concept or ''}>{step}" for step in _STEPS if meaning.confidence >= step]
    return found


_TOLD = (
    (r"L=(.+)", 'a label "{0}"'),
    (r"[ltpnigh]:(.+)", 'the word "{0}"'),
    (r"s:(.+)", 'a section "{0}"'),
    (r"[NI][:=](.+)", 'a name with "{0}"'),
    (r"[LN]~(.+)", 'the letters "{0}"'),
    (r"ac:(.+)", "autocomplete {0}"),
    (r"k:(.+)", "a field of type {0}"),
    (r"F:b:(.+?)(?:&.*)?", 'a button that says "{0}"'),
    (r"F:h:(.+?)(?:&.*)?", 'a heading with "{0}"'),
    (r"F:n:(.+?)(?:&.*)?", 'a form called "{0}"'),
    (r"F:.*", "the shape of the form"),
    (r"[TP]:(?:button:|heading:|named:)?(.+?)(?:&.*)?", "a form that looks like: {0}"),
    (r"[re]:([^>]+?)(?:>.*)?", "words of {0}"),
    (r"f:(.+)", "a {0} in the same form"),
    (r"[+-]\d:(?:[krlN]:)?(.*)", 'its neighbour "{0}"'),
    (r"o[:#](.+)", 'options of "{0}"'),
    (r"max:.*", "its limit"),
    (r"nth:.*", "its place among its like"),
    (r"tag:(.+)", "a field of type {0}"),
)


def told(feature: str) -> str:
    """A feature in words, for people who ask why."""
    for pattern, words_for_it in _TOLD:
        if found := re.fullmatch(pattern, feature):
            return words_for_it.format(*(part.strip() for part in found.groups()))
    return feature
