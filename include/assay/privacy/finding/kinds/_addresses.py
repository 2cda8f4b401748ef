"""Where a person lives: street addresses and postcodes."""

from __future__ import annotations

from typing import Final

from assay.privacy.finding._column_name import phrases
from assay.privacy.finding._detector import LETTERS, Detector

_AFTER: Final = (
    "street|str|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|"
    "square|sq|terrace|ter|tce|way|circuit|cct|crescent|cres|close|cl|highway|hwy|parkway|pkwy|"
    "circle|cir|trail|trl|route|row|mews|grove|gardens|parade|pde|alley|loop|turnpike|pike|plaza|"
    "path|pass|walk|quay|crossing|expressway|expy|fork|forks|heights|hill|hills|hollow|island|"
    "junction|knolls?|landing|manor|meadows?|mount|mountain|oval|park|point|port|prairie|ranch|"
    "ridge|river|shoals?|shores?|springs?|station|stravenue|stream|summit|throughway|trace|track|"
    "tunnel|union|valley|via|viaduct|view|village|ville|vista|wells|ports?|plains?|pines|mission|"
    "mills?|lodge|locks?|lights?|lakes?|keys?|isle|inlet|harbors?|glens?|gateway|fords?|flats?|"
    "fields?|ferry|falls|estates?|dam|dale|curve|creek|cove|corners?|common|cliffs?|centers?|"
    "cape|canyon|camp|bypass|burgs?|brooks?|bridge|branch|bottom|bluffs?|bend|beach|bayou|"
    "arcade|annex|extensions?|freeway|greens?|groves?|havens?|motorway|neck|orchard|overpass|"
    "parkways|passage|ramp|rapids?|rest|rue|skyway|spurs?|streets|underpass|unions|views|walks|wall"
)
_TYPES: Final = (
    "street|str|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|square|"
    "terrace|tce|circuit|crescent|close|highway|hwy|parkway|way"
)
_BEFORE: Final = (
    "rue|avenue|av|boulevard|bd|place|chemin|impasse|allée|allee|quai|calle|c/|avenida|avda|paseo|"
    "plaza|carrera|via|viale|piazza|corso|vicolo|rua|travessa|praça|ulica|ul|al|os|plac"
)
_UNIT: Final = r"(?:[ ,]+(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|#)\.? ?#?[0-9a-z\-]+)?"
_WORD: Final = rf"[{LETTERS}0-9.'\-]+"
_REST: Final = r"(?:\s*[,\n].*)?"
_NUMBER: Final = r"(?:(?:unit|flat|apt|suite|lot|no)\.? ?)?[0-9]+[a-z]?(?:[\-/][0-9]+[a-z]?)?"
_SUFFIX: Final = (
    r"(?:stra(?:ss|ß)e|str\.?|weg|gasse|platz|allee|ring|damm|ufer|gatan|gata|vägen|vej|gade|"
    r"straat|laan|plein|katu|tie)"
)
_WIND: Final = r"(?: +(?:n|s|e|w|ne|nw|se|sw|north|south|east|west))?"
_PLACE_NAMES: Final = phrases(
    "email, e mail, mail, ip, mac, web, website, url, address type, memory, wallet, contract, host"
)

ADDRESSES: Final = (
    Detector(
        "street_address", "number, then street", "quasi_identifier",
        pattern=rf"{_NUMBER},? +(?:{_WORD} +){{1,6}}(?:{_AFTER})\.?{_WIND}{_UNIT}{_REST}"
        rf"|{_NUMBER},? +(?:bis +|ter +)?(?:{_BEFORE})\.? +{_WORD}.*",
        loose=rf"(?:{_WORD} +){{1,5}}(?:{_TYPES})\.?{_REST}"
        r"|(?:p\.? ?o\.? box|psc|unit|usns|uss|usnv|rr|hc) .*[0-9a-z].*",
        digits=(1, 40), contact=True, own_share=0.05,
        names=phrases("address, addr, street address, home address, street, adresse, anschrift, "
                      "indirizzo, dirección, direccion, residence, mailing address, addresse"),
        unless=_PLACE_NAMES,
    ),
    Detector(
        "street_address", "street, then number", "quasi_identifier",
        pattern=rf"(?:{_WORD} ?){{0,5}}[{LETTERS}]*{_SUFFIX} +"
        rf"[0-9]+ ?[a-z]?(?:[\-/][0-9]+[a-z]?)?{_REST}"
        rf"|(?:{_BEFORE})\.? +(?:{_WORD} +){{0,6}}{_WORD},? +(?:n[º°]? *)?[0-9]+[a-z]?{_REST}",
        digits=(1, 40), contact=True,
    ),
    Detector(
        "street_address", "text by its column's name", "quasi_identifier",
        loose=rf".*[{LETTERS}].*[{LETTERS}].{{2,}}|.{{2,}}[{LETTERS}].*[{LETTERS}].*"
        r"|[0-9]{1,5}[a-z]?(?:[\-/][0-9]+)?",
        digits=(0, 40), contact=True, unless=_PLACE_NAMES,
        names=phrases("address, addr, address line, street, street address, street name, "
                      "street number, house number, home address, strasse, straße, hausnummer, "
                      "adresse, anschrift, rue, calle, dirección, direccion, indirizzo, ulica, "
                      "domicilio, mailing address, billing address, shipping address, residence"),
    ),
    Detector(
        "postcode", "postcode of the United Kingdom or Canada", "quasi_identifier",
        pattern=r"[a-z]{1,2}[0-9][a-z0-9]? [0-9][abd-hjlnp-uw-z]{2}"
        r"|[abceghj-nprstvxy][0-9][abceghj-nprstv-z] [0-9][abceghj-nprstv-z][0-9]",
        names=phrases("postcode, post code, postal code, postalcode, zip, zip code, zipcode"),
        loose=r"[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}|[a-z][0-9][a-z][ \-]?[0-9][a-z][0-9]",
        digits=(2, 4), contact=True,
    ),
    Detector(
        "postcode", "ZIP+4", "quasi_identifier",
        pattern=r"[0-9]{5}-[0-9]{4}", digits=(9, 9), contact=True, own_share=0.5,
    ),
    Detector(
        "postcode", "digits by their column's name", "quasi_identifier",
        loose=r"[a-z]{0,2}[ \-]?[0-9]{2,6}(?:[ \-]?[0-9]{2,4})?[ \-]?[a-z]{0,2}", digits=(3, 9),
        names=phrases("postcode, post code, postal code, postalcode, postal, zip, zip code, "
                      "zipcode, zip5, plz, postleitzahl, code postal, cap, codigo postal, cep, "
                      "pincode, pin code, eircode, postnummer"),
        contact=True,
    ),
)  # fmt: skip
