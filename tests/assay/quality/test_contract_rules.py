"""What a contract says of values is judged, with the numbers that Great Expectations has."""

import datetime as dt

import hypothesis.strategies as st
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings

from assay.contract import Column, Reference
from assay.contract.rule import Limits, NotJudged, QualityRule, TypeOptions
from assay.page import PageContext
from assay.policy.quality import QualityPolicy
from assay.quality import contract_suite, judge_validation, render_html, validate
from assay.quality._check import tolerance_of
from assay.quality._suite import Suite
from assay.quality.expectations._type_options import FORMATS, PLAIN
from assay.verdict import Outcome

from .comparing import GENERATED, TEXTS, compare
from .test_contract_suite import contract, landed, reasons


def rule(metric, *columns, **more):
    limits = Limits(**more.pop("limits", {"min_value": 0, "max_value": 0}))
    return QualityRule(
        metric=metric, where="loans.odcs.yaml:9", columns=columns, limits=limits, **more
    )


def judged(session, table, agreed):
    found = validate(session, table, contract_suite(agreed))
    return {f.expectation.label: f for f in found.findings}, found


@pytest.mark.parametrize(
    ("kind", "options", "values", "failing", "reason"),
    [
        ("number", {"minimum": 0, "maximum": 9}, [0, 9, -99999, 9.5, None], {2, 3}, "range:v"),
        ("number", {"exclusive_minimum": 0}, [0.0, 0.1, None], {0}, "range:v"),
        ("integer", {"exclusive_maximum": 130, "format": "u8"}, [130, 129, -1], {0, 2}, None),
        ("integer", {"multiple_of": 5}, [10, 0, -5, 7, None], {3}, "multiple:v"),
        ("number", {"multiple_of": 0.1}, [0.3, 0.7, 1e15, 0.35, -0.1], {3}, "multiple:v"),
        ("number", {"multiple_of": 0.01}, [19.99, 0.07, 0.075, 1.1], {2}, "multiple:v"),
        ("number", {"format": "f32"}, [3.4e38, 3.5e38], {1}, "format:v"),
        ("string", {"min_length": 2, "max_length": 3}, ["ab", "aé", "a", "abcd", None], {2, 3},
         "length:v"),
        ("string", {"pattern": "^[A-Z]{3}$"}, ["ABC", "not an id", "ABCD", None], {1, 2},
         "pattern:v"),
        ("string", {"format": "email"}, ["a@b.org", "é@b.org", "a@", "a b@c.org"], {2, 3},
         "format:v"),
        ("string", {"format": "uuid"}, ["53581432-6c55-4ba2-a65f-72344a91553a", "53581432"], {1},
         "format:v"),
        ("string", {"format": "ipv4"}, ["10.0.0.1", "10.0.0.256", "::1"], {1, 2}, "format:v"),
        ("string", {"format": "ipv6"}, ["::1", "10.0.0.1"], {1}, "format:v"),
        ("string", {"format": "hostname"}, ["a.example", "-a.example", "a..b", "x" * 64], {1, 2, 3},
         "format:v"),
        ("string", {"format": "uri"}, ["https://a.org/x?y", "urn:a:b", "a b", "//a"], {2, 3},
         "format:v"),
        ("date", {"minimum": "2024-01-01"}, [dt.date(2024, 1, 1), dt.date(2023, 12, 31)], {1},
         "range:v"),
    ],
)  # fmt: skip
def test_options_of_a_type_set_rows_aside(session, kind, options, values, failing, reason):
    agreed = contract(Column(name="v", type=kind, options=TypeOptions(**options)))
    _, found = judged(session, landed(v=values), agreed)
    assert set(reasons(found)) == failing
    if reason:
        assert {r for _, of in reasons(found).values() for r in of} == {reason}


@given(data=st.data())
@settings(GENERATED, max_examples=50)
def test_what_the_engine_takes_for_a_format_has_it(data):
    form = data.draw(st.sampled_from(sorted(PLAIN)))
    text = data.draw(st.from_regex(PLAIN[form], fullmatch=True))
    if not text.endswith("\n"):  # RE2's end is the end
        assert FORMATS[form](text), (form, text)


@pytest.mark.parametrize(
    ("zone", "bound", "right"),
    [
        ("Europe/Berlin", "2024-07-01T00:00:00", dt.datetime(2024, 6, 30, 22)),
        ("Asia/Tokyo", "2024-07-01 00:00:00", dt.datetime(2024, 6, 30, 15)),
        ("Asia/Tokyo", "2024-07-01T00:00:00+00:00", dt.datetime(2024, 7, 1)),
        (None, "2024-07-01T00:00:00", dt.datetime(2024, 7, 1)),
    ],
)
def test_a_bound_of_moments_is_read_as_the_values_are(session, zone, bound, right):
    options = TypeOptions(minimum=bound)
    agreed = contract(Column(name="at", type="timestamp", timezone=zone, options=options))
    table = landed(at=[right, right - dt.timedelta(microseconds=1), None])
    assert set(reasons(judged(session, table, agreed)[1])) == {1}


