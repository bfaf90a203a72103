"""Plain server-rendered forms: labels beside, around, inside or instead of the controls."""

from deploy.local.sandbox.model import Answer, Design, Hiding, Language, Mark, Naming, Noise, Site, Skin, Trap, asks
from schema.contracts.directory import Automation

SITES = (
    Site(
        slug="sunny-pages",
        name="Sunny Pages",
        design=Design.CLASSIC,
        domain_authority=96,
        accent="#c2570c",
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        form_path="add-listing",
        asks=asks(
            "business_name* category* tagline120 website contact email* phone* street* city* state=select* "
            "postal_code* country description*500 keywords terms*"
        ),
    ),
    Site(
        slug="branchen-kompass",
        name="Branchen-Kompass",
        design=Design.CLASSIC,
        domain_authority=94,
        language=Language.DE,
        skin=Skin.CIVIC,
        accent="#14532d",
        naming=Naming.LOCAL,
        mark=Mark.ASTERISK,
        form_path="eintragen",
        answer=Answer.REVIEW,
        noise=(Noise.SEARCH,),
        refusal_status=422,
        asks=asks(
            "business_name* category* website contact* email* phone* fax street* postal_code* city* state country* "
            "description*800 terms* newsletter"
        ),
    ),
    Site(
        slug="directorio-plaza",
        name="Directorio Plaza",
        design=Design.CLASSIC,
        domain_authority=90,
        language=Language.ES,
        skin=Skin.PRESS,
        accent="#9d174d",
        mark=Mark.WORD,
        naming=Naming.SHORT,
        form_path="alta",
        answer=Answer.FLASH,
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        asks=asks(
            "business_name* category* website email* phone* street city* state postal_code* country* description*400"
        ),
    ),
    Site(
        slug="annuaire-du-marche",
        name="L'Annuaire du Marché",
        design=Design.CLASSIC,
        domain_authority=40,
        language=Language.FR,
        skin=Skin.CARD,
        accent="#1d4ed8",
        mark=Mark.ASTERISK,
        naming=Naming.BRACKET,
        form_path="ajouter",
        asks=asks(
            "business_name* category* tagline100 website contact email* phone* street* postal_code* city* country* "
            "description*600 terms*"
        ),
    ),
    Site(
        slug="no-robots-registry",
        name="The No-Robots Registry",
        design=Design.CLASSIC,
        domain_authority=32,
        priority_tier=2,
        automation=Automation.FORBIDDEN,
        skin=Skin.RETRO,
        accent="#57534e",
        asks=asks("business_name* category* website email* phone* city* state postal_code description*300"),
    ),
    Site(
        slug="local-lantern",
        name="Local Lantern",
        design=Design.WRAPPED,
        domain_authority=93,
        skin=Skin.CARD,
        accent="#b45309",
        wording=1,
        naming=Naming.CAMEL,
        mark=Mark.ASTERISK,
        answer=Answer.FLASH,
        noise=(Noise.NEWSLETTER,),
        category="Local",
        asks=asks(
            "business_name* category* website email* phone* street city* state* postal_code* description*350 "
            "facebook instagram linkedin"
        ),
    ),
    Site(
        slug="firmen-atlas",
        name="Firmen-Atlas",
        design=Design.WRAPPED,
        domain_authority=88,
        language=Language.DE,
        wording=1,
        accent="#0f766e",
        naming=Naming.NUMBERED,
        form_path="firma-eintragen",
        answer=Answer.PREVIEW,
        noise=(Noise.SEARCH, Noise.LOGIN),
        asks=asks(
            "business_name* category* tagline website* contact email* phone* street* postal_code* city* country* "
            "description* employees founded"
        ),
    ),
    Site(
        slug="annuaire-horizon",
        name="Annuaire Horizon",
        design=Design.WRAPPED,
        domain_authority=85,
        language=Language.FR,
        skin=Skin.PRESS,
        accent="#4338ca",
        mark=Mark.ARIA,
        naming=Naming.LOCAL,
        form_path="inscription",
        answer=Answer.REVIEW,
        moderated_s=60,
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        asks=asks(
            "business_name* category* website contact email* phone* street city* postal_code* description*500 terms*"
        ),
    ),
    Site(
        slug="quiet-pines",
        name="Quiet Pines Directory",
        design=Design.WRAPPED,
        domain_authority=31,
        priority_tier=2,
        robots_disallowed=True,
        skin=Skin.CIVIC,
        accent="#3f6212",
        asks=asks("business_name* category* email* phone city* description*300"),
    ),
    Site(
        slug="hello-nearby",
        name="Hello Nearby",
        design=Design.PLACEHOLDER,
        domain_authority=91,
        skin=Skin.NIGHT,
        accent="#f59e0b",
        wording=1,
        mark=Mark.ASTERISK,
        naming=Naming.SHORT,
        form_path="get-listed",
        noise=(Noise.SEARCH,),
        category="Local",
        asks=asks(
            "business_name* tagline80 contact email* phone* website street city* state postal_code* category* "
            "description*280"
        ),
    ),
    Site(
        slug="vecinos-y-negocios",
        name="Vecinos y Negocios",
        design=Design.PLACEHOLDER,
        domain_authority=67,
        language=Language.ES,
        skin=Skin.CARD,
        accent="#be123c",
        wording=1,
        naming=Naming.NUMBERED,
        form_path="publicar",
        answer=Answer.FLASH,
        noise=(Noise.NEWSLETTER,),
        refusal_status=422,
        asks=asks("business_name* contact email* phone* website city* postal_code* category* description*500 terms*"),
    ),
    Site(
        slug="townsquare-index",
        name="Townsquare Index",
        design=Design.TABLE,
        domain_authority=92,
        skin=Skin.RETRO,
        accent="#1e3a8a",
        naming=Naming.NUMBERED,
        mark=Mark.ASTERISK,
        wording=2,
        form_path="addurl",
        answer=Answer.PREVIEW,
        checks_duplicates=True,
        noise=(Noise.SEARCH, Noise.LOGIN),
        asks=asks(
            "business_name* website* category* description*250 keywords contact email* phone* street city* state "
            "postal_code* hours_text"
        ),
    ),
    Site(
        slug="stadtregister-sued",
        name="Stadtregister Süd",
        design=Design.TABLE,
        domain_authority=78,
        language=Language.DE,
        skin=Skin.RETRO,
        accent="#7f1d1d",
        naming=Naming.ASPNET,
        mark=Mark.ASTERISK,
        form_path="neu",
        noise=(Noise.SEARCH,),
        asks=asks(
            "business_name* category* contact* street* postal_code* city* country* phone* fax email* website "
            "description*1000"
        ),
    ),
    Site(
        slug="mercado-abierto",
        name="Mercado Abierto",
        design=Design.TABLE,
        domain_authority=39,
        language=Language.ES,
        skin=Skin.PORTAL,
        accent="#a16207",
        naming=Naming.LOCAL,
        mark=Mark.ASTERISK,
        form_path="nueva-empresa",
        answer=Answer.REVIEW,
        trap=Trap("segundo_telefono", "No rellene este campo", Hiding.OFFSCREEN),
        asks=asks(
            "business_name* category* contact email* phone* website street city* postal_code* description*400 terms*"
        ),
    ),
)
