"""Words that fit a field's name, by Faker: an e-mail address for ``email``, a town for ``city``."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from dryfit.resources.builders.seeds import faker

if TYPE_CHECKING:
    from faker import Faker

Wording = Callable[["Faker"], str]

ENDS: tuple[tuple[str, Wording], ...] = (
    ("email|mail|e_mail", lambda fake: fake.email(domain="example.com")),
    ("first_?name|given_?name|forename", lambda fake: fake.first_name()),
    ("last_?name|surname|family_?name", lambda fake: fake.last_name()),
    ("user_?name|login|nick(_?name)?|handle", lambda fake: fake.user_name()),
    ("company|company_name|employer|organi[sz]ation|vendor|supplier|brand", lambda fake: fake.company()),
    ("file_?name|document", lambda fake: fake.file_name()),
    ("host_?name|domain", lambda fake: fake.domain_name()),
    ("(full_?|display_?)?name|author|customer|contact|recipient|person|owner", lambda fake: fake.name()),
    ("phone(_?number)?|mobile|tel(ephone)?|fax", lambda fake: fake.numerify("+1-555-###-####")),
    ("street|street_address|address_?line(_?1)?|line_?1", lambda fake: fake.street_address()),
    ("address", lambda fake: fake.address().replace("\n", ", ")),
    ("city|town|place", lambda fake: fake.city()),
    ("zip|zip_?code|post_?code|postal_?code|plz", lambda fake: fake.postcode()),
    ("country_?code|nationality", lambda fake: fake.country_code()),
    ("country", lambda fake: fake.country()),
    ("state|region|province", lambda fake: fake.state()),
    ("currency|currency_?code", lambda fake: fake.currency_code()),
    ("language|locale|lang", lambda fake: fake.language_code()),
    ("time_?zone|tz", lambda fake: fake.timezone()),
    ("image_?url|avatar|picture|photo", lambda fake: f"https://example.com/{fake.file_name('image')}"),
    ("url|uri|link|href|website|homepage", lambda fake: f"https://example.com/{fake.uri_path()}"),
    ("slug", lambda fake: fake.slug()),
    ("ip|ip_?address|ip_?addr", lambda fake: fake.ipv4_private()),
    ("mime_?type|content_?type", lambda fake: fake.mime_type()),
    ("user_?agent", lambda fake: fake.user_agent()),
    ("iban", lambda fake: fake.iban()),
    ("isbn", lambda fake: fake.isbn13()),
    ("ean|barcode|gtin", lambda fake: fake.ean13()),
    ("sku|code|reference|ref|number|article|serial", lambda fake: fake.bothify("???-####").upper()),
    ("colou?r", lambda fake: fake.hex_color()),
    ("path|file", lambda fake: fake.file_path()),
    ("job|job_?title|profession|position", lambda fake: fake.job()),
    ("title|subject|headline|label|caption", lambda fake: fake.sentence(nb_words=4).rstrip(".")),
    ("product|item", lambda fake: fake.word().title()),
    (
        "description|body|text|content|comment|note|notes|message|summary|bio|about|details|reason",
        lambda fake: fake.paragraph(nb_sentences=2),
    ),
    ("password(_?hash)?|secret|token|hash|digest|checksum|api_?key", lambda fake: fake.sha256()),
)
PATTERNS = tuple((re.compile(rf"(^|_)({ends})$", re.IGNORECASE), wording) for ends, wording in ENDS)
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words_for(name: str, chance: Random) -> str:
    """A text for a field of a name, by the name's last words; two plain words where they say nothing."""
    fake = faker()
    fake.seed_instance(chance.getrandbits(64))
    snake = CAMEL.sub("_", name)
    for pattern, wording in PATTERNS:
        if pattern.search(snake):
            return str(wording(fake))
    return " ".join(fake.words(2))


def distinct(text: str, token: str) -> str:
    """A text made unique by a token, and still of its kind: an address stays an address."""
    if "://" in text:
        return f"{text.rstrip('/')}/{token}"
    local, at, domain = text.rpartition("@")
    return f"{local}.{token}@{domain}" if at else f"{text} {token}" if " " in text else f"{text}-{token}"
