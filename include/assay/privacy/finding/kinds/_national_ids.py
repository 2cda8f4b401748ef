"""Numbers that a state gives a person, most of them with check digits."""

from __future__ import annotations

from typing import Any, Final

from assay.privacy.finding import _check_digits as checks
from assay.privacy.finding._column_name import phrases
from assay.privacy.finding._detector import Check, Detector

_NAMES: Final = phrases(
    "ssn, social security, social security number, soc sec, soc sec id, social insurance, sin, "
    "national id, nationalid, national insurance, national identifier, nino, nin, tax id, taxid, "
    "tin, itin, tfn, passport, passport number, passport no, identity number, id card, "
    "personnummer, fodselsnummer, cpr, cpf, dni, nie, nif, nir, insee, bsn, burgerservicenummer, "
    "pesel, codice fiscale, codicefiscale, steuer id, steuerid, steuernummer, aadhaar, aadhar, "
    "hetu, curp, rut, driver license, driver licence, driving licence, drivers license, "
    "medicare number, nhs number, nhs no, socialsecuritynumber, identification number"
)
_ANY: Final = r"[a-z]{0,3}[ \-]?[0-9][0-9a-z ./\-]{3,20}"


def _of(
    form: str, pattern: str, check: Check | None = None, chance: float = 1.0, **more: Any
) -> Detector:
    return Detector(
        "national_id", form, "identifier", pattern=pattern, names=_NAMES, check=check,
        chance=chance, **more,
    )  # fmt: skip


_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"

NATIONAL_IDS: Final = (
    _of("United States: SSN", r"(?:00[1-9]|0[1-9][0-9]|[1-8][0-9]{2}|9[0-9]{2})-[0-9]{2}-[0-9]{4}",
        within=r"(?:^|[^0-9\-])[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}(?:$|[^0-9\-])"),
    _of("United Kingdom: NINO",
        r"[abceghj-prstw-z][abceghj-nprstw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]"),
    _of("United Kingdom: NHS number", r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{4}", checks.nhs, 0.09),
    _of("Spain: DNI or NIE", r"(?:[0-9]{8}|[xyz][ \-]?[0-9]{7})[ \-]?[a-z]", checks.dni, 0.05),
    _of("France: NIR",
        r"[1-4] ?[0-9]{2} ?(?:[0-9]{2}) ?(?:[0-9]{2}|2[ab]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        checks.nir, 0.01),
    _of("Germany: tax ID", r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}", checks.mod_11_10, 0.1),
    _of("Italy: codice fiscale",
        r"[a-z]{6}[0-9lmnp-v]{2}[abcdehlmprst][0-9lmnp-v]{2}[a-z][0-9lmnp-v]{3}[a-z]",
        checks.codice_fiscale, 0.04),
    _of("Netherlands: BSN", r"[0-9]{8,9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}", checks.bsn, 0.09),
    _of("Belgium: national number",
        r"[0-9]{2}\.?(?:[0-9]{2})\.?[0-9]{2}[ \-]?[0-9]{3}[.\-]?[0-9]{2}",
        checks.belgium, 0.02),
    _of("Poland: PESEL", r"[0-9]{11}", checks.pesel, 0.1),
    _of("Sweden: personnummer",
        rf"(?:19|20)?[0-9]{{2}}{_MONTH}(?:{_DAY}|[6-8][0-9]|9[01])[\-+]?[0-9]{{4}}",
        checks.personnummer, 0.1),
    _of("Finland: HETU",
        rf"{_DAY}{_MONTH}[0-9]{{2}}[\-+abcdefuvwxy][0-9]{{3}}[0-9a-y]",
        checks.hetu, 0.04),
    _of("Norway: fødselsnummer", r"[0-7][0-9][0-9]{4} ?[0-9]{5}", checks.fodselsnummer, 0.01),
    _of("Denmark: CPR", rf"{_DAY}{_MONTH}[0-9]{{2}}-[0-9]{{4}}"),
    _of("Brazil: CPF", r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}", checks.cpf, 0.01),
    _of("India: Aadhaar", r"[2-9][0-9]{3}[ \-]?[0-9]{4}[ \-]?[0-9]{4}", checks.verhoeff, 0.1),
    _of("China: resident identity number",
        rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{3}}[0-9x]",
        checks.mod_11_2, 0.09),
    _of("Canada: SIN", r"[1-9][0-9]{2}[ \-]?[0-9]{3}[ \-]?[0-9]{3}", checks.luhn, 0.1),
    _of("Australia: TFN", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", checks.tfn, 0.09),
    _of("South Africa: ID number",
        rf"[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{4}}[01][0-9]{{2}}",
        checks.luhn, 0.1),
    Detector("national_id", "a number by its column's name", "identifier", loose=_ANY,
             digits=(4, 20), names=_NAMES),
)  # fmt: skip
