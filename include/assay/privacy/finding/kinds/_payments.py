"""Payment: bank accounts (IBAN) and cards, both with check digits."""

from __future__ import annotations

from typing import Final

from assay.privacy.finding import _check_digits as checks
from assay.privacy.finding._column_name import phrases
from assay.privacy.finding._detector import Detector

_ISSUERS: Final = (
    r"4",  # Visa
    r"5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)",  # Mastercard
    r"3[47]",  # American Express
    r"6(?:011|5|4[4-9])",  # Discover
    r"35|30(?:88|96)|3112|3158|3337|2131|1800",  # JCB
    r"30[0-59]|3[689]",  # Diners Club
    r"62|81",  # UnionPay
    r"50|5[6-9]|6[0-9]|0604",  # Maestro
)
_CARD: Final = rf"(?:{'|'.join(_ISSUERS)})[0-9 \-]{{8,22}}[0-9]"

PAYMENTS: Final = (
    Detector(
        "iban", "IBAN", "identifier",
        pattern=r"(?:iban:? ?)?[a-z]{2}[0-9]{2} ?(?:[a-z0-9]{4}[ \-]?){2,7}[a-z0-9]{0,4}",
        within=r"(?:^|[^a-z0-9])[a-z]{2}[0-9]{2}(?: [a-z0-9]{4}){3,7}",
        digits=(5, 34), names=phrases("iban, bank account, account iban"),
        check=checks.iban, chance=0.01,
    ),
    Detector(
        "payment_card", "payment card", "identifier",
        pattern=_CARD, digits=(12, 19),
        names=phrases(
            "card, card number, credit card, creditcard, cc number, ccnum, card no, pan, debit card"
        ),
        check=checks.luhn, chance=0.1,
    ),
)  # fmt: skip
