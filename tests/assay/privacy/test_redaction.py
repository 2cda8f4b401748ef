"""What is found inside a text goes, and the rest stays."""

from __future__ import annotations

import re

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.policy.privacy import PrivacyPolicy, Redact
from assay.privacy import problems
from assay.privacy._redaction import KINDS, redacted

EVERY = tuple(KINDS)


def redaction(**how):
    return Redact(treatment="redact", rationale="no names in these texts", **how)


@pytest.fixture
def redact(session):
    def run(texts, **how):
        rows = ibis.memtable(pa.table({"i": range(len(texts)), "t": pa.array(texts, pa.string())}))
        treated = rows.mutate(t=redacted(rows["t"], redaction(**how))).order_by("i")
        return [row["t"] for row in session.rows(treated)]

    return run


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("email", "write to ann.o'hara+x@mail.example.org, please", "write to [email], please"),
        ("email", "zoë@bücher.example and root@localhost", "[email] and [email]"),
        ("url", "see https://u:p@example.org/a?b=1 now", "see [url] now"),
        ("iban", "to BE71 0961 2345 6769 by Friday", "to [iban] by Friday"),
        ("iban", "DE89370400440532013000", "[iban]"),
        ("card", "card 4111 1111 1111 1112.", "card [card]."),
        ("ip", "from 192.0.2.17 and 2001:db8::7", "from [ip] and [ip]"),
        ("phone", "call +32 (0)9 123 45 67 or 0912345678", "call [phone] or [phone]"),
        ("number", "room 12, ١٢٣ and 7a", "room [number], [number] and [number]a"),
        ("phone", "in 2013 we were 12", "in 2013 we were 12"),
        ("ip", "at 12:30", "at 12:30"),
    ],
)
def test_each_kind(redact, kind, text, wanted):
    assert redact([text, None], kinds=(kind,)) == [wanted, None]


def test_a_kind_takes_the_whole_of_what_another_finds_a_part_of(redact):
    texts = ["a1@b2.org", "BE71 0961 2345 6769", "http://192.0.2.1/x"]
    assert redact(texts, kinds=EVERY[::-1]) == ["[email]", "[iban]", "[url]"]


def test_own_patterns_come_first(redact):
    how = {"kinds": ("number",), "patterns": {"ticket": r"T-\d{3,8}"}}
    assert redact(["T-1234 of 7"], **how) == ["[ticket] of [number]"]


@given(texts=st.lists(st.text(st.sampled_from("aZ09@.:-+ ()/é٣_'"), max_size=40), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None,
          max_examples=40)  # fmt: skip
def test_no_digit_and_no_address_stays(redact, texts):
    found = redact(texts, kinds=EVERY)
    assert not [text for text in found if re.search(r"\d|\w@\w", text)]
    assert redact(found, kinds=EVERY) == found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "can't read"),
        (r"(a)\1", "can't read"),
        ("a*", "empty text"),
        ("[", "can't read"),
    ],
)
def test_patterns_that_can_not_be_used_are_problems(contract_of, policy_of, pattern, said):
    how = {"treatment": "redact", "rationale": "r", "patterns": {"own": pattern}}
    (problem,) = problems(policy_of(note=how), contract_of())
    assert said in str(problem)
    assert "columns.note.patterns.own" in str(problem)


def test_identifiers_and_numbers_are_not_redacted(contract_of, policy_of):
    how = {"treatment": "redact", "rationale": "r", "kinds": ["phone"]}
    found = problems(policy_of(phone=how, age=how), contract_of())
    assert [p.where.rsplit(".", 1)[-1] for p in found] == ["phone", "age"]
    assert problems(policy_of(note=how), contract_of()) == []


@pytest.mark.parametrize(
    "how",
    [
        {"rationale": "r"},
        {"kinds": ["phone"]},
        {"rationale": "r", "kinds": ["name"]},
        {"rationale": "r", "patterns": {"Own1": "a"}},
        {"rationale": "r", "patterns": {"a": "b" * 201}},
    ],
)
def test_a_redaction_that_says_too_little_is_refused(how):
    with pytest.raises(ValidationError):
        PrivacyPolicy.model_validate({"columns": {"c": {"treatment": "redact", **how}}})
