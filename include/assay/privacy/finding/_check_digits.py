"""Check digits, of many values at once.

Each function takes values, in lower case and with their separators, and says of each whether its
check digits fit. Values of one length are computed together, as a matrix of digits.

References
----------
ISO 7064 (mod 97-10, mod 11-10, mod 11-2), ISO 13616 (IBAN), ISO/IEC 7812-1 (Luhn), Verhoeff,
Error Detecting Decimal Codes (1969), and what the states publish of their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

_SEPARATORS: Final = re.compile(r"[\s./\-]+")
Matrix = Any
"""Digits, one row a value (int64)."""


def _plain(values: list[str]) -> list[str]:
    return [_SEPARATORS.sub("", value) for value in values]


def _digitwise(values: list[str], fits: Callable[[Matrix], Any], *lengths: int) -> Any:
    """Ask about the digits of values, those of one length together; others don't fit."""
    plain = np.array([v if v.isascii() and v.isdigit() else "" for v in _plain(values)], dtype=str)
    found = np.zeros(len(plain), dtype=bool)
    sizes = np.char.str_len(plain)
    for size in np.unique(sizes):
        if lengths and size not in lengths:
            continue
        at = np.flatnonzero(sizes == size)
        if size:
            text = plain[at].astype(f"S{size}")
            found[at] = fits(text.view(np.uint8).reshape(-1, size).astype(np.int64) - ord("0"))
    return found


def _weighed(digits: Matrix, *weights: int) -> Any:
    return digits[:, : len(weights)] @ np.array(weights)


def _luhn(digits: Matrix) -> Any:
    doubled = digits.copy()
    doubled[:, -2::-2] *= 2
    return (np.where(doubled > 9, doubled - 9, doubled).sum(axis=1) % 10 == 0) & digits.any(axis=1)


def luhn(values: list[str]) -> Any:
    """Whether the last digit fits by Luhn's method (ISO/IEC 7812-1).

    Examples
    --------
    >>> luhn(["4111 1111 1111 1111", "4111 1111 1111 1112"]).tolist()
    [True, False]
    """
    return _digitwise(values, _luhn)


def personnummer(values: list[str]) -> Any:
    """Whether a Swedish number's last ten digits fit by Luhn's method."""
    return _digitwise([v.replace("+", "") for v in values], lambda d: _luhn(d[:, -10:]), 10, 12)


_COUNTRIES: Final = {
    15: "no", 16: "be bi", 18: "dk fo fi gl nl sd fk", 19: "mk si", 20: "at ba ee kz xk lt lu mn",
    21: "hr lv li ch", 22: "bh bg cr ge de ie me rs gb va", 23: "gi iq il om so ae tl",
    24: "ad cz md pk ro sa sk es se tn vg", 25: "ly pt st", 26: "is tr",
    27: "bf cf cm dj fr gr it km mc mg mr sm td tg",
    28: "al az by cy do gt hu lb pl sv bj ci cv dz gq gw ir ma ml mz ni ne sn",
    29: "br eg ps qa ua", 30: "jo kw mu ye", 31: "mt sc", 32: "lc", 33: "ru",
}  # fmt: skip
_IBAN_LENGTHS: Final = {code: n for n, codes in _COUNTRIES.items() for code in codes.split()}


def iban(values: list[str]) -> Any:
    """Whether an account's number fits by mod 97 (ISO 13616) and has its country's length.

    Examples
    --------
    >>> iban(["gb82 west 1234 5698 7654 32", "gb82 west 1234 5698 7654 33"]).tolist()
    [True, False]
    """
    return np.array([_iban(re.sub(r"^iban:?", "", v)) for v in _plain(values)], dtype=bool)


def _iban(plain: str) -> bool:
    if _IBAN_LENGTHS.get(plain[:2], 0) not in {0, len(plain)} or len(plain) < 15:
        return False
    if not (plain.isascii() and plain.isalnum()):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def nhs(values: list[str]) -> Any:
    """Whether a number of the British health service fits (mod 11).

    Examples
    --------
    >>> nhs(["943 476 5919", "943 476 5918"]).tolist()
    [True, False]
    """
    weights = range(10, 1, -1)
    return _digitwise(
        values, lambda d: ((_weighed(d, *weights) + d[:, 9]) % 11 == 0) & d.any(axis=1), 10
    )


def dni(values: list[str]) -> Any:
    """Whether the letter of a Spanish DNI or NIE fits (mod 23).

    Examples
    --------
    >>> dni(["12345678z", "x1234567l", "12345678a"]).tolist()
    [True, True, False]
    """
    turned = [re.sub("^[xyz]", lambda m: str("xyz".index(m[0])), v) for v in _plain(values)]
    letters = "trwagmyfpdxbnjzsqvhlcke"
    return np.array([v[:-1].isdigit() and letters[int(v[:-1]) % 23] == v[-1] for v in turned])


def nir(values: list[str]) -> Any:
    """Whether the key of a French NIR fits (mod 97); Corsica's letters count as digits."""
    turned = [v.replace("2a", "19").replace("2b", "18") if v[5:7] in {"2a", "2b"} else v
              for v in _plain(values)]  # fmt: skip
    return np.array([len(v) == 15 and v.isdigit() and int(v[-2:]) == 97 - int(v[:-2]) % 97
                     for v in turned])  # fmt: skip


def mod_11_10(values: list[str]) -> Any:
    """Whether the last digit fits by ISO 7064, mod 11,10, as in a German tax ID.

    Examples
    --------
    >>> mod_11_10(["86095742719", "86095742718"]).tolist()
    [True, False]
    """

    def fits(digits: Matrix) -> Any:
        product = np.full(len(digits), 10)
        for place in range(10):
            total = (digits[:, place] + product) % 10
            product = np.where(total == 0, 10, total) * 2 % 11
        return (11 - product) % 10 == digits[:, 10]

    return _digitwise(values, fits, 11)


