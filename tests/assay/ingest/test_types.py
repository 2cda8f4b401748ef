"""Values are taken exactly or not at all; identifiers have one form."""

from __future__ import annotations

import datetime as dt
import unicodedata

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.contract import Canonical, Column
from assay.ingest.readers._text_sql import literal
from assay.ingest.readers._types import canonical, from_text

DUCK = duckdb.connect(config={"threads": 1, "autoload_known_extensions": False})
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def column(kind: str, **more: object) -> Column:
    return Column.model_validate({"name": "c", "type": kind, **more})


def value(kind: str, text: str, **more: object) -> object:
    sql = f"SELECT {from_text(column(kind, **more), 't')} FROM (SELECT CAST(? AS VARCHAR) AS t)"
    return DUCK.execute(sql, [text]).fetchone()[0]


def form(text: str, case: str | None, trim: bool = True) -> str | None:
    how = Canonical.model_validate({"trim": trim, "case": case})
    sql = f"SELECT {canonical('t', how)} FROM (SELECT CAST(? AS VARCHAR) AS t)"
    return DUCK.execute(sql, [text]).fetchone()[0]


TAKEN = {
    "integer": ["0", "-7", "+12", "517.0", " 5 ", "9223372036854775807"],
    "number": ["0", "1.5", "-1e-3", ".5", "5.", "1E5", " 2 ", "1e23", "5e-324",
               "0.10000000000000001", "1.50000000000000000000", "99999999999999991611392"],
    "boolean": ["true", "FALSE", "t", "0", "Yes", "n", "ON", "off", "1.0"],
    "date": ["2013-02-04", "2013-02-04 00:00:00", "2012-02-29"],
    "timestamp": ["2013-02-04", "2013-02-04T10:00", "2013-02-04 10:00:00.123456",
                  "0001-01-01", "9999-12-31 23:59:59.999999", "1800-01-01 00:00:00-04:56:02",
                  "2013-02-04T10:00:00Z", "2013-02-04T10:00Z", "2013-02-04 10:00+0530",
                  "2013-02-04 10:00:00+01", "2013-02-04 10:00:00-0530"],
}  # fmt: skip
LEFT = {
    "integer": ["", "1.5", "1_000", "0x1F", "1e3", "9223372036854775808", "NaN", "٣"],
    "number": ["", "nan", "inf", "1_0", "1e999", "0x1", "1,5", "--1", ".",
               "1e-400", "12345678901234567890.12", "9007199254740993", "0.1000000000000000055"],
    "boolean": ["", "maybe", "2", "-1", "1.00", "truee"],
    "date": ["", "2013-02-30", "2013-2-4", "2013-02-04 10:00:00", "infinity", "epoch", "today",
             "0000-01-01", "10000-01-01", "on 2013-02-04", "2013-02-04 BC"],
    "timestamp": ["", "now", "infinity", "2013-02-04 25:00:00", "2013-02-04 10:00:00.1234567",
                  "2013-02-30 10:00:00", "2013-02-04+01", "0001-01-01T00:00:00+01:00",
                  "9999-12-31 23:59:59-01", "9999-12-31 24:00:00", "2013-02-04 10:00:00+99",
                  "2013-02-04 10:00:00+01:60"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in TAKEN.items() for t in texts])
def test_what_is_wholly_of_its_type_is_taken(kind, text):
    assert value(kind, text) is not None


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in LEFT.items() for t in texts])
def test_what_would_lose_something_is_left(kind, text):
    assert value(kind, text) is None


@given(st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_integers_are_exact(number):
    assert value("integer", str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_numbers_are_exact(number):
    assert value("number", repr(number)) == number


FORMATS = [
    ("%Y-%m-%d", "2024-01-05", dt.date(2024, 1, 5)),
    ("%d.%m.%Y", "5.1.2024", dt.date(2024, 1, 5)),
    ("%a %Y-%m-%d", "fri 2024-01-05", dt.date(2024, 1, 5)),
    ("%Y-%m-%d %H", "2024-01-05 00", dt.date(2024, 1, 5)),
    ("%d.%m.%Y", "5.1.24", None),
    ("%Y%m%d", "2024015", None),
    ("%a %Y-%m-%d", "Mon 2024-01-05", None),
    ("%Y-%m-%d", "on 2024-01-05", None),
    ("%Y-%m-%d", "2024-01-05.", None),
    ("%Y-%m-%d", "0000-01-05", None),
    ("%Y-%m-%d %H", "2024-01-05 10", None),
    ("%Y-%m-%d %z", "2024-01-05 +0100", None),
]


@pytest.mark.parametrize(("form", "text", "wanted"), FORMATS)
def test_a_date_is_wholly_of_its_format(form, text, wanted):
    assert value("date", text, format=form) == wanted


def test_a_format_reads_to_the_microsecond():
    form = "%Y-%m-%d %H:%M:%S.%n"
    exact, finer = "2024-01-05 10:00:00.123456000", "2024-01-05 10:00:00.123456001"
    assert value("timestamp", exact, format=form) == dt.datetime(2024, 1, 5, 10, 0, 0, 123456)
    assert value("timestamp", finer, format=form) is None


def test_a_zone_by_name_is_read_in_utc():
    form = "%Y-%m-%d %H:%M %Z"
    moment = value("timestamp", "2024-01-05 10:00 Europe/Berlin", format=form)
    assert moment == dt.datetime(2024, 1, 5, 9)


@given(TEXT)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_text_breaks_a_cast(text):
    for kind in ("integer", "number", "boolean", "date", "timestamp"):
        value(kind, text)


@given(TEXT, st.sampled_from([None, "upper", "lower"]), st.booleans())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_canonical_form_is_its_own(text, case, trim):
    once = form(text, case, trim)
    if once is None:
        return
    assert form(once, case, trim) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once


@given(TEXT, st.sampled_from([None, "upper", "lower"]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_white_space_and_composition_make_no_second_person(text, case):
    wanted = form(text, case)
    assert form(f"\u00a0 {text}\t", case) == wanted
    # Only of assigned characters do both sides know the same composition.
    if all(unicodedata.category(c) != "Cn" for c in text):
        assert form(unicodedata.normalize("NFD", text), case) == wanted


@pytest.mark.parametrize(
    ("text", "case", "wanted"),
    [(" n14228 ", "upper", "N14228"), ("A\u0308", None, "Ä"), ("a\u0308", "upper", "Ä"),
     (" \u3000", None, None), ("", None, None)],
)  # fmt: skip
def test_known_forms(text, case, wanted):
    assert form(text, case) == wanted


def test_a_literal_holds_any_text():
    text = "it's \"a\" \\ 'b'"
    assert DUCK.execute(f"SELECT {literal(text)}").fetchone()[0] == text
