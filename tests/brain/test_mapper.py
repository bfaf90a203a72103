"""What fields mean: by their words in many languages, by their names, and by what stands around them."""

import pytest

from brain.mapper import Avoid, map_fields
from schema.contracts.form import FieldKind, FormField, Label, LabelSource
from schema.contracts.profile import ProfileKey as Key
from tests.brain.forms import choice, field


def meanings(*fields: FormField) -> list[str]:
    """Each field's meaning as "key" or "key.part", "-" for none."""
    read = map_fields(fields)
    return [".".join(filter(None, (str(read[f.handle].concept or "-"), read[f.handle].part))) for f in fields]


@pytest.mark.parametrize(
    ("key", "labels"),
    [
        (
            Key.BUSINESS_NAME,
            (
                "Business name|Name of your company|Firmenname|Name des Unternehmens|Nombre de la "
                "empresa|Nom de l'entreprise|Nome dell'azienda|Nome da empresa|Bedrijfsnaam|Company|"
                "Listing title"
            ),
        ),
        (
            Key.CONTACT_NAME,
            (
                "Contact person|Your name|Ansprechpartner|Persona de contacto|Nom du contact|Referente|"
                "Contactpersoon|Vor- und Nachname"
            ),
        ),
        (Key.CONTACT_FIRST_NAME, "First name|Vorname|Prénom|Given name|Voornaam"),
        (Key.CONTACT_LAST_NAME, "Last name|Nachname|Apellidos|Nom de famille|Cognome|Surname"),
        (
            Key.EMAIL,
            (
                "E-mail|Email address|E-Mail-Adresse|Correo electrónico|Adresse e-mail|Courriel|Indirizzo "
                "email|Kontakt-E-Mail|Business email"
            ),
        ),
        (
            Key.PHONE,
            (
                "Phone|Telephone number|Telefonnummer|Teléfono|Téléphone|Telefono|Telefone|Mobile|"
                "Company phone|Firmentelefon"
            ),
        ),
        (Key.FAX, "Fax|Fax number|Telefax"),
        (
            Key.WEBSITE,
            (
                "Website|Web site URL|Homepage|Webseite|Sitio web|Site internet|Sito web|Company "
                "website|Link to your site|Firmenhomepage"
            ),
        ),
        (
            Key.STREET,
            (
                "Street address|Address line 1|Straße und Hausnummer|Calle y número|Numéro et rue|"
                "Via e numero civico|Straat en huisnummer"
            ),
        ),
        (Key.STREET2, "Address line 2|Suite, unit, floor|Adresszusatz|Complément d'adresse"),
        (Key.CITY, "City|Town / City|Ort|Stadt|Ciudad|Ville|Città|Cidade|Plaats"),
        (Key.STATE, "State|State / Province|Bundesland|Provincia|County"),
        (Key.POSTAL_CODE, "ZIP code|Postal code|PLZ|Código postal|Code postal|CAP|Postcode|Zip/Post Code"),
        (Key.COUNTRY, "Country|Land|País|Pays|Paese"),
        (Key.TAGLINE, "Tagline|Slogan|Motto"),
        (
            Key.DESCRIPTION,
            (
                "Description|About your business|Beschreibung|Descripción del negocio|Présentation "
                "de l'entreprise|Descrizione|Tell us about your company|Unternehmensbeschreibung"
            ),
        ),
        (Key.SHORT_DESCRIPTION, "Short description|Summary|Kurzbeschreibung|Breve descripción|Description courte"),
        (Key.KEYWORDS, "Keywords (comma separated)|Tags|Stichwörter|Palabras clave|Mots-clés"),
        (Key.CATEGORY, "Category|Type of business|Industry|Branche|Categoría|Secteur d'activité|Settore"),
        (Key.HOURS, "Opening hours|Öffnungszeiten|Horario|Horaires d'ouverture|When are you open?"),
        (Key.FOUNDED_YEAR, "Year founded|In business since|Gründungsjahr|Año de fundación|Année de création"),
        (Key.EMPLOYEES, "Number of employees|Company size|Anzahl der Mitarbeiter|Número de empleados|Effectif"),
        (Key.FACEBOOK, "Facebook page|Facebook URL|Link to your Facebook page"),
        (Key.X, "Twitter|Twitter username|X (Twitter)"),
        (Key.LATITUDE, "Latitude|Breitengrad"),
        (Key.VIDEO, "Video URL|YouTube video URL"),
    ],
)
def test_labels_in_many_languages(key: Key, labels: str) -> None:
    for label in labels.split("|"):
        kind = FieldKind.TEXTAREA if key is Key.DESCRIPTION else FieldKind.TEXT
        assert meanings(field(label, kind=kind)) == [key.value], label


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("company_contact_email", "email"),
        ("listing[contactPhone]", "phone"),
        ("billingAddressCity", "city"),
        ("txtCompanyName", "business_name"),
        ("fname", "contact_first_name"),
        ("addr2", "street2"),
        ("ctl00$main$txtZip", "postal_code"),
        ("q", "search"),
        ("field_12", "-"),
    ],
)
def test_names_of_controls(name: str, expected: str) -> None:
    assert meanings(field(handle="main:x", name=name)) == [expected]


def test_a_label_weighs_more_than_a_name() -> None:
    assert meanings(field("Phone", name="website")) == ["phone"]


def test_autocomplete_type_and_example_values() -> None:
    assert meanings(
        field(handle="a", autocomplete="section-x address-level2"),
        field(handle="b", kind=FieldKind.EMAIL),
        field(handle="c", placeholder="https://facebook.com/yourpage"),
        field(handle="d", placeholder="https://example.com"),
        field(handle="e", autocomplete="cc-number"),
    ) == ["city", "email", "facebook", "website", "card"]


