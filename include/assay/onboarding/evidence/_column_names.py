"""What a column's name suggests: that it is about people, that it is a key, that it has a role."""

from __future__ import annotations

import re
from typing import Final, Literal

Guess = Literal["identifier", "quasi_identifier", "sensitive"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final[dict[Guess, frozenset[str]]] = {
    "identifier": _set(
        "name firstname lastname surname email mail phone mobile fax ssn passport iban account "
        "license licence plate vin tailnum ip username login customer patient person employee "
        "user member taxid"
    ),
    "quasi_identifier": _set(
        "age birth birthday birthdate dob zip zipcode postal postcode city town county address "
        "street gender sex race ethnicity ethnic nationality citizenship country marital "
        "occupation job education latitude longitude lat lon"
    ),
    "sensitive": _set(
        "income salary wage diagnosis disease health religion disability disabled orientation "
        "union politics criminal conviction debt credit"
    ),
}
_KEYS: Final = _set("id key no num number code uuid guid")
_CODES: Final = _KEYS | _set("zip zipcode postal postcode phone year")
_CALENDAR: Final = _set(
    "year quarter month week day date period weekday dayofweek dayofyear dow doy"
)
_ROLES: Final = {
    "label": _set("label target outcome y class"),
    "prediction": _set("prediction predicted pred yhat decision"),
    "probability": _set("probability proba score"),
    "protected": _set("sex gender race ethnicity ethnic age religion disability"),
}


def words(name: str) -> set[str]:
    """The words of a column's name, in lower case.

    Examples
    --------
    >>> sorted(words("customerHomeZIP_code"))
    ['code', 'customer', 'home', 'zip']
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return set(re.findall(r"[a-z]+", spaced.lower()))


def guess_classification(name: str) -> Guess | None:
    """What a column's name suggests about people, to be confirmed by a person.

    Examples
    --------
    >>> guess_classification("email_address"), guess_classification("distance")
    ('identifier', None)
    """
    found = words(name)
    return next((kind for kind, known in _WORDS.items() if found & known), None)


def guess_role(name: str) -> str | None:
    """The role in a contract that a column's name suggests.

    Examples
    --------
    >>> guess_role("predicted_class"), guess_role("distance")
    ('label', None)
    """
    return next((role for role, known in _ROLES.items() if words(name) & known), None)


def names_key(name: str) -> bool:
    """Whether a column's name suggests a key.

    Examples
    --------
    >>> names_key("orderId"), names_key("idea")
    (True, False)
    """
    return bool(words(name) & _KEYS)


def names_code(name: str) -> bool:
    """Whether a column's name suggests that its numbers are names of things."""
    return bool(words(name) & _CODES)


def names_period(name: str) -> bool:
    """Whether a column's name suggests a part of the calendar."""
    return bool(words(name) & _CALENDAR)
