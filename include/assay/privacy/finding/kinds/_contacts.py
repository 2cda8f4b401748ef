"""Ways to reach a person: e-mail addresses, telephone numbers, addresses of the Internet."""

from __future__ import annotations

import ipaddress
from typing import Final

from assay.privacy.finding._column_name import phrases
from assay.privacy.finding._detector import LETTERS, Detector

_MAIL: Final = rf"[{LETTERS}0-9._%+'\-]+@(?:[{LETTERS}0-9\-]+\.)+[{LETTERS}][{LETTERS}0-9\-]+"
_PHONE: Final = phrases(
    "phone, phone number, phone no, telephone, telephone number, tel, mobile, mobile number, "
    "mobile phone, cell, cell phone, cellphone, fax, fax number, msisdn, telefon, telefono, "
    "téléphone, handy, contact number, homephone, workphone, phonenumber, telefone, gsm"
)
_EXTENSION: Final = r"(?:[ ,;]*(?:x|ext\.?|extension)[ .]*[0-9]{1,6})?"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


def _is_v6(values: list[str]) -> list[bool]:
    return [_version(value) == 6 for value in values]


def _version(value: str) -> int:
    try:
        return ipaddress.ip_address(value.partition("/")[0].partition("%")[0]).version
    except ValueError:
        return 0


CONTACTS: Final = (
    Detector(
        "email", "e-mail address", "identifier",
        pattern=rf"(?:mailto:)?{_MAIL}", within=_MAIL,
        names=phrases("email, e mail, mail, email address, emailaddress, courriel, correo"),
        contact=True,
    ),
    Detector(
        "phone", "international number", "identifier",
        pattern=rf"(?:\+|\(\+)[1-9][0-9 ().\-/]{{6,22}}{_EXTENSION}",
        within=r"(?:^|[\s:;,(])\+[1-9][0-9]{0,2}[ .\-]?(?:\(?[0-9]{1,4}\)?[ .\-]?){2,5}[0-9]{2}",
        loose=r"00[1-9][0-9 ().\-/]{6,22}",
        digits=(7, 21), names=_PHONE, contact=True,
    ),
    Detector(
        "phone", "number in North America", "identifier",
        pattern=r"(?:(?:\+|00)?1[ .\-]?|001[ .\-])?"
        r"(?:\([2-9][0-9]{2}\)[ .\-]?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4}"
        rf"{_EXTENSION}",
        within=r"(?:^|[\s:;,])\(?[2-9][0-9]{2}\)?[ .\-][2-9][0-9]{2}[.\-][0-9]{4}(?:$|[^0-9])",
        loose=r"(?:(?:\+|00)?1[ .\-]?)?\(?[0-9]{3}\)?[ .\-]?[0-9]{3}[ .\-]?[0-9]{4}"
        rf"{_EXTENSION}",
        digits=(10, 20), names=_PHONE, contact=True,
    ),
    Detector(
        "phone", "national number", "identifier",
        pattern=r"\(0[0-9]{1,5}\)[ /.\-]?[0-9][0-9 /.\-]{3,12}[0-9]"
        r"|0[1-9](?:[ .\-][0-9]{2}){4}|0[1-9][0-9]{1,4}[ /\-][0-9]{3,4}[ \-]?[0-9]{3,5}"
        r"|0[1-9][0-9]{1,4}[ /][0-9]{5,9}",
        loose=rf"\+?\(?\+?[0-9][0-9 ()/.\-]{{5,20}}[0-9]{_EXTENSION}",
        digits=(7, 20), names=_PHONE, contact=True,
    ),
    Detector(
        "ip_address", "IPv4", "identifier",
        pattern=rf"{_OCTET}(?:\.{_OCTET}){{3}}(?::[0-9]{{1,5}}|/[0-9]{{1,2}})?",
        names=phrases("ip, ip address, ipaddress, ipv4, remote addr, client ip, ipaddr"),
        unless=phrases("version, release, oid, revision"),
    ),
    Detector(
        "ip_address", "IPv6", "identifier",
        pattern=r"[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:[0-9.]{7,15})?(?:%[a-z0-9]+)?"
        r"(?:/[0-9]{1,3})?",
        names=phrases("ip, ip address, ipaddress, ipv6, remote addr, client ip, ipaddr"),
        check=_is_v6, chance=0.01,
    ),
)  # fmt: skip
