"""A fictional business: what `form map` maps when no profile is given, and whom the demo submits."""

import base64
import struct
import zlib

from schema.contracts.profile import BusinessProfile, DayHours, Weekday

_WEEKDAYS = tuple(Weekday)[:5]


def example_profile(number: int | None = None) -> BusinessProfile:
    """The example; with a number, a business of its own (a directory lists each only once)."""
    name = "Bluebird Bakery" if number is None else f"Bluebird Bakery {number}"
    host = "bluebird-bakery.example" if number is None else f"bluebird-bakery-{number}.example"
    return BusinessProfile(
        business_name=name,
        legal_name=f"{name} LLC",
        contact_first_name="Maya",
        contact_last_name="Fernandez",
        email="hello@bluebirdbakery.com",
        phone="+1 512 555 0147",
        fax="+1 512 555 0148",
        website=f"https://www.{host}",
        street=f"{number or 418} Congress Avenue",
        street2="Suite 2",
        city="Austin",
        state="Texas",
        postal_code="78701",
        country="US",
        latitude=30.2672,
        longitude=-97.7431,
        tagline="Slow bread, early mornings",
        short_description="A neighbourhood bakery in downtown Austin: sourdough, pastries and coffee from six.",
        description=(
            "Bluebird Bakery is a neighbourhood bakery in downtown Austin. We bake sourdough, rye and brioche every "
            "night, roll our own croissants, and serve breakfast and coffee from six in the morning. Everything is "
            "made by hand from Texas flour. We take orders for birthday and wedding cakes and deliver bread to "
            "restaurants within the city."
        ),
        keywords=("bakery", "sourdough", "pastries", "coffee", "wedding cakes"),
        category="Bakery",
        subcategories=("Coffee Shop",),
        hours={
            **{day: DayHours(opens="06:00", closes="18:00") for day in _WEEKDAYS},
            Weekday.SATURDAY: DayHours(opens="07:00", closes="14:00"),
        },
        founded_year=2012,
        employees=14,
        price_range="$$",
        payment_methods=("Cash", "Visa", "Mastercard"),
        languages=("English", "Spanish"),
        logo=_logo(),
        facebook="https://www.facebook.com/bluebirdbakery",
        instagram="https://www.instagram.com/bluebirdbakery",
        linkedin="https://www.linkedin.com/company/bluebirdbakery",
        x="https://x.com/bluebirdbakery",
        youtube="https://www.youtube.com/@bluebirdbakery",
    )


def _logo() -> str:
    """A 64 × 64 blue square, as a PNG in a data URL."""
    side = 64
    row = b"\x00" + bytes((37, 99, 235)) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * side)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(png).decode()
