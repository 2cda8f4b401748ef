"""Great Expectations' results beside ours, and tables on which they are compared."""

import datetime as dt
import math
from collections import Counter

import hypothesis.strategies as st
import ibis
import pyarrow as pa
from hypothesis import HealthCheck, Phase, settings

from assay.quality import validate
from assay.quality._finding import plain
from assay.quality._suite import Expectation, Suite
from assay.quality.gx import _door

FLOATS = [-1e300, -2.5, -1.0, 0.0, 0.5, 1.0, 2.0, 2.0, 3.75, 10.0, 1e300]
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aé",
    "A1",
    "2020-01-01",
    "12:30",
    "{}",
    "[1, NaN]",
    "日本",
    "x y",
    "b\n",
]


def e(kind, severity="critical", **kwargs):
    return Expectation(kind, kwargs, severity)


def c(stem, column="f", **kwargs):
    return e(f"expect_column_{stem}", column=column, **kwargs)


GENERATED = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@st.composite
def tables(draw):
    n = draw(st.integers(0, 8))

    def some(values, type_, nullable=True):
        values = st.one_of(st.none(), values) if nullable else values
        return pa.array(draw(st.lists(values, min_size=n, max_size=n)), type=type_)

    nan = st.one_of(st.sampled_from(FLOATS), st.just(math.nan))
    days = st.integers(0, 40).map(lambda k: dt.datetime(2020, 1, 1) + dt.timedelta(days=k))
    return pa.table(
        {
            "f": some(nan, pa.float64()),
            "i": some(st.integers(-1, 4), pa.int64()),
            "j": some(st.integers(0, 4), pa.int64(), nullable=False),
            "s": some(st.sampled_from(TEXTS), pa.string()),
            "t": some(st.sampled_from(TEXTS[:4]), pa.string()),
            "b": some(st.booleans(), pa.bool_()),
            "d": some(days, pa.timestamp("us")),
        }
    )


def close(ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(close(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    numbers = (int, float)
    if isinstance(ours, numbers) and isinstance(theirs, numbers):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return ours == theirs


def kind_of(value):
    return isinstance(value, str) and "T00:00:00.0000" in value


WHOLE_LISTS = {"unexpected_list", "unexpected_index_list", "unexpected_index_query"}
"""In Great Expectations' complete results; here these rows are in quarantine."""
UNORDERED = {"partial_unexpected_counts", "partial_missing_list", "details"}
OF_TYPES = ("be_of_type", "type_list", "type_to_be")


def details(result):
    """The partitions of a divergence by value, and whatever else has an order of its own."""
    told = result.get("details") or {}
    out = {}
    for name, partition in told.items() if isinstance(told, dict) else ():
        if "values" in partition:
            pairs = zip(partition["values"], partition["weights"], strict=True)
            out[name] = {str(v): w for v, w in pairs}
        elif "bins" in partition:
            out[name] = dict(partition)
    return out


def counts(result):
    """How often each unexpected value is told, None where that isn't."""
    told = result.get("partial_unexpected_counts")
    if told is None or any("error" in one for one in told):
        return None
    out = Counter()
    for one in told:
        value = one["value"]
        many = isinstance(value, list)
        out[tuple(map(comparable, value)) if many else comparable(value)] += one["count"]
    return out


def comparable(value):
    return value.split(".0000")[0] if kind_of(value) else value


def type_differs(finding, ours, theirs):
    """The types of numbers without nulls have one name here and in pandas."""
    told = [r.get("observed_value") for r in (ours, theirs)]
    return finding.expectation.kwargs["column"] in {"f", "j"} and told[0] != told[1]


def differences(finding, outcome):
    """What differs between our finding and Great Expectations' outcome, as text."""
    kind = finding.expectation.type
    if (finding.problem is None) != (outcome.problem is None):
        yield f"judged: {finding.problem!r} against {outcome.problem!r}"
        return
    if finding.success != outcome.success:
        yield f"success {finding.success} against {outcome.success}"
    ours, theirs = plain(finding.result), plain(dict(outcome.result))
    if kind.endswith(OF_TYPES):
        if type_differs(finding, ours, theirs):
            yield f"type {ours} against {theirs}"
        return
    if not close(details(ours), details(theirs)):
        yield f"details {details(ours)} against {details(theirs)}"
    often = counts(ours), counts(theirs)
    if None not in often and often[0] != often[1]:
        yield f"counts {often[0]} against {often[1]}"
    # Great Expectations leaves out the counts of values that it can't sort.
    uncounted = {"partial_unexpected_counts"} - theirs.keys()
    if told_once := (ours.keys() ^ theirs.keys()) - WHOLE_LISTS - uncounted:
        yield f"keys {sorted(told_once)} told by one only"
    for key in ours.keys() & theirs.keys() - UNORDERED:
        a, b = ours[key], theirs[key]
        if key == "partial_unexpected_list":
            a, b = a[:20], b[:20]
            if kind.startswith("expect_column_distinct"):
                a, b = sorted(a), sorted(map(comparable, b))
        if not close(a, b):
            yield f"{key} {a} against {b}"


def compare(session, data, expectations, shown=None):
    table = ibis.memtable(data.add_column(0, "__row", pa.array(range(len(data)), pa.int64())))
    ours = validate(session, table, Suite("all", expectations))
    theirs = _door.run((data if shown is None else shown).to_pandas(), expectations)
    wrong = [
        f"{finding.expectation.label} {dict(finding.expectation.kwargs)}: {difference}"
        for finding, outcome in zip(ours.findings, theirs, strict=True)
        for difference in differences(finding, outcome)
    ]
    assert not wrong, "\n".join([str(data.to_pydict()), *wrong])