@pytest.mark.parametrize(
    ("label", "concept"),
    [
        ("Password", Avoid.PASSWORD),
        ("Credit card number", Avoid.CARD),
        ("Enter the code shown in the image", Avoid.CAPTCHA),
        ("Search", Avoid.SEARCH),
        ("Username", Avoid.USERNAME),
        ("Reciprocal link URL", Avoid.RECIPROCAL),
        ("VAT number", Avoid.TAX_ID),
        ("Promo code", Avoid.COUPON),
        ("Your message", Avoid.MESSAGE),
        ("Bitte nicht ausfüllen", Avoid.HONEYPOT),
    ],
)
def test_what_no_profile_fills(label: str, concept: Avoid) -> None:
    assert map_fields((field(label),))[f"main:{label}"].concept is concept


def test_boxes() -> None:
    tick = FieldKind.CHECKBOX
    assert meanings(
        field("I agree to the terms of service", kind=tick),
        field("Ich akzeptiere die AGB", kind=tick),
        field("Send me the newsletter", kind=tick),
        field("I agree to receive marketing e-mails", kind=tick),
        field("I accept the terms and the newsletter", kind=tick, required=True),
        field("Phone", kind=tick),
    ) == ["terms", "terms", "newsletter", "newsletter", "terms", "-"]


def test_a_bare_name_is_settled_by_its_form() -> None:
    assert meanings(field("Name"), field("Website")) == ["business_name", "website"]
    assert meanings(field("Name"), field("Company name", handle="b")) == ["contact_name", "business_name"]
    assert meanings(field("Name", section="Your contact details"))[0] == "contact_name"
    listing = (field("Title", name="TITLE"), field("URL", name="URL"), field("Your Name"), choice("Category", "A", "B"))
    assert meanings(*listing) == ["business_name", "website", "contact_name", "category"]
    assert meanings(field("Nom"), field("Prénom")) == ["contact_last_name", "contact_first_name"]
    assert meanings(field("Nombre"), field("Apellidos")) == ["contact_first_name", "contact_last_name"]


def test_a_legal_name_alone_is_the_business() -> None:
    assert meanings(field("Raison sociale")) == ["business_name"]
    assert meanings(field("Legal name"), field("Business name")) == ["legal_name", "business_name"]


def test_an_address_is_a_street_beside_its_city() -> None:
    assert meanings(field("Address"), field("City")) == ["street", "city"]
    assert meanings(field("Address"), field("Phone")) == ["address", "phone"]
    assert meanings(field("PLZ / Ort")) == ["address.locality"]
    assert meanings(field("Straße"), field("Hausnummer"), field("PLZ")) == [
        "street.name",
        "street.number",
        "postal_code",
    ]


def test_two_descriptions_and_two_categories() -> None:
    long, short = field("Description", max_length=2000), field("Describe your business", max_length=150)
    assert meanings(long, short) == ["description", "short_description"]
    first, second = choice("Category", "A", "B"), choice("Business category", "A", "B")
    assert meanings(first, second, choice("Category 3", "A")) == ["category", "subcategory", "subcategory.1"]


def test_one_phone_in_pieces() -> None:
    three = [field("Phone", handle=h, max_length=n) for h, n in (("a", 3), ("b", 3), ("c", 4))]
    assert meanings(*three) == ["phone.area_code", "phone.prefix", "phone.line"]
    assert meanings(field("Area code"), field("Prefix"), field("Line number")) == [
        "phone.area_code",
        "phone.prefix",
        "phone.line",
    ]
    coded = choice("Country code", "+1", "+44", "+49", handle="cc")
    assert meanings(coded, field("Phone")) == ["phone.country_code", "phone.national"]
    assert meanings(field("Phone"), field("Mobile")) == ["phone", "phone"]


def test_a_grid_of_hours() -> None:
    grid = [
        field(handle=f"{day}{side}", name=f"hours[{day}][{side}]", kind=FieldKind.TIME)
        for day in ("mon", "tue", "sun")
        for side in ("open", "close")
    ]
    assert meanings(*grid)[:3] == ["hours.monday.opens", "hours.monday.closes", "hours.tuesday.opens"]
    row = [
        FormField(
            handle=f"{day}{n}", tag="input", kind=kind, labels=(Label(text=day, source=LabelSource.TABLE_HEADER),)
        )
        for day in ("Montag", "Dienstag", "Sonntag")
        for n, kind in enumerate((FieldKind.TEXT, FieldKind.TEXT))
    ]
    assert meanings(*row)[-2:] == ["hours.sunday.opens", "hours.sunday.closes"]
    assert meanings(*(field(day) for day in ("Monday", "Tuesday", "Wednesday"))) == [
        "hours.monday",
        "hours.tuesday",
        "hours.wednesday",
    ]


def test_options_tell_what_a_choice_is() -> None:
    assert meanings(choice("", "Germany", "France", "Spain", handle="a")) == ["country"]
    assert meanings(choice("", "Texas", "Ohio", "Utah", "Iowa", "Maine", handle="b")) == ["state"]
    assert meanings(choice("How expensive?", "$ cheap", "$$ fair", "$$$ dear")) == ["price_range"]


def test_a_meaning_that_the_control_cannot_hold_is_dropped() -> None:
    assert meanings(choice("Description", "A", "B"), field("Business name", kind=FieldKind.NUMBER)) == ["-", "-"]


def test_every_decision_says_why() -> None:
    assert map_fields((field("Phone"),))["main:Phone"].why == 'label for "phone"'
