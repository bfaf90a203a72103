"""Reading the page after the click, in four languages and more."""

import pytest

from brain.answer import judge
from schema.contracts.answer import Answer, AnswerKind
from schema.contracts.form import CaptchaKind, FormSnapshot
from schema.contracts.submission import Evidence
from tests.brain.forms import SITE, field, form

_BEFORE = form(
    field("Business name"),
    field("Phone number"),
    page_text="Add your business\nSuccess stories\nYour listing will be reviewed.",
)
_GONE = "https://directory.example/done"


def page(text: str, **rest: object) -> FormSnapshot:
    return FormSnapshot(**{"url": _GONE, "found": False, "page_text": text} | rest)


def after(text: str, status: int | None = 200) -> Answer:
    """The answer when the form has given way to a page that says this."""
    return judge(_BEFORE, page(text), status)


def still(text: str, status: int | None = 200, **errors: str) -> Answer:
    """The answer when the form is still there, with errors beside its fields, under this text."""
    fields = tuple(
        f.model_copy(update={"error": errors.get(f.labels[0].text.split()[0].lower(), "")}) for f in _BEFORE.fields
    )
    return judge(
        _BEFORE, _BEFORE.model_copy(update={"fields": fields, "page_text": f"{_BEFORE.page_text}\n{text}"}), status
    )


_ACCEPTED = """
Thank you for submitting your business!
Thanks for your submission. We will be in touch.
Your listing has been submitted successfully.
Your listing for Rosa's Bakery was received.
We have received your listing.
Rosa's Bakery has been added to our directory.
Your submission is now pending review.
Your site will be reviewed by our editors shortly.
Submission successful
Vielen Dank für Ihren Eintrag!
Ihr Eintrag wurde erfolgreich gespeichert.
Wir haben Ihre Anmeldung erhalten.
Ihr Eintrag wird nun von unserer Redaktion geprüft.
Gracias por registrar su empresa.
Su solicitud ha sido enviada correctamente.
El anuncio se ha publicado correctamente.
Su ficha está pendiente de revisión.
Votre fiche a bien été enregistrée.
Merci pour votre inscription.
Nous avons bien reçu votre demande.
Votre annonce est en attente de validation.
La tua azienda è stata inserita. Grazie per la tua registrazione.
Sua empresa foi cadastrada com sucesso.
Bedankt voor uw aanmelding.
""".strip().splitlines()


@pytest.mark.parametrize("text", _ACCEPTED)
def test_accepted_in_words(text: str) -> None:
    for answer in (after(text), still(text)):
        assert (answer.kind, answer.evidence) == (AnswerKind.ACCEPTED, Evidence.TEXT), answer
        assert answer.quote in text


_CONFIRM = """
Please check your e-mail to confirm your listing.
We have sent you a confirmation email.
Almost done! Click the link in the message we sent to rosa@rosasbakery.example.
Thank you for your submission. Please verify your email address.
Bitte prüfen Sie Ihr Postfach und klicken Sie auf den Bestätigungslink.
Wir haben Ihnen eine E-Mail mit einem Link zur Bestätigung geschickt.
Revise su correo y pulse el enlace de confirmación.
Le hemos enviado un correo para confirmar su alta.
Consultez votre messagerie pour valider votre inscription.
Nous vous avons envoyé un e-mail de confirmation.
""".strip().splitlines()


@pytest.mark.parametrize("text", _CONFIRM)
def test_confirmation_needed(text: str) -> None:
    for answer in (after(text), still(text)):
        assert answer.kind is AnswerKind.CONFIRMATION_NEEDED, answer


_DUPLICATE = """
This business is already listed in our directory.
Sorry, this URL has already been submitted.
A listing with this name already exists.
Dieses Unternehmen ist bereits eingetragen.
Esta empresa ya está registrada.
Cette entreprise est déjà inscrite.
""".strip().splitlines()


@pytest.mark.parametrize("text", _DUPLICATE)
def test_duplicates(text: str) -> None:
    for answer in (after(text), after(text, 409), still(text), still("", phone=text)):
        assert answer.kind is AnswerKind.DUPLICATE, answer


_REFUSED = """
Phone number is invalid.
The phone number must have 10 digits.
Please enter a valid phone number.
""".strip().splitlines()


