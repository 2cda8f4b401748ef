"""Kinds of personal data as people name them."""

from __future__ import annotations

from typing import Final

_NOUNS: Final = {
    "email": "e-mail addresses",
    "phone": "telephone numbers",
    "ip_address": "IP addresses",
    "iban": "bank accounts (IBAN)",
    "payment_card": "payment cards",
    "national_id": "national identity numbers",
    "person_name": "names of people",
    "date_of_birth": "dates of birth",
    "street_address": "street addresses",
    "postcode": "postcodes",
}


def noun_of(kind: str) -> str:
    """The kind in words.

    Examples
    --------
    >>> noun_of("ip_address")
    'IP addresses'
    """
    return _NOUNS.get(kind, kind.replace("_", " "))
