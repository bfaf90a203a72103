"""Forms whose controls are unusual: split, grouped, gridded, uploaded, trapped or tokenised."""

from deploy.local.sandbox.model import Answer, Design, Hiding, Language, Mark, Naming, Noise, Site, Skin, Trap, asks

SITES = (
    Site(
        slug="metro-yellow",
        name="Metro Yellow",
        design=Design.OPTGROUPS,
        domain_authority=95,
        accent="#a16207",
        mark=Mark.ASTERISK,
        noise=(Noise.SEARCH, Noise.LOGIN),
        form_path="business/new",
        asks=asks(
            "business_name* category* website contact email* phone* street* city* state=select* postal_code* "
            "description*750 payments"
        ),
    ),
    Site(
        slug="a-to-z-of-america",
        name="A to Z of America",
        design=Design.OPTGROUPS,
        domain_authority=53,
        skin=Skin.RETRO,
        accent="#9f1239",
        wording=2,
        naming=Naming.ASPNET,
        mark=Mark.ASTERISK,
        form_path="register.aspx",
        answer=Answer.PREVIEW,
        asks=asks("business_name* website email* phone* city* state* postal_code* category* description*300 keywords"),
    ),
    Site(
        slug="trusted-trades",
        name="Trusted Trades",
        design=Design.SPLIT,
        domain_authority=86,
        skin=Skin.CARD,
        accent="#15803d",
        naming=Naming.NUMBERED,
        mark=Mark.ASTERISK,
        answer=Answer.REVIEW,
        category="Trades",
        asks=asks(
            "business_name* category* website first_name* last_name* email* phone_area* phone_prefix* phone_line* "
            "street* street_more city* state=select* postal_code* description*600 terms*"
        ),
    ),
    Site(
        slug="dial-direct",
        name="Dial Direct USA",
        design=Design.SPLIT,
        domain_authority=45,
        skin=Skin.PORTAL,
        accent="#0369a1",
        wording=1,
        naming=Naming.BRACKET,
        noise=(Noise.SEARCH,),
        refusal_status=422,
        asks=asks(
            "business_name* category* first_name* last_name* email* phone_area* phone_prefix* phone_line* website "
            "city* state* postal_code* description*400"
        ),
    ),
    Site(
        slug="brightlist",
        name="BrightList",
        design=Design.UPLOAD,
        domain_authority=82,
        skin=Skin.CARD,
        accent="#7c3aed",
        wording=1,
        mark=Mark.ASTERISK,
        naming=Naming.CAMEL,
        form_path="listings/create",
        answer=Answer.PREVIEW,
        asks=asks(
            "business_name* tagline100 category* website* logo* contact email* phone* street city* state postal_code* "
            "description*600 facebook instagram terms*"
        ),
    ),
    Site(
        slug="logo-lane",
        name="Logo Lane",
        design=Design.UPLOAD,
        domain_authority=57,
        skin=Skin.NIGHT,
        accent="#22d3ee",
        naming=Naming.PLAIN,
        noise=(Noise.NEWSLETTER,),
        asks=asks(
            "business_name* logo category* website email* phone* city* state postal_code* short_description*160 "
            "description*"
        ),
    ),
    Site(
        slug="galeria-de-logos",
        name="Galería de Logos",
        design=Design.UPLOAD,
        domain_authority=34,
        language=Language.ES,
        skin=Skin.PRESS,
        accent="#0e7490",
        naming=Naming.SHORT,
        form_path="anadir",
        answer=Answer.FLASH,
        asks=asks("business_name* logo category* website email* phone* city* postal_code* description*500 terms*"),
    ),
    Site(
        slug="pinecone-directory",
        name="Pinecone Directory",
        design=Design.HONEYPOT,
        domain_authority=81,
        skin=Skin.PRESS,
        accent="#166534",
        mark=Mark.ASTERISK,
        trap=Trap("company_url", "Website (leave this blank)", Hiding.OFFSCREEN),
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        asks=asks(
            "business_name* category* website contact email* phone* street city* state postal_code* description*500"
        ),
    ),
    Site(
        slug="greenfield-guide",
        name="Greenfield Guide",
        design=Design.HONEYPOT,
        domain_authority=65,
        skin=Skin.CIVIC,
        accent="#4d7c0f",
        wording=1,
        naming=Naming.SHORT,
        trap=Trap("fax_number", "Fax number", Hiding.CLIPPED),
        answer=Answer.REVIEW,
        refusal_status=422,
        asks=asks(
            "business_name* category* website email* phone* street city* state=select* postal_code* "
            "description*450 hours_text"
        ),
    ),
    Site(
        slug="honey-hill",
        name="Honey Hill Listings",
        design=Design.HONEYPOT,
        domain_authority=38,
        skin=Skin.CARD,
        accent="#ca8a04",
        naming=Naming.NUMBERED,
        mark=Mark.ASTERISK,
        trap=Trap("email_address", "E-mail", Hiding.COLLAPSED),
        answer=Answer.FLASH,
        asks=asks("business_name* category* email* phone* website city* state postal_code* description*300 terms*"),
    ),
    Site(
        slug="verified-vendors",
        name="Verified Vendors",
        design=Design.CSRF,
        domain_authority=80,
        skin=Skin.CIVIC,
        accent="#1e40af",
        naming=Naming.BRACKET,
        mark=Mark.ASTERISK,
        answer=Answer.REDIRECT,
        noise=(Noise.LOGIN,),
        refusal_status=422,
        asks=asks(
            "business_name* category* website contact* email* email_again* phone* street* city* state=select* "
            "postal_code* country* description*500 terms*"
        ),
    ),
    Site(
        slug="token-trail",
        name="Token Trail",
        design=Design.CSRF,
        domain_authority=55,
        skin=Skin.NIGHT,
        accent="#34d399",
        wording=1,
        trap=Trap("confirm_website", "If you are human, leave this field empty", Hiding.DISPLAY_NONE),
        answer=Answer.FLASH,
        asks=asks(
            "business_name* category* website email* phone* city* state postal_code* description*400 keywords linkedin"
        ),
    ),
    Site(
        slug="chamber-roll",
        name="The Chamber Roll",
        design=Design.FIELDSET,
        domain_authority=75,
        skin=Skin.CIVIC,
        accent="#713f12",
        category="Chamber of commerce",
        form_path="membership/apply",
        answer=Answer.REVIEW,
        asks=asks(
            "business_name* category=radio* website contact* email* phone* street city* state postal_code* "
            "description*500 price=radio payments employees=radio plan* terms* newsletter"
        ),
    ),
    Site(
        slug="gilden-verzeichnis",
        name="Gilden-Verzeichnis",
        design=Design.FIELDSET,
        domain_authority=51,
        language=Language.DE,
        skin=Skin.PRESS,
        accent="#6b21a8",
        naming=Naming.LOCAL,
        mark=Mark.ASTERISK,
        form_path="aufnahme",
        answer=Answer.REDIRECT,
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        asks=asks(
            "business_name* category=radio* website contact email* phone* street* postal_code* city* country=radio* "
            "description*600 payments plan* terms* newsletter"
        ),
    ),
    Site(
        slug="open-shutter-hours",
        name="Open Shutter",
        design=Design.HOURS,
        domain_authority=84,
        skin=Skin.CARD,
        accent="#0f766e",
        mark=Mark.ASTERISK,
        answer=Answer.PREVIEW,
        category="Local",
        asks=asks(
            "business_name* category* website email* phone* street* city* state=select* postal_code* hours "
            "description*500"
        ),
    ),
    Site(
        slug="marktplatz-zeiten",
        name="Marktplatz & Zeiten",
        design=Design.HOURS,
        domain_authority=59,
        language=Language.DE,
        wording=1,
        accent="#9a3412",
        naming=Naming.SHORT,
        form_path="eintrag-neu",
        answer=Answer.FLASH,
        noise=(Noise.SEARCH,),
        asks=asks(
            "business_name* category* website contact email* phone* street* postal_code* city* hours "
            "description*400 terms*"
        ),
    ),
    Site(
        slug="accessible-business-index",
        name="Accessible Business Index",
        design=Design.ARIA,
        domain_authority=76,
        skin=Skin.CARD,
        accent="#1d4ed8",
        wording=2,
        mark=Mark.ARIA,
        naming=Naming.NUMBERED,
        asks=asks(
            "business_name* category* website contact email* phone* street city* state postal_code* "
            "description*500 terms*"
        ),
    ),
    Site(
        slug="annuaire-clair",
        name="Annuaire Clair",
        design=Design.ARIA,
        domain_authority=52,
        language=Language.FR,
        skin=Skin.CIVIC,
        accent="#155e75",
        wording=1,
        mark=Mark.ARIA,
        naming=Naming.BRACKET,
        form_path="proposer",
        answer=Answer.FLASH,
        asks=asks(
            "business_name* category* website contact email* phone* street city* postal_code* country* description*400"
        ),
    ),
)
