"""What a field's neighbours say of it: "Name" beside "Company name" is a person, "Address" beside "City" a street."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from brain import phrases
from brain.mapper.meaning import Ambiguous, Avoid, Concept, Meaning
from brain.mapper.parts import settle_hours, settle_phones, settle_streets
from brain.words import fold
from schema.contracts.form import FieldKind, FormField, LabelSource
from schema.contracts.profile import ProfileKey as Key

Fields = tuple[FormField, ...]
Meanings = dict[str, Meaning]

_PHRASES = phrases.load(Path(__file__).with_name("phrases.toml"))
_TEXTUAL = (FieldKind.TEXT, FieldKind.TEXTAREA, FieldKind.RICH_TEXT, FieldKind.OTHER)
_CHOICES = (FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.RADIO, FieldKind.COMBOBOX)
_CHOOSABLE: frozenset[Concept] = frozenset(
    {
        Key.CATEGORY, Key.SUBCATEGORY, Key.COUNTRY, Key.STATE, Key.CITY, Key.HOURS, Key.FOUNDED_YEAR, Key.EMPLOYEES,
        Key.PRICE_RANGE, Key.PAYMENT_METHODS, Key.LANGUAGES, Key.KEYWORDS, Key.PHONE, Key.FAX,
        Avoid.PLAN, Avoid.TERMS,
    }
)  # fmt: skip
_TICKABLE: frozenset[Concept] = frozenset(
    {
        Key.HOURS,
        Key.PAYMENT_METHODS,
        Key.LANGUAGES,
        Key.CATEGORY,
        Key.SUBCATEGORY,
        Key.KEYWORDS,
        Avoid.TERMS,
        Avoid.NEWSLETTER,
    }
)
_NUMERIC: frozenset[Concept] = frozenset(
    {Key.FOUNDED_YEAR, Key.EMPLOYEES, Key.POSTAL_CODE, Key.PHONE, Key.FAX, Key.LATITUDE, Key.LONGITUDE, Key.STREET}
)
_BUSINESSLIKE = frozenset(
    {Key.WEBSITE, Key.CATEGORY, Key.DESCRIPTION, Key.SHORT_DESCRIPTION, Key.TAGLINE, Key.HOURS, Key.LOGO, Key.KEYWORDS}
)
_FITTING: dict[FieldKind, frozenset[Concept]] = {
    FieldKind.CHECKBOX: _TICKABLE,
    FieldKind.FILE: frozenset({Key.LOGO, Key.IMAGES}),
    FieldKind.NUMBER: _NUMERIC,
    FieldKind.DATE: frozenset({Key.FOUNDED_YEAR}),
    FieldKind.TIME: frozenset({Key.HOURS}),
    **dict.fromkeys((FieldKind.SELECT, FieldKind.MULTISELECT, FieldKind.RADIO), _CHOOSABLE),
}


def settle(fields: Fields, meanings: Meanings) -> None:
    """Lets the form as a whole correct the field-by-field reading, in place. The order of the rules matters."""
    for rule in _RULES:
        rule(fields, meanings)


def fits_kind(field: FormField, concept: Concept) -> bool:
    """False for a meaning that the control cannot hold."""
    fitting = _FITTING.get(field.kind)
    return fitting is None or concept in fitting


def settle_parts(fields: Fields, meanings: Meanings) -> None:
    """Names the parts of one value that is spread over several controls, in place; what each is about stands."""
    for rule in (settle_phones, settle_hours, settle_streets, _categories):
        rule(fields, meanings)


def _boxes(fields: Fields, meanings: Meanings) -> None:
    """A box to tick is an agreement, an advertisement or nothing we know."""
    for field in fields:
        meaning = meanings[field.handle]
        if meaning.concept is Avoid.TERMS and field.kind not in (FieldKind.CHECKBOX, *_CHOICES):
            meanings[field.handle] = replace(meaning, concept=None, why="an agreement, but nothing to tick")


def _titles(fields: Fields, meanings: Meanings) -> None:
    """ "Title" is the listing's name, unless that has a field of its own or it asks for Mr or Mrs."""
    for field in _with(Ambiguous.TITLE, fields, meanings):
        if field.kind in _CHOICES:
            _become(meanings, field, Avoid.SALUTATION, "a title to choose from")
        elif _with(Key.BUSINESS_NAME, fields, meanings):
            _become(meanings, field, None, "a title beside the business name")
        else:
            _become(meanings, field, Key.BUSINESS_NAME, "the title of the listing")


def _names(fields: Fields, meanings: Meanings) -> None:
    """A bare "Name" is the business only where the form asks for what a business has, and no other name is it."""
    for field in _with(Ambiguous.NAME, fields, meanings):
        first = _with(Key.CONTACT_FIRST_NAME, fields, meanings)
        last = _with(Key.CONTACT_LAST_NAME, fields, meanings)
        legends = [label.text for label in field.labels if label.source is LabelSource.LEGEND]
        around = fold(" ".join((field.section, *legends)))
        of_person = _PHRASES["person"].search(around) and not _PHRASES["company"].search(around)
        businesslike = any(meaning.concept in _BUSINESSLIKE for meaning in meanings.values())
        if first and not last:
            _become(meanings, field, Key.CONTACT_LAST_NAME, "a name beside the first name")
        elif last and not first:
            _become(meanings, field, Key.CONTACT_FIRST_NAME, "a name beside the last name")
        elif _with(Key.BUSINESS_NAME, fields, meanings) or of_person or not businesslike:
            _become(meanings, field, Key.CONTACT_NAME, "the name of a person")
        else:
            _become(meanings, field, Key.BUSINESS_NAME, "the only name the form asks for")


