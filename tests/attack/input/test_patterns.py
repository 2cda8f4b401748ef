"""Patterns that take years, and counts that spell values."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest

from assay.engine import Session
from assay.errors import InputError
from assay.policy.quality import QualityPolicy
from assay.quality import Validation, judge_validation, load_suite, validate
from assay.quality import _judge_process as process
from assay.verdict import Outcome

EVIL = "a" * 64
"""Backtracking tries each way to cut it: 2**64 of them."""

POLICY = QualityPolicy.model_validate({
    "on_inconclusive": "hold", "quarantine": {"max_share": 0.5}, "gx": {"max_rows": 10},
})  # fmt: skip


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(process.SETTING, "0.5")


@pytest.fixture
def judged(session: Session, tmp_path: Path) -> Callable[..., Validation]:
    """Judge a column ``s`` of texts by one expectation."""

    def run(values: list[Any], kind: str, redact: frozenset[str] = frozenset(), **kwargs: Any):
        path = tmp_path / "raw.json"
        one = {"type": kind, "kwargs": kwargs}
        path.write_text(json.dumps({"name": "raw", "expectations": [one]}))
        table = ibis.memtable({"__row": list(range(len(values))), "s": values})
        return validate(session, table, load_suite(path), redact=redact)

    return run


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        (r"^(?=(a+)+b)", [EVIL, "x"]),  # look-ahead is Python's alone
        (r"^(a+)+\1$", [EVIL + "é", "x"]),  # so is a reference
        (r"^(\w+)+$", [EVIL + "\x7f", "x"]),  # RE2 reads \w otherwise beyond ASCII
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", [EVIL + "é", "x"]),
    ],
)
def test_a_pattern_without_end_is_inconclusive_and_named(
    judged: Callable[..., Validation], pattern: str, values: list[str]
) -> None:
    kind = "expect_column_values_to_match_regex"
    (finding,) = judged(values, kind, column="s", regex=pattern).findings
    assert finding.verdict is Outcome.INCONCLUSIVE
    assert finding.problem is not None
    assert repr(pattern) in finding.problem
    assert re.search(r"it had judged [01] distinct values", finding.problem)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "^(.*a){20}b", "([a-z]+)*b"])
def test_what_both_dialects_share_is_linear(
    judged: Callable[..., Validation], pattern: str
) -> None:
    kind = "expect_column_values_to_match_regex"
    (finding,) = judged([EVIL * 100 + "!"], kind, column="s", regex=pattern).findings
    assert (finding.problem, finding.result["unexpected_count"]) == (None, 1)


def test_like_is_linear(judged: Callable[..., Validation]) -> None:
    kind = "expect_column_values_to_match_like_pattern"
    pattern = "%a_" * 12 + "%b"
    found = judged(["a" * 500, "a\nab" * 30 + "b"], kind, column="s", like_pattern=pattern)
    assert found.findings[0].result["unexpected_count"] == 1


@pytest.mark.parametrize("schema", [{"pattern": "^(a+)+$"}, {"pattern": "^(a|aa)+$"}])
def test_a_schema_with_such_a_pattern_is_inconclusive(
    judged: Callable[..., Validation], schema: dict[str, Any]
) -> None:
    kind = "expect_column_values_to_match_json_schema"
    (finding,) = judged([json.dumps(EVIL + "!")], kind, column="s", json_schema=schema).findings
    assert finding.verdict is Outcome.INCONCLUSIVE
    assert "the JSON schema takes too long" in str(finding.problem)


@pytest.mark.parametrize("seconds", ["none", "-1", "0", "1e9", "nan", "١"])
def test_the_bound_on_time_is_a_number_of_seconds(
    judged: Callable[..., Validation], monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv(process.SETTING, seconds)
    kind = "expect_column_values_to_match_regex"
    with pytest.raises(InputError, match="ASSAY_PATTERN_SECONDS: is no number of seconds"):
        judged(["x"], kind, column="s", regex=r"^(?=x)")


def test_a_pattern_has_as_long_as_the_environment_says(
    judged: Callable[..., Validation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text takes far longer than the one bound, and far less than the other."""
    kind = "expect_column_values_to_match_regex"
    text, pattern = "a" * 22, r"^(?=(a+)+b)"
    found = []
    for seconds in ("0.001", "100"):
        monkeypatch.setenv(process.SETTING, seconds)
        (finding,) = judged([text], kind, column="s", regex=pattern).findings
        found.append(finding.verdict)
    assert found == [Outcome.INCONCLUSIVE, Outcome.FAIL]