_ODD: Final = dict(zip("0123456789abcdefghijklmnopqrstuvwxyz",
    (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6,
     8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip


def codice_fiscale(values: list[str]) -> Any:
    """Whether the last letter of an Italian tax code fits.

    Examples
    --------
    >>> codice_fiscale(["rssmra85t10a562s", "rssmra85t10a562a"]).tolist()
    [True, False]
    """
    return np.array([_codice(v) for v in _plain(values)], dtype=bool)


def _codice(value: str) -> bool:
    if len(value) != 16 or not value.isascii() or not value.isalnum():
        return False
    even = sum(int(c) if c.isdigit() else ord(c) - ord("a") for c in value[1:15:2])
    return chr(ord("a") + (sum(_ODD[c] for c in value[0:15:2]) + even) % 26) == value[15]


def bsn(values: list[str]) -> Any:
    """Whether a Dutch BSN fits by its test of eleven.

    Examples
    --------
    >>> bsn(["111222333", "111222334"]).tolist()
    [True, False]
    """
    padded = [v.rjust(9, "0") for v in _plain(values)]
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return _digitwise(padded, lambda d: (_weighed(d, *weights) % 11 == 0) & d.any(axis=1), 9)


def belgium(values: list[str]) -> Any:
    """Whether a Belgian national number fits (mod 97), of those born before or since 2000."""
    plain = _plain(values)
    return np.array([_belgium(value) for value in plain], dtype=bool)


def _belgium(value: str) -> bool:
    if len(value) != 11 or not (value.isascii() and value.isdigit()):
        return False
    return int(value[-2:]) in {97 - int(lead + value[:9]) % 97 for lead in ("", "2")}


def pesel(values: list[str]) -> Any:
    """Whether a Polish PESEL fits.

    Examples
    --------
    >>> pesel(["44051401359", "44051401358"]).tolist()
    [True, False]
    """
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return _digitwise(values, lambda d: (_weighed(d, *weights) % 10 == 0) & d.any(axis=1), 11)


def hetu(values: list[str]) -> Any:
    """Whether the last sign of a Finnish HETU fits (mod 31).

    Examples
    --------
    >>> hetu(["131052-308t", "131052-308u"]).tolist()
    [True, False]
    """
    signs = "0123456789abcdefhjklmnprstuvwxy"
    return np.array([len(v) == 11 and (v[:6] + v[7:10]).isdigit()
                     and signs[int(v[:6] + v[7:10]) % 31] == v[10] for v in values])  # fmt: skip


def fodselsnummer(values: list[str]) -> Any:
    """Whether both check digits of a Norwegian number fit (mod 11)."""

    def fits(digits: Matrix) -> Any:
        first = (11 - _weighed(digits, 3, 7, 6, 1, 8, 9, 4, 5, 2) % 11) % 11
        second = (11 - _weighed(digits, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11) % 11
        return (first == digits[:, 9]) & (second == digits[:, 10]) & digits.any(axis=1)

    return _digitwise(values, fits, 11)


def cpf(values: list[str]) -> Any:
    """Whether both check digits of a Brazilian CPF fit (mod 11).

    Examples
    --------
    >>> cpf(["111.444.777-35", "111.444.777-36"]).tolist()
    [True, False]
    """

    def fits(digits: Matrix) -> Any:
        first = _weighed(digits, *range(10, 1, -1)) * 10 % 11 % 10
        second = _weighed(digits, *range(11, 1, -1)) * 10 % 11 % 10
        varied = (digits != digits[:, :1]).any(axis=1)
        return (first == digits[:, 9]) & (second == digits[:, 10]) & varied

    return _digitwise(values, fits, 11)


_TIMES: Final = np.array([
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
])  # fmt: skip
_TURN: Final = np.array([1, 5, 7, 6, 2, 8, 3, 0, 9, 4])


def verhoeff(values: list[str]) -> Any:
    """Whether the last digit fits by Verhoeff's method, as in an Indian Aadhaar.

    Examples
    --------
    >>> verhoeff(["2363", "2364"]).tolist()
    [True, False]
    """

    def fits(digits: Matrix) -> Any:
        check = np.zeros(len(digits), dtype=np.int64)
        turned = np.arange(10)
        for place in range(digits.shape[1]):
            check = _TIMES[check, turned[digits[:, -1 - place]]]
            turned = _TURN[turned]
        return (check == 0) & digits.any(axis=1)

    return _digitwise(values, fits)


def mod_11_2(values: list[str]) -> Any:
    """Whether the last sign of a Chinese number fits by ISO 7064, mod 11-2.

    Examples
    --------
    >>> mod_11_2(["11010519491231002x", "110105194912310021"]).tolist()
    [True, False]
    """
    weights = [2**place % 11 for place in range(17, 0, -1)]
    plain = _plain(values)
    return np.array([len(v) == 18 and v[:17].isdigit() and
                     "10x98765432"[sum(int(d) * w for d, w in zip(v, weights, strict=False)) % 11]
                     == v[17] for v in plain])  # fmt: skip


def tfn(values: list[str]) -> Any:
    """Whether an Australian tax file number fits (mod 11).

    Examples
    --------
    >>> tfn(["123 456 782", "123 456 789"]).tolist()
    [True, False]
    """
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    return _digitwise(values, lambda d: (_weighed(d, *weights) % 11 == 0) & d.any(axis=1), 9)