SOME = {
    "id": ["a", "b", "b", "c", None],
    "state": ["open", None, "stolen", "N/A", None],
}
COLUMNS = (Column(name="id", type="string"), Column(name="state", type="string"))


@pytest.mark.parametrize(
    ("asked", "count", "failing"),
    [
        (rule("nullValues", "state"), 2, {1, 4}),
        (rule("missingValues", "state", missing_values=(None, "N/A")), 3, {1, 3, 4}),
        (rule("missingValues", "state", missing_values=("N/A",)), 1, {3}),
        (rule("invalidValues", "state", valid_values=("open",)), 2, {2, 3}),
        (rule("invalidValues", "state", pattern="o"), 1, {3}),
        (rule("invalidValues", "state", valid_values=("open", "N/A"), pattern="o"), 2, {2, 3}),
        (rule("duplicateValues", "id"), 2, {1, 2}),
        (rule("duplicateValues", "id", "state"), 0, set()),
        (rule("nullValues", "state", limits={"max_value": 2}), 2, set()),
        (rule("nullValues", "state", limits={"max_value": 2, "strict_max": True}), 2, {1, 4}),
        (rule("nullValues", "state", limits={"max_value": 40}, unit="percent"), 2, set()),
        (rule("nullValues", "state", limits={"max_value": 39.9}, unit="percent"), 2, {1, 4}),
        (rule("duplicateValues", "id", limits={"max_value": 50}, unit="percent"), 2, set()),
        (rule("duplicateValues", "id", limits={"max_value": 49}, unit="percent"), 2, {1, 2}),
    ],
)  # fmt: skip
def test_a_metric_of_the_library_counts_and_sets_aside(session, asked, count, failing):
    agreed = contract(*COLUMNS, quality=(asked,))
    findings, found = judged(session, landed(**SOME), agreed)
    (finding,) = (f for f in findings.values() if f.expectation.where == "loans.odcs.yaml:9")
    assert finding.result["unexpected_count"] == count
    assert set(reasons(found)) == failing
    assert finding.verdict is (Outcome.FAIL if failing else Outcome.PASS)


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ({"min_value": 2}, "PASS"),
        ({"min_value": 2, "strict_min": True}, "FAIL"),
        ({"min_value": 2, "max_value": 2}, "PASS"),
        ({"min_value": 2, "max_value": 2, "negated": True}, "FAIL"),
        ({"min_value": 3, "max_value": 9, "negated": True}, "PASS"),
    ],
)
def test_too_few_rows_are_no_fault_of_a_row(session, limits, verdict):
    agreed = contract(*COLUMNS, quality=(rule("nullValues", "state", limits=limits),))
    findings, found = judged(session, landed(**SOME), agreed)
    assert findings["null_values:state"].verdict.value == verdict
    assert (found.quarantined, found.outcome.value) == (0, verdict)


@pytest.mark.parametrize(
    ("limits", "met"),
    [
        ({"min_value": 5, "max_value": 5}, True),
        ({"min_value": 4.5}, True),
        ({"min_value": 5, "strict_min": True}, False),
        ({"max_value": 5, "strict_max": True}, False),
        ({"min_value": 5, "max_value": 5, "negated": True}, False),
        ({"min_value": 6, "max_value": 9, "negated": True}, True),
    ],
)
def test_rows_are_counted(session, limits, met):
    agreed = contract(*COLUMNS, quality=(rule("rowCount", limits=limits),))
    findings, _ = judged(session, landed(**SOME), agreed)
    assert findings["row_count"].success is met