def _legal_names(fields: Fields, meanings: Meanings) -> None:
    """ "Raison sociale" is the business, where nothing else asks for its name."""
    for field in _with(Key.LEGAL_NAME, fields, meanings):
        if not _with(Key.BUSINESS_NAME, fields, meanings):
            _become(meanings, field, Key.BUSINESS_NAME, "the only name of the business the form asks for")


def _addresses(fields: Fields, meanings: Meanings) -> None:
    """ "Address" is the whole of it only where no city and no postal code have fields of their own."""
    split = _with(Key.CITY, fields, meanings) or _with(Key.POSTAL_CODE, fields, meanings)
    for field in _with(Key.ADDRESS, fields, meanings):
        if split and field.kind in _TEXTUAL and not meanings[field.handle].part:
            taken = _with(Key.STREET, fields, meanings)
            _become(
                meanings,
                field,
                None if taken else Key.STREET,
                "an address beside its street" if taken else "an address beside its city",
            )


def _descriptions(fields: Fields, meanings: Meanings) -> None:
    """Of two descriptions the tighter one is the short one; a required message is one where there is none."""
    found = _with(Key.DESCRIPTION, fields, meanings)
    if len(found) > 1 and not _with(Key.SHORT_DESCRIPTION, fields, meanings):
        tightest = min(found, key=lambda f: (f.max_length or 100_000, f.kind is not FieldKind.TEXT))
        if tightest.max_length or tightest.kind is FieldKind.TEXT:
            _become(meanings, tightest, Key.SHORT_DESCRIPTION, "the shorter of two descriptions")
    for field in _with(Avoid.MESSAGE, fields, meanings):
        described = _with(Key.DESCRIPTION, fields, meanings) or _with(Key.SHORT_DESCRIPTION, fields, meanings)
        if (
            field.required
            and field.kind is FieldKind.TEXTAREA
            and not described
            and _with(Key.BUSINESS_NAME, fields, meanings)
        ):
            _become(meanings, field, Key.DESCRIPTION, "the only text the form asks for")


def _categories(fields: Fields, meanings: Meanings) -> None:
    """The second category of a form is a further one; it says which by its `part`."""
    found = [
        f
        for f in fields
        if meanings[f.handle].concept in (Key.CATEGORY, Key.SUBCATEGORY) and f.kind is not FieldKind.CHECKBOX
    ]
    first_seen = False
    further = 0
    for field in found:
        meaning = meanings[field.handle]
        if meaning.concept is Key.CATEGORY and not first_seen:
            first_seen = True
            continue
        meanings[field.handle] = replace(meaning, concept=Key.SUBCATEGORY, part=str(further) if further else "")
        further += 1


def _files(fields: Fields, meanings: Meanings) -> None:
    """An upload that names no purpose but takes pictures is the place for the logo."""
    for field in fields:
        meaning = meanings[field.handle]
        pictures = not field.accept or any(
            word in field.accept.lower() for word in ("image", "png", "jpg", "jpeg", "svg")
        )
        if (
            field.kind is FieldKind.FILE
            and meaning.concept is None
            and pictures
            and not _with(Key.LOGO, fields, meanings)
        ):
            meanings[field.handle] = Meaning(field.handle, Key.LOGO, "", 0.5, "an upload that takes pictures")


def _misfits(fields: Fields, meanings: Meanings) -> None:
    """A meaning that the control cannot hold was misread."""
    for field in fields:
        meaning = meanings[field.handle]
        fitting = _FITTING.get(field.kind)
        wrong_kind = meaning.concept is not None and fitting is not None and meaning.concept not in fitting
        wrong_text = meaning.concept in (Avoid.PLAN, Avoid.NEWSLETTER) and field.kind in _TEXTUAL
        if wrong_kind and not isinstance(meaning.concept, Avoid | Ambiguous):
            meanings[field.handle] = Meaning(
                field.handle, None, "", 0.0, f"a {field.kind.value} cannot hold {meaning.concept}"
            )
        elif wrong_text and meaning.concept is Avoid.PLAN:
            meanings[field.handle] = Meaning(field.handle, None, "", 0.0, "a plan, but nothing to choose")


def _with(concept: Concept, fields: Fields, meanings: Meanings) -> list[FormField]:
    return [field for field in fields if meanings[field.handle].concept is concept]


def _become(meanings: Meanings, field: FormField, concept: Concept | None, why: str) -> None:
    old = meanings[field.handle]
    meanings[field.handle] = replace(old, concept=concept, why=f"{why} ({old.why})", confidence=old.confidence)


_RULES: tuple[Callable[[Fields, Meanings], None], ...] = (
    _misfits,
    _boxes,
    _legal_names,
    _titles,
    _names,
    settle_phones,
    settle_hours,
    _addresses,
    settle_streets,
    _descriptions,
    _categories,
    _files,
)