@pytest.mark.parametrize("text", _REFUSED)
def test_refused_in_a_summary_that_names_the_field(text: str) -> None:
    answer = still(f"Please correct the following errors:\n{text}")
    assert answer.kind is AnswerKind.REFUSED
    assert [(refusal.handle, refusal.message) for refusal in answer.refusals] == [("main:Phone number", text)]


def test_refused_beside_the_field() -> None:
    answer = still("Bitte korrigieren Sie die markierten Felder.", 422, phone="Ungültige Nummer")
    assert answer.kind is AnswerKind.REFUSED
    assert [(refusal.handle, refusal.label) for refusal in answer.refusals] == [("main:Phone number", "Phone number")]


@pytest.mark.parametrize(
    "text",
    [
        "Sorry, we only list businesses in Oregon.",
        "Ihr Eintrag wurde nicht gespeichert.",
        "Su solicitud no ha sido enviada.",
        "Votre demande n'a pas été enregistrée.",
        "Your submission was rejected as spam.",
    ],
)
def test_refused_altogether(text: str) -> None:
    assert after(text).kind is AnswerKind.REFUSED
    assert still(text).kind is AnswerKind.REFUSED


def test_accepted_by_response() -> None:
    answer = after("Directory home\nBrowse the newest places in your town")
    assert (answer.kind, answer.evidence) == (AnswerKind.ACCEPTED, Evidence.RESPONSE)
    assert after("Directory", 303).kind is AnswerKind.ACCEPTED
    for plain_yes in ("OK", '{"ok": true}', '{"status": "received"}', "Gespeichert"):
        assert (after(plain_yes).kind, after(plain_yes).evidence) == (AnswerKind.ACCEPTED, Evidence.RESPONSE)
    assert answer.confidence < after("Your listing has been received.").confidence


@pytest.mark.parametrize(
    "answer",
    [
        after("Thank you! Your listing has been submitted.", 500),
        after("Your listing has been submitted.", 404),
        after("Your listing has been submitted.", 429),
        after("", 200),
        after("post.php 2.1", 200),
        after('{"ok": false}', 200),
        after("Not accepted", 500),
        after("OK", 500),
        after("Something went wrong. Try again later.", 200),
        after("Page not found, sorry about that", 200),
        after("Browse the newest places in your town", None),
        after("Browse the newest places in your town", 403),
        still("Success", 200),
        still("", 200),
        still("Thank you", None),
        still("Error submitting: your listing has not been received yet by the server", 500),
    ],
)
def test_unclear(answer: Answer) -> None:
    assert (answer.kind, answer.evidence, answer.confidence) == (AnswerKind.UNCLEAR, Evidence.NONE, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "Your listing could not be submitted.",
        "Once your listing has been submitted, we review it.",
        "Nachdem Ihr Eintrag nicht gesendet werden konnte",
    ],
)
def test_words_that_deny_or_promise_are_no_confirmation(text: str) -> None:
    assert still(text).kind is not AnswerKind.ACCEPTED


def test_what_the_page_said_before_proves_nothing() -> None:
    before = _BEFORE.model_copy(update={"page_text": "Your listing has been submitted successfully."})
    assert judge(before, before, 200).kind is AnswerKind.UNCLEAR


def test_walls_after_the_click() -> None:
    captcha = _BEFORE.model_copy(update={"captcha": CaptchaKind.RECAPTCHA})
    assert judge(_BEFORE, captcha, 200).kind is AnswerKind.CAPTCHA
    assert after("Verify you are human by completing the action below.", 403).kind is AnswerKind.CAPTCHA
    assert judge(_BEFORE, page("Please log in", login_required=True), 200).kind is AnswerKind.LOGIN_REQUIRED
    paying = form(field("Card number"), url=_GONE, payment_required=True)
    assert judge(_BEFORE, paying, 200).kind is AnswerKind.PAYMENT_REQUIRED
    thanked = page("Your listing has been received.", login_required=True)
    assert judge(_BEFORE, thanked, 200).kind is AnswerKind.ACCEPTED


def test_another_form_is_no_acceptance() -> None:
    further = form(field("Description"), url=_GONE, page_text="One more step of our form before we are done here")
    assert judge(_BEFORE, further, 200).kind is AnswerKind.UNCLEAR


def test_quotes_are_bounded() -> None:
    assert len(after("Your listing has been submitted " + "very " * 200).quote) <= 300
    assert SITE