@pytest.mark.parametrize("form", ["%Y%Y", "%Y-%m-%d %Y", "%", "%Q", "%Y-%"])
def test_an_odd_format_is_inconclusive_and_named(
    judged: Callable[..., Validation], form: str
) -> None:
    kind = "expect_column_values_to_match_strftime_format"
    (finding,) = judged(["2013"], kind, column="s", strftime_format=form).findings
    assert finding.verdict is Outcome.INCONCLUSIVE
    assert "strftime_format" in str(finding.problem)


@pytest.mark.parametrize("pattern", ["(" * 5000 + "a" + ")" * 5000, "a{99999999999}", "(?P<n>a"])
def test_a_pattern_that_is_none_is_inconclusive(
    judged: Callable[..., Validation], pattern: str
) -> None:
    kind = "expect_column_values_to_match_regex"
    (finding,) = judged(["a"], kind, column="s", regex=pattern).findings
    assert finding.verdict is Outcome.INCONCLUSIVE


def test_engine_and_python_agree_on_every_text(judged: Callable[..., Validation]) -> None:
    """RE2 judges each text by these patterns, and what it says is what ``re`` says."""
    rng = random.Random(20130204)
    alphabet = "aAbB09_ -.\n\r\t\x00\x0b\x1c\x7f\x85\xa0éÉßıK\u0301\u2028日𝔘"
    texts = sorted({"".join(rng.choices(alphabet, k=rng.randrange(6))) for _ in range(3000)})
    for pattern in ("a", "^a", r"\Ab", "a.b", "[^a]b", "[a-z]{2}", "(?:ab|b)+", "^[A-Z]*[0-9]",
                    "a$", r"\d", r"^\w+$", r"\bb", "[^0-9]$", r"\s"):  # fmt: skip
        kind = "expect_column_values_to_match_regex"
        (finding,) = judged(texts, kind, column="s", regex=pattern).findings
        found = [text for text in texts if re.search(pattern, text) is None]
        assert finding.result["unexpected_count"] == len(found), pattern


SPELLING = [
    "SELECT u FROM {batch}, unnest(range(n)) AS r(u) WHERE s = 'anna'",
    "SELECT unnest(range(n)) FROM {batch} WHERE s = 'anna'",
    "SELECT a.s FROM {batch} a JOIN {batch} b ON a.n <= b.n WHERE b.s = 'anna'",
    "SELECT s FROM {batch} WHERE n <= (SELECT n FROM {batch} WHERE s = 'anna')",
    "SELECT s FROM {batch} QUALIFY row_number() OVER (ORDER BY n) <= max(n) OVER () - 2",
    "SELECT s FROM {batch} LIMIT (SELECT n FROM {batch} WHERE s = 'anna')",
    "WITH a AS (SELECT n FROM {batch} WHERE n = 3) SELECT * FROM a, {batch} b WHERE b.n <= a.n",
    "SELECT n FROM {batch} GROUP BY n HAVING n <= 3",
    "SELECT DISTINCT n FROM {batch}",
    "SELECT s FROM {batch} UNION ALL SELECT s FROM {batch}",
]


@pytest.mark.parametrize("query", SPELLING)
def test_no_count_spells_a_value(session: Session, tmp_path: Path, query: str) -> None:
    path = tmp_path / "raw.json"
    one = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    path.write_text(json.dumps({"name": "raw", "expectations": [one]}))
    people = {"__row": [0, 1, 2, 3, 4], "s": ["anna", "b", "c", "d", "e"], "n": [3, 1, 2, 4, 5]}
    found = validate(session, ibis.memtable(people), load_suite(path), redact={"n"})
    (finding,) = found.findings
    assert (finding.problem, finding.success) == (None, False)
    assert "observed_value" not in finding.result
    assert "observed_value" not in finding.document({"n"})["result"]
    verdict = judge_validation(found, POLICY, gate="validate_raw")
    assert not [reason.numbers for reason in verdict.reasons if "observed" in reason.numbers]
    open_data = validate(session, ibis.memtable(people), load_suite(path)).findings[0]
    assert open_data.result["observed_value"] > 0


def test_a_count_of_rows_is_shown(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "raw.json"
    query = "SELECT * FROM {batch} WHERE n > 2 AND lower(s) <> 'b' ORDER BY n"
    one = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    path.write_text(json.dumps({"name": "raw", "expectations": [one]}))
    table = ibis.memtable({"__row": [0, 1, 2], "s": ["a", "b", "c"], "n": [3, 1, 4]})
    (finding,) = validate(session, table, load_suite(path), redact={"n"}).findings
    assert finding.document({"n"})["result"]["observed_value"] == 2
