"""Sites where a person must act: captchas, e-mail confirmation, logins, payments."""

from deploy.local.sandbox.model import Design, Language, Mark, Naming, Noise, Site, Skin, asks

SITES = (
    Site(
        slug="inbox-listings",
        name="Inbox Listings",
        design=Design.EMAIL_CONFIRMATION,
        domain_authority=79,
        skin=Skin.CARD,
        accent="#0284c7",
        mark=Mark.ASTERISK,
        asks=asks(
            "business_name* category* website contact email* phone* street city* state postal_code* "
            "description*500 terms*"
        ),
    ),
    Site(
        slug="posteingang-branchenbuch",
        name="Posteingang Branchenbuch",
        design=Design.EMAIL_CONFIRMATION,
        domain_authority=35,
        language=Language.DE,
        skin=Skin.PORTAL,
        accent="#a16207",
        naming=Naming.SHORT,
        form_path="anmelden",
        asks=asks(
            "business_name* category* website contact email* phone* street* postal_code* city* description*500 terms*"
        ),
    ),
    Site(
        slug="picture-proof-pages",
        name="Picture Proof Pages",
        design=Design.CAPTCHA_IMAGE,
        domain_authority=68,
        skin=Skin.RETRO,
        accent="#1e40af",
        mark=Mark.ASTERISK,
        noise=(Noise.SEARCH,),
        asks=asks("business_name* website category* description*300 contact email* phone* city* state postal_code*"),
    ),
    Site(
        slug="typewriter-towns",
        name="Typewriter Towns",
        design=Design.CAPTCHA_IMAGE,
        domain_authority=28,
        priority_tier=2,
        skin=Skin.PRESS,
        accent="#44403c",
        wording=1,
        naming=Naming.BRACKET,
        refusal_status=422,
        asks=asks("business_name* category* website email* phone* city* state postal_code* description*300"),
    ),
    Site(
        slug="quiz-corner-listings",
        name="Quiz Corner Listings",
        design=Design.CAPTCHA_QUESTION,
        domain_authority=54,
        skin=Skin.CIVIC,
        accent="#7c2d12",
        wording=1,
        asks=asks("business_name* category* website email* phone* city* state postal_code* description*400"),
    ),
    Site(
        slug="robot-free-finder",
        name="Robot-Free Finder",
        design=Design.CAPTCHA_WIDGET,
        domain_authority=50,
        skin=Skin.CARD,
        accent="#4338ca",
        mark=Mark.ASTERISK,
        asks=asks(
            "business_name* category* website contact email* phone* street city* state=select* postal_code* "
            "description*500 terms*"
        ),
    ),
    Site(
        slug="members-only-market",
        name="Members Only Market",
        design=Design.LOGIN_WALL,
        domain_authority=64,
        skin=Skin.NIGHT,
        accent="#fbbf24",
        noise=(Noise.SEARCH,),
        asks=asks("business_name* email*"),
    ),
    Site(
        slug="mitglieder-markt",
        name="Mitglieder-Markt",
        design=Design.LOGIN_WALL,
        domain_authority=25,
        priority_tier=3,
        language=Language.DE,
        skin=Skin.CIVIC,
        accent="#0f766e",
        form_path="eintragen",
        asks=asks("business_name* email*"),
    ),
    Site(
        slug="premium-placement",
        name="Premium Placement",
        design=Design.PAYMENT_WALL,
        domain_authority=48,
        skin=Skin.CARD,
        accent="#b45309",
        mark=Mark.ASTERISK,
        asks=asks(
            "business_name* category* website contact* email* phone* city* state postal_code* description*500 terms*"
        ),
    ),
)
