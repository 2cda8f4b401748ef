import math
from datetime import datetime, timedelta

from assay.catalog import Catalog
from assay.verdict import Measurement, Outcome, Reason, Verdict


def verdict(value: float, outcome: Outcome = Outcome.FAIL, gate: str = "drift") -> Verdict:
    return Verdict(
        gate=gate,
        outcome=outcome,
        reasons=(Reason(code="drift_found", outcome=outcome, message="moved", column="age"),),
        measurements=(
            Measurement(name="psi", value=value, unit="1", n=9, column="age", detail={"a": [1]}),
            Measurement(name="ks_statistic", value=None, unit="1", column="age", group="f"),
        ),
        policy_hash="p",
        on_inconclusive="hold",
    )


def test_a_verdict_comes_back_whole(catalog: Catalog, now: datetime) -> None:
    catalog.verdicts.record("d", "b", "v1", verdict(0.25), at=now, run_id="r1")
    (found,) = catalog.verdicts.find("d", "b")
    assert found.verdict == verdict(0.25)
    assert (found.key, found.run_id, found.at) == ("v1", "r1", now)


def test_one_per_key_and_gate(catalog: Catalog, now: datetime) -> None:
    later = now + timedelta(hours=1)
    catalog.verdicts.record("d", "b", "v1", verdict(0.25), at=now, run_id="r1")
    catalog.verdicts.record("d", "b", "v1", verdict(0.1, Outcome.PASS), at=later, run_id="r2")
    catalog.verdicts.record("d", "b", "v1", verdict(0.1, gate="fairness"), at=now, run_id="r1")
    catalog.verdicts.record("d", "b", "v2", verdict(0.3), at=later, run_id="r2")
    by_key = [(r.key, r.verdict.gate, r.verdict.outcome) for r in catalog.verdicts.find("d", "b")]
    assert sorted(by_key) == [
        ("v1", "drift", "PASS"),
        ("v1", "fairness", "FAIL"),
        ("v2", "drift", "FAIL"),
    ]
    assert len(catalog.verdicts.find("d", "b", "v1")) == 2
    assert len(catalog.verdicts.find("d", "b", run_id="r2")) == 2
    assert [p.value for p in catalog.verdicts.trend("d", "psi", gate="drift")] == [0.1, 0.3]


def test_trends_run_over_batches(catalog: Catalog, now: datetime) -> None:
    for day in (3, 1, 2):
        catalog.verdicts.record("d", f"2026-01-0{day}", "v", verdict(day / 10), at=now)
    points = catalog.verdicts.trend("d", "psi", column="age")
    assert [(p.batch, p.value, p.n) for p in points] == [
        ("2026-01-01", 0.1, 9),
        ("2026-01-02", 0.2, 9),
        ("2026-01-03", 0.3, 9),
    ]
    assert [p.value for p in catalog.verdicts.trend("d", "ks_statistic", group="f")] == [None] * 3
    assert catalog.verdicts.trend("d", "psi", column="other") == []
    assert catalog.verdicts.trend("other", "psi") == []


def test_numbers_that_json_lacks_become_null(catalog: Catalog, now: datetime) -> None:
    for key, value in (("nan", math.nan), ("inf", math.inf)):
        catalog.verdicts.record("d", "b", key, verdict(value), at=now)
    assert [p.value for p in catalog.verdicts.trend("d", "psi")] == [None, None]