@pytest.mark.parametrize(
    ("query", "more", "met"),
    [
        ("SELECT count(*) FROM {object} WHERE {property} IS NULL", {}, True),
        ("SELECT count(*) FROM ${table} WHERE ${column} IS NULL", {}, True),
        ("SELECT count(*) FROM loans", {"tables": ("loans",)}, False),
        ("SELECT count(*) FROM dbo.loans AS l WHERE l.state IS NULL",
         {"tables": ("loans",), "dialect": "sqlserver"}, True),
        ("SELECT TOP 1 2 FROM loans", {"tables": ("loans",), "dialect": "sqlserver"}, True),
        ("SELECT count(*) = 5 FROM {object}", {"limits": {"min_value": 1, "max_value": 1}}, True),
        ("WITH loans AS (SELECT 2 AS n) SELECT n FROM loans", {"tables": ("loans",)}, True),
    ],
)  # fmt: skip
def test_a_query_gives_one_number_of_the_batch(session, query, more, met):
    more = {"limits": {"min_value": 2, "max_value": 2}, **more}
    agreed = contract(*COLUMNS, quality=(rule("sql", "state", query=query, **more),))
    findings, _ = judged(session, landed(**SOME), agreed)
    assert (findings["sql:state"].problem, findings["sql:state"].success) == (None, met)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT count(*) FROM other", "may read {batch} only"),
        ("SELECT count(*) FROM 'x.csv'", "may read {batch} only"),
        ("SELECT count(*) FROM read_csv('x.csv')", "may read {batch} only"),
        ("DELETE FROM loans", "must be one SELECT"),
        ("SELECT 1; SELECT 2", "must be one SELECT"),
        ("SELECT getenv('HOME')", "may not call getenv"),
        ("SELECT state FROM {object} LIMIT 1", "gives no number, but str"),
        ("SELECT 1, 2", "one row and one column"),
        ("SELECT 1 FROM {object}", "one row and one column"),
        ("SELECT NULL", "gives no number"),
        ("not sql at all", "the query"),
    ],
)
def test_a_query_reads_nothing_but_the_batch(session, query, said):
    asked = rule("sql", "state", query=query, tables=("loans",))
    findings, found = judged(session, landed(**SOME), contract(*COLUMNS, quality=(asked,)))
    assert said in (findings["sql:state"].problem or "")
    assert (found.outcome, findings["sql:state"].state) == (Outcome.INCONCLUSIVE, "NOT JUDGED")


def test_a_query_that_finds_no_row_judges_nothing(session):
    asked = rule("sql", query="SELECT sum(length(id)) FROM {object}")
    agreed = contract(*COLUMNS, quality=(asked,))
    none = {name: pa.array([], pa.string()) for name in SOME}
    findings, _ = judged(session, landed(**none), agreed)
    assert (findings["sql"].problem, findings["sql"].not_judged) == (None, "there is no row")


def test_a_query_shows_no_number_where_columns_are_classified(session):
    asked = rule("sql", query="SELECT max(id) FROM {object}")
    agreed = contract(Column(name="id", type="integer", classification="sensitive"),
                      quality=(asked,))  # fmt: skip
    found = validate(session, landed(id=[8_172_635]), contract_suite(agreed), redact={"id"})
    assert "8172635" not in str(found.document())


def test_an_expectation_of_great_expectations_may_stand_in_a_contract(session):
    written = {"type": "expect_column_values_to_be_between", "kwargs": {"maxValue": 2}}
    agreed = contract(Column(name="n", type="integer"),
                      quality=(rule("greatExpectations", "n", expectation=written),))  # fmt: skip
    _, found = judged(session, landed(n=[1, 2, 3]), agreed)
    assert reasons(found) == {2: ("quarantined", ["expectation:n"])}


@pytest.mark.parametrize(("severity", "verdict"), [("warning", "WARN"), ("info", "PASS")])
def test_a_rule_has_the_severity_and_the_dimension_that_it_states(session, severity, verdict):
    asked = rule("nullValues", "state", severity=severity, dimension="coverage")
    findings, found = judged(session, landed(**SOME), contract(*COLUMNS, quality=(asked,)))
    assert findings["null_values:state"].expectation.meta["dimension"] == "completeness"
    policy = QualityPolicy.model_validate(
        {"on_inconclusive": "hold", "quarantine": {"max_share": 1}, "gx": {"max_rows": 100}}
    )
    assert judge_validation(found, policy).outcome.value == verdict


def test_codes_have_their_labels_in_the_report(session):
    state = Column(name="state", type="string", levels=("1", "2"), labels={"1": "Open"})
    asked = rule("invalidValues", "state", pattern="2")
    agreed = contract(state, quality=(asked,))
    found = validate(session, landed(state=["1", "2", "3"]), contract_suite(agreed))
    policy = QualityPolicy.model_validate(
        {"on_inconclusive": "hold", "quarantine": {"max_share": 1}, "gx": {"max_rows": 100}}
    )
    context = PageContext("loans", labels=agreed.labels)
    page = render_html(judge_validation(found, policy), found, context)
    assert "1 is Open" in page
    assert "1 (Open) ×1" in page


def test_values_together_are_looked_up_in_released_rows(session):
    wanted = Reference(columns=("id", "state"), dataset="lists", to=("code", "name"))
    agreed = contract(*COLUMNS, references=(wanted,))
    lists = ibis.memtable({"code": ["a", "b", "c"], "name": ["open", "open", "N/A"]})
    suite = contract_suite(agreed, {"lists": lists})
    found = validate(session, landed(**SOME), suite)
    assert reasons(found) == {2: ("quarantined", ["reference:id,state"])}
    assert not contract_suite(agreed, stage="clean").expectations


