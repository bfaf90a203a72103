"""Forms that need a browser: wizards, fetched answers, frames, shadow roots, editors and home-made pickers."""

from deploy.local.sandbox.model import Answer, Design, Language, Mark, Naming, Noise, Site, Skin, asks

SITES = (
    Site(
        slug="main-street-finder",
        name="Main Street Finder",
        design=Design.WIZARD,
        domain_authority=89,
        skin=Skin.CARD,
        accent="#be185d",
        form_path="get-started",
        asks=asks(
            "business_name* category* tagline100 website contact* email* phone* street* city* state=select* "
            "postal_code* description*500 keywords terms*"
        ),
    ),
    Site(
        slug="three-step-towns",
        name="Three Step Towns",
        design=Design.WIZARD,
        domain_authority=63,
        skin=Skin.PORTAL,
        accent="#0f766e",
        wording=1,
        naming=Naming.CAMEL,
        mark=Mark.ASTERISK,
        answer=Answer.REVIEW,
        noise=(Noise.SEARCH,),
        refusal_status=422,
        asks=asks("business_name* category* website email* phone* city* state postal_code* description*400"),
    ),
    Site(
        slug="parcours-pro",
        name="Parcours Pro",
        design=Design.WIZARD,
        domain_authority=26,
        priority_tier=3,
        language=Language.FR,
        skin=Skin.PRESS,
        accent="#0369a1",
        naming=Naming.LOCAL,
        form_path="etapes",
        answer=Answer.PREVIEW,
        asks=asks(
            "business_name* category* website contact email* phone* street city* postal_code* description*500 terms*"
        ),
    ),
    Site(
        slug="cityblox",
        name="CityBlox",
        design=Design.SCRIPTED,
        domain_authority=87,
        skin=Skin.NIGHT,
        accent="#a78bfa",
        naming=Naming.CAMEL,
        form_path="app",
        answer=Answer.FLASH,
        refusal_status=422,
        asks=asks(
            "business_name* category* website email* phone* street city* state postal_code* description*500 "
            "instagram terms*"
        ),
    ),
    Site(
        slug="schaufenster-digital",
        name="Schaufenster Digital",
        design=Design.SCRIPTED,
        domain_authority=62,
        language=Language.DE,
        skin=Skin.CARD,
        accent="#db2777",
        mark=Mark.ASTERISK,
        form_path="registrieren",
        answer=Answer.FLASH,
        noise=(Noise.NEWSLETTER,),
        refusal_status=422,
        asks=asks("business_name* category* website contact email* phone* street* postal_code* city* description*600"),
    ),
    Site(
        slug="red-de-negocios",
        name="Red de Negocios",
        design=Design.SCRIPTED,
        domain_authority=24,
        priority_tier=3,
        language=Language.ES,
        skin=Skin.PORTAL,
        accent="#b91c1c",
        naming=Naming.NUMBERED,
        form_path="registro",
        answer=Answer.FLASH,
        refusal_status=422,
        asks=asks("business_name* category* website email* phone* city* postal_code* description*300"),
    ),
    Site(
        slug="frame-and-find",
        name="Frame & Find",
        design=Design.IFRAME,
        domain_authority=83,
        skin=Skin.PRESS,
        accent="#0e7490",
        mark=Mark.ASTERISK,
        answer=Answer.REVIEW,
        noise=(Noise.SEARCH, Noise.NEWSLETTER),
        asks=asks(
            "business_name* category* website contact email* phone* street city* state postal_code* description*500"
        ),
    ),
    Site(
        slug="widget-valley",
        name="Widget Valley",
        design=Design.IFRAME,
        domain_authority=58,
        skin=Skin.PORTAL,
        accent="#6d28d9",
        wording=1,
        naming=Naming.ASPNET,
        form_path="list-with-us",
        answer=Answer.PREVIEW,
        noise=(Noise.LOGIN,),
        asks=asks(
            "business_name* category* website email* phone* city* state=select* postal_code* description*350 terms*"
        ),
    ),
    Site(
        slug="webcrafted-guide",
        name="Webcrafted Guide",
        design=Design.SHADOW,
        domain_authority=77,
        skin=Skin.NIGHT,
        accent="#f472b6",
        mark=Mark.ASTERISK,
        asks=asks(
            "business_name* category* website contact email* phone* street city* state postal_code* "
            "description*500 terms*"
        ),
    ),
    Site(
        slug="component-county",
        name="Component County",
        design=Design.SHADOW,
        domain_authority=29,
        priority_tier=2,
        skin=Skin.CARD,
        accent="#0891b2",
        wording=1,
        naming=Naming.BRACKET,
        answer=Answer.PREVIEW,
        asks=asks("business_name* category* website email* phone* city* state=select* postal_code* description*300"),
    ),
    Site(
        slug="storyboard-local",
        name="Storyboard Local",
        design=Design.RICH_TEXT,
        domain_authority=74,
        skin=Skin.PRESS,
        accent="#9333ea",
        naming=Naming.BRACKET,
        mark=Mark.ASTERISK,
        form_path="write",
        answer=Answer.PREVIEW,
        noise=(Noise.SEARCH,),
        asks=asks(
            "business_name* tagline category* website email* phone* city* state postal_code* description=rich*2000"
        ),
    ),
    Site(
        slug="pluma-y-empresa",
        name="Pluma y Empresa",
        design=Design.RICH_TEXT,
        domain_authority=30,
        priority_tier=2,
        language=Language.ES,
        skin=Skin.CIVIC,
        accent="#b45309",
        form_path="redactar",
        answer=Answer.REVIEW,
        asks=asks("business_name* category* website email* phone* city* postal_code* description=rich*1500 terms*"),
    ),
    Site(
        slug="pickwell",
        name="Pickwell",
        design=Design.COMBOBOX,
        domain_authority=73,
        skin=Skin.CARD,
        accent="#2563eb",
        naming=Naming.CAMEL,
        mark=Mark.ASTERISK,
        asks=asks(
            "business_name* category=combobox* website contact email* phone* street city* state postal_code* "
            "description*500"
        ),
    ),
    Site(
        slug="choosy-towns",
        name="Choosy Towns",
        design=Design.COMBOBOX,
        domain_authority=49,
        skin=Skin.NIGHT,
        accent="#fb7185",
        wording=1,
        answer=Answer.FLASH,
        refusal_status=422,
        asks=asks(
            "business_name* category=combobox* price=combobox website email* phone* city* state=combobox* "
            "postal_code* description*400"
        ),
    ),
    Site(
        slug="choix-malin",
        name="Choix Malin",
        design=Design.COMBOBOX,
        domain_authority=23,
        priority_tier=3,
        language=Language.FR,
        skin=Skin.PORTAL,
        accent="#059669",
        naming=Naming.SHORT,
        form_path="inscrire",
        answer=Answer.REVIEW,
        asks=asks("business_name* category=combobox* website email* phone* city* postal_code* description*400"),
    ),
    Site(
        slug="guia-comercial-sol",
        name="Guía Comercial del Sol",
        design=Design.NESTED,
        domain_authority=72,
        language=Language.ES,
        skin=Skin.PORTAL,
        accent="#c2410c",
        mark=Mark.ASTERISK,
        form_path="registrar-empresa",
        answer=Answer.REVIEW,
        noise=(Noise.SEARCH,),
        asks=asks(
            "business_name* category* subcategory* website contact email* phone* street city* postal_code* "
            "description*500 terms*"
        ),
    ),
    Site(
        slug="nested-niches",
        name="Nested Niches",
        design=Design.NESTED,
        domain_authority=60,
        skin=Skin.CARD,
        accent="#4f46e5",
        wording=1,
        naming=Naming.NUMBERED,
        mark=Mark.WORD,
        asks=asks(
            "business_name* category* subcategory* website email* phone* street city* state=select* postal_code* "
            "description*450"
        ),
    ),
    Site(
        slug="branch-and-twig",
        name="Branch & Twig",
        design=Design.NESTED,
        domain_authority=27,
        priority_tier=2,
        skin=Skin.RETRO,
        accent="#365314",
        wording=2,
        naming=Naming.SHORT,
        mark=Mark.ASTERISK,
        answer=Answer.PREVIEW,
        asks=asks(
            "business_name* category* subcategory* website email* phone* city* state postal_code* description*250"
        ),
    ),
)
