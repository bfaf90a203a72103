"""Which button sends the form, which leads to its next step, and which does neither."""

import re

from brain.page import RawButton
from brain.words import fold
from schema.contracts.form import ButtonKind

_ADVANCE = re.compile(
    r"^(?:(?:save|speichern|guardar|enregistrer) (?:and|und|y|et) )?(?:next|continue|proceed|go on|weiter|nachster schritt|fortfahren|siguiente|continuar|suivante?|continuer|avanti|continua|prosegui|proximo|proxima|seguinte|avancar|volgende|verder|doorgaan|dalej|nasta|neste|preview|vorschau|vista previa|previsualizar|apercu|previsualiser|anteprima)\b"
    r"|\b(?:next step|step \d|schritt \d|paso \d|etape \d|etape suivante|passo \d|stap \d|paso siguiente|siguiente paso|nachster schritt|preview listing)\b"
)
_OTHER = re.compile(
    r"^(?:back|previous|prev|go back|zuruck|vorheriger?|anterior|atras|volver|precedent\w*|retour|indietro|precedente|voltar|vorige|terug|cancel|abbrechen|cancelar|annuler|annulla|annuleren|reset|clear\w*|delete|remove|loschen|zurucksetzen|borrar|eliminar|effacer|reinitialiser|search|find|suchen|suche|buscar|rechercher|cerca|zoeken|pesquisar|browse|upload\w*|choose files?|select files?|durchsuchen|hochladen|examinar|subir|parcourir|telecharger|log ?in|sign in|anmelden|einloggen|iniciar sesion|entrar|connexion|se connecter|accedi|inloggen|log ?out|close|schliessen|cerrar|fermer|chiudi|sluiten|add another|add more|add new|add row|add (?:image|photo|file|field|hours|day)s?|weitere hinzufugen|anadir otro|ajouter un autre|save (?:as )?draft|als entwurf\w*|guardar borrador|enregistrer le brouillon|print|share|help|subscribe|abonnieren|suscribirse|s abonner|menu|edit|bearbeiten|ok|got it|accept (?:all )?cookies|show|toggle|apply coupon|validate coupon|generate\w*|locate\w*|show password|check availability|vote|reply)\b"
)
_SUBMIT = re.compile(
    r"\b(?:submit|send|publish|post|create|register|sign up|save|finish|complete|confirm|done|request|suggest|apply|list (?:my|your|a|this|us|our)|add|absenden|abschicken|senden|eintragen|veroffentlichen|speichern|registrieren|abschliessen|bestatigen|hinzufugen|einreichen|vorschlagen|erstellen|fertig|enviar|publicar|anadir|agregar|registrar|registrarse|guardar|crear|finalizar|confirmar|solicitar|dar de alta|alta|envoyer|soumettre|publier|ajouter|inscrire|s inscrire|valider|enregistrer|creer|terminer|confirmer|proposer|invia|inviare|aggiungi|pubblica|registra|registrati|iscriviti|salva|crea|conferma|inserisci|completa|adicionar|cadastrar|criar|salvar|concluir|submeter|verzenden|versturen|toevoegen|aanmelden|plaatsen|opslaan|registreren|bevestigen|indienen|wyslij|dodaj|skicka|lagg till|send inn|tilfoj|laheta)\b"
)
_LISTING = re.compile(
    r"\b(?:submit|add|list|suggest|publish|register|create|eintragen|einreichen|anmelden|enviar|anadir|agregar|publicar|registrar|soumettre|ajouter|inscrire|proposer|publier|aggiungi|inserisci|cadastrar|adicionar|toevoegen|aanmelden)\b.*"
    r"\b(?:listing|business|company|site|website|url|link|directory|entry|organi[sz]ation|startup|tool|product|place|firma|unternehmen|eintrag|betrieb|webseite|empresa|negocio|sitio|anuncio|ficha|comercio|entreprise|societe|etablissement|fiche|annonce|site|azienda|attivita|impresa|sito|negocio|bedrijf|onderneming|vermelding)\b"
    r"|\b(?:unternehmen|firma|betrieb|eintrag|webseite|seite|bedrijf|onderneming)\b.*\b(?:eintragen|anmelden|einreichen|hinzufugen|registrieren|veroffentlichen|toevoegen|aanmelden)\b"
)
_PAYS = re.compile(
    r"\b(?:pay|pay now|payment|checkout|check out|buy|purchase|place order|bezahlen|zahlungspflichtig|kaufen|zur kasse|pagar|comprar|ir al pago|payer|acheter|paiement|commander|paga|acquista|betalen|afrekenen)\b"
)


def button_kind(button: RawButton) -> ButtonKind:
    """Its kind by its words; a wordless or unknown submit button submits, an unknown plain one does nothing."""
    text = fold(button.text)
    if _ADVANCE.search(text):
        return ButtonKind.ADVANCE
    if _OTHER.search(text) and not is_listing(button.text):
        return ButtonKind.OTHER
    if _SUBMIT.search(text) or is_listing(button.text):
        return ButtonKind.SUBMIT
    return ButtonKind.SUBMIT if button.type in ("submit", "image") and button.form >= 0 else ButtonKind.OTHER


def says_submit(text: str) -> bool:
    """True where the words alone promise that something is sent."""
    return bool(_SUBMIT.search(fold(text))) and not _OTHER.search(fold(text))


def is_listing(text: str) -> bool:
    """True for "Add your business" and its like: words that only a submission form has."""
    return bool(_LISTING.search(fold(text)))


def asks_payment(text: str) -> bool:
    """True for "Pay now": pressing it would spend money."""
    return bool(_PAYS.search(fold(text)))
