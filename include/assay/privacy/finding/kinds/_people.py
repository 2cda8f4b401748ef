"""Names of people, and days of birth."""

from __future__ import annotations

from typing import Final

from assay.privacy.finding._column_name import phrases
from assay.privacy.finding._detector import LETTERS, Detector
from assay.privacy.finding.kinds._given_names import GIVEN_NAMES

_TITLE: Final = r"(?:(?:mrs?|ms|miss|dr|prof|sir|mx|herr|frau|mme|sr|sra|m)\.? +)*"
_PART: Final = rf"[{LETTERS}][{LETTERS}'.\-]*"
_GIVEN: Final = rf"(?:{'|'.join(sorted(GIVEN_NAMES))})"
_NAME: Final = rf"{_TITLE}{_PART}(?:[ ,]+{_PART}){{0,5}}"
_PLACE: Final = phrases(
    "city, town, county, state, country, region, place, airport, street, suburb, district, "
    "province, file, filename, table, column, field, product, brand, company, hospital, measure, "
    "event, model, host, hostname, domain, team, species, station, carrier, airline, month, day, "
    "user, username, login, class, category, type, code, organisation, organization, business, "
    "employer, department, school, color, colour, item, title, bank, store, shop, job, course, "
    "project, sort, group, project, ship, vessel, font, path"
)
_WHOLE: Final = phrases(
    "first name, firstname, given name, givenname, given names, forename, middle name, middlename, "
    "last name, lastname, surname, family name, familyname, sur name, second name, maiden name, "
    "full name, fullname, person name, customer name, client name, patient name, employee name, "
    "contact name, contact person, member name, student name, teacher name, passenger name, "
    "guest name, owner name, holder name, cardholder, account holder, cardholder name, "
    "applicant name, borrower name, father name, mother name, spouse name, nick name, nickname, "
    "vorname, nachname, familienname, prénom, prenom, nom de famille, nombre, apellido, apellidos, "
    "nome, cognome, voornaam, achternaam, fname, lname, mname, physician name, doctor name"
)
_DATE: Final = (
    r"(?:1[89]|20)[0-9]{2}[./\-]?(?:0?[1-9]|1[0-2])[./\-]?(?:0?[1-9]|[12][0-9]|3[01])"
    r"(?:[t ]00:00(?::00(?:\.0+)?)?(?:z|\+00(?::?00)?)?)?"
    r"|(?:0?[1-9]|[12][0-9]|3[01])[./\- ](?:0?[1-9]|[12][0-9]|3[01]|[a-z\x{80}-\x{10ffff}]{3,9}\.?)"
    r"[./\- ,]+(?:(?:1[89]|20)?[0-9]{2})"
    r"|[a-z\x{80}-\x{10ffff}]{3,9}\.? [0-9]{1,2},? (?:1[89]|20)[0-9]{2}"
    r"|(?:1[89]|20)[0-9]{2}(?:-(?:0[1-9]|1[0-2]))?"
)

PEOPLE: Final = (
    Detector(
        "person_name", "name by its column's name", "identifier",
        loose=_NAME, digits=(0, 0), names=_WHOLE, contact=False,
    ),
    Detector(
        "person_name", "given name, then others", "identifier",
        pattern=rf"{_TITLE}{_GIVEN}(?: +{_PART}){{1,4}}|{_PART}, +{_GIVEN}(?: +{_PART}){{0,2}}",
        digits=(0, 0), names=frozenset({"name"}), unless=_PLACE, own_share=0.3,
    ),
    Detector(
        "person_name", "given name", "identifier",
        pattern=_GIVEN, digits=(0, 0), unless=_PLACE, own_share=0.5,
    ),
    Detector(
        "date_of_birth", "date or year by its column's name", "quasi_identifier",
        loose=_DATE, digits=(3, 20),
        names=phrases(
            "dob, birth, birthday, birthdate, birthdays, date of birth, dateofbirth, birth date, "
            "year of birth, birth year, birthyear, yob, born, bday, geburtsdatum, geburtstag, "
            "naissance, date naissance, fecha nacimiento, nacimiento, nascita, geboortedatum"
        ),
        unless=phrases("weight, birth weight, place, country, rate, length, order"),
    ),
)  # fmt: skip