def test_what_could_not_be_judged_is_no_pass(session):
    note = NotJudged(where="loans.odcs.yaml:3", what="a rule in words", why="people read it")
    agreed = contract(
        *COLUMNS, Column(name="n", type="number", options=TypeOptions(minimum=0)),
        not_judged=(note,), quality=(rule("nullValues", "state", severity="info"),),
    )  # fmt: skip
    table = landed(**SOME, n=pa.array([None] * 5, pa.float64()))
    findings, found = judged(session, table, agreed)
    assert (findings["range:n"].success, findings["range:n"].state) == (True, "NOT JUDGED")
    assert findings["range:n"].not_judged == "every value is missing"
    assert findings["unparsed:n"].state == "PASS"
    assert findings["null_values:state"].state == "UNMET"
    document = found.document()
    assert document["judged"] == len(found.findings) - 1
    assert document["not_judged"] == [
        {"where": "loans.odcs.yaml:3", "what": "a rule in words", "why": "people read it"}
    ]
    empty = {k: pa.array([], pa.string()) for k in SOME} | {"n": pa.array([], pa.float64())}
    findings, _ = judged(session, landed(**empty), agreed)
    assert findings["unparsed:id"].not_judged == "there is no row"
    assert {f.state for f in findings.values()} == {"PASS", "NOT JUDGED"}  # the columns are there


@st.composite
def rules(draw):
    """Rules with a twin among Great Expectations' own types."""
    metric, columns = draw(st.sampled_from([
        ("nullValues", ("s",)), ("nullValues", ("f",)), ("invalidValues", ("s",)),
        ("duplicateValues", ("i",)), ("duplicateValues", ("s", "t")), ("rowCount", ()),
    ]))  # fmt: skip
    most = draw(st.integers(0, 4)) * 25
    limits, unit = {"max_value": most}, "percent"
    if metric == "rowCount":
        limits, unit = {"min_value": draw(st.integers(0, 9)), "max_value": 9}, "rows"
    more = {}
    if metric == "invalidValues":
        listed = draw(st.sampled_from([{"valid_values": ("a", "ab")}, {"pattern": "^a"}]))
        more = listed
    return rule(metric, *columns, limits=limits, unit=unit, **more)


@given(data=st.data())
@settings(GENERATED, max_examples=25)
def test_a_rule_has_the_numbers_of_great_expectations(session, data):
    has_their_numbers(session, data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(data=st.data())
@settings(GENERATED, max_examples=2500)
def test_many_rules_have_the_numbers_of_great_expectations(session, data):
    has_their_numbers(session, data)


def has_their_numbers(session, data):
    n = data.draw(st.integers(0, 8))

    def some(values):
        return data.draw(st.lists(st.one_of(st.none(), values), min_size=n, max_size=n))

    table = pa.table({
        "s": pa.array(some(st.sampled_from(TEXTS[:5])), pa.string()),
        "t": pa.array(some(st.sampled_from(TEXTS[:3])), pa.string()),
        "f": pa.array(some(st.sampled_from([0.0, 1.5])), pa.float64()),
        "i": pa.array(some(st.integers(0, 3)), pa.int64()),
    })  # fmt: skip
    kinds = {"s": "string", "t": "string", "f": "number", "i": "integer"}
    columns = (Column(name=c, type=k) for c, k in kinds.items())
    agreed = contract(*columns, quality=tuple(data.draw(st.lists(rules(), min_size=1, max_size=3))))
    wanted = [e for e in contract_suite(agreed).expectations if e.where]
    compare(session, table, tuple(_in_their_terms(e) for e in wanted))
    ours, theirs = (
        validate(session, table_of(table), Suite("s", tuple(expectations)))
        for expectations in (wanted, map(_in_their_terms, wanted))
    )
    for mine, other in zip(ours.findings, theirs.findings, strict=True):
        assert (mine.success, mine.result) == (other.success, other.result)


def table_of(table):
    return ibis.memtable(table.add_column(0, "__row", pa.array(range(len(table)), pa.int64())))


def _in_their_terms(e):
    """The same with ``mostly`` for what is tolerated in percent."""
    from dataclasses import replace

    tolerance = tolerance_of(e)
    if tolerance is None:
        return e
    kwargs = {k: v for k, v in e.kwargs.items() if k != "tolerated"}
    most = float(tolerance.limits.max_value or 0)
    return replace(e, kwargs=kwargs | {"mostly": 1 - most / 100})
