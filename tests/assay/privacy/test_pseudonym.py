"""Pseudonyms against an independent construction from the standard library."""

from __future__ import annotations

import hashlib
import hmac

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engine import open_session
from assay.keys import PseudonymKey
from assay.keys._derived_key import derived_key
from assay.privacy import pseudonym
from assay.privacy._pseudonym import pseudonym_table

KEY = PseudonymKey(1, bytes(range(32)))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def hkdf(master: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 by the letter."""
    prk = hmac.new(salt or bytes(32), master, hashlib.sha256).digest()
    block, out = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        out += block
    return out[:length]


def part(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def wanted(value: str, domain: str, key: PseudonymKey) -> str:
    info = part("assay pseudonym") + part(domain) + part(str(key.version))
    of_domain = hkdf(key.master, b"", info, 32)
    digest = hmac.new(of_domain, value.encode(), hashlib.sha256).hexdigest()
    return f"v{key.version}:{digest[:32]}"


def test_the_independent_construction_is_rfc_5869s():
    # Test case 3 of the RFC: no salt, no info.
    found = hkdf(b"\x0b" * 22, b"", b"", 42)
    assert found.hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )
    assert derived_key(b"\x0b" * 22) == found[:32]


@pytest.mark.parametrize("value", ["", "N14228", "ä", "a" * 1000, "日本"])
@pytest.mark.parametrize("version", [1, 2, 17])
@pytest.mark.parametrize("domain", ["aircraft", "people"])
def test_known_answers(value, version, domain):
    key = PseudonymKey(version, b"\x07" * 40)
    assert pseudonym(value, domain, key) == wanted(value, domain, key)


def test_a_pinned_pseudonym():
    assert pseudonym("N14228", "aircraft", KEY) == wanted("N14228", "aircraft", KEY)
    assert pseudonym("N14228", "aircraft", KEY) == PINNED


PINNED = "v1:72bad997cf5dc88569e2a403069ecc9d"


def test_null_stays_null():
    assert pseudonym(None, "aircraft", KEY) is None


def test_domains_and_versions_never_join():
    found = {
        pseudonym("N1", domain, PseudonymKey(version, KEY.master))[-32:]
        for domain in ("a", "a1", "b", "1a")
        for version in (1, 2, 11, 12)
    }
    assert len(found) == 16


@given(st.lists(st.none() | TEXT, max_size=20))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_in_bulk_as_one_by_one(values):
    with open_session(threads=1) as session:
        table = ibis.memtable({"v": values}, schema={"v": "string"})
        found = pseudonym_table(session, table.v, "aircraft", KEY).to_pyarrow().to_pylist()
    assert {row["value"]: row["pseudonym"] for row in found} == {
        value: wanted(value, "aircraft", KEY) for value in values if value is not None
    }
    assert len(found) == len(set(values) - {None})


def test_many_values_in_bulk():
    with open_session(threads=2) as session:
        values = session.sql("SELECT 'N' || (i % 30000) AS v FROM range(90000) AS t(i)")
        table = pseudonym_table(session, values.v, "aircraft", KEY)
        found = session.one(table.aggregate(n=table.count(), pseudonyms=table.pseudonym.nunique()))
        functions = session.rows(session.sql("SELECT function_name AS f FROM duckdb_functions()"))
    assert found == {"n": 30000, "pseudonyms": 30000}
    assert not [f for f in functions if f["f"].startswith("ibis_function")]
