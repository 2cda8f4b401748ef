from datetime import datetime, timedelta

import pytest

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.verdict import Outcome, Reason


def reason(outcome: Outcome = Outcome.FAIL) -> Reason:
    return Reason(code="drift_found", outcome=outcome, message="m", numbers={"psi": 0.3})


def fail(catalog: Catalog, batch: str, at: datetime, check: str = "drift/age") -> str:
    change = catalog.incidents.open_or_update(
        "flights", check, batch, reasons=[reason()], at=at, rows_affected=7, run_id="r"
    )
    return change.kind


def test_one_incident_holds_all_failing_batches(catalog: Catalog, now: datetime) -> None:
    assert fail(catalog, "b1", now) == "opened"
    assert fail(catalog, "b1", now) == "unchanged"
    assert fail(catalog, "b2", now + timedelta(hours=1)) == "updated"
    assert fail(catalog, "b1", now, check="fairness") == "opened"
    first, second = catalog.incidents.find("flights", state="open")
    assert [b.batch for b in first.batches] == ["b1", "b2"]
    assert first.opened == now
    assert first.batches[0].reasons[0]["numbers"] == {"psi": 0.3}
    assert first.batches[0].rows_affected == 7
    assert second.check == "fairness"


def test_it_closes_when_every_batch_is_resolved(catalog: Catalog, now: datetime) -> None:
    later = now + timedelta(hours=2)
    fail(catalog, "b1", now)
    fail(catalog, "b2", now)
    fail(catalog, "b3", now)
    (one,) = catalog.incidents.resolve_batch("flights", "b1", how="passed", at=later)
    assert one.kind == "updated"
    catalog.incidents.resolve_batch("flights", "b2", how="forced", at=later)
    (last,) = catalog.incidents.resolve_batch("flights", "b3", how="dismissed", at=later)
    assert last.kind == "closed"
    assert last.incident.closed == later
    assert [b.state for b in last.incident.batches] == ["passed", "forced", "dismissed"]
    assert catalog.incidents.resolve_batch("flights", "b3", how="passed", at=later) == []
    assert fail(catalog, "b1", later) == "opened", "the next failure is another incident"
    assert len(catalog.incidents.find("flights")) == 2


def test_a_batch_that_fails_again_is_news(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    fail(catalog, "b2", now)
    catalog.incidents.resolve_batch("flights", "b1", how="passed", at=now)
    assert fail(catalog, "b1", now) == "updated"


def test_checks_that_still_fail_keep_the_batch(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now, check="a")
    fail(catalog, "b1", now, check="b")
    fail(catalog, "b1", now, check="c")
    changes = catalog.incidents.resolve_batch(
        "flights", "b1", how="passed", at=now, still_failing=["a"]
    )
    assert [c.incident.check for c in changes] == ["b", "c"]
    assert (
        catalog.incidents.resolve_batch("flights", "b1", how="dismissed", at=now, only=["x"]) == []
    )


def test_the_worst_outcome_stays(catalog: Catalog, now: datetime) -> None:
    for outcome in (Outcome.WARN, Outcome.FAIL, Outcome.INCONCLUSIVE):
        change = catalog.incidents.open_or_update(
            "d", "c", outcome, reasons=[reason(outcome)], at=now
        )
    assert change.incident.outcome is Outcome.FAIL


def test_other_resolutions_are_refused(catalog: Catalog, now: datetime) -> None:
    with pytest.raises(CatalogError, match="isn't resolved like this"):
        catalog.incidents.resolve_batch("d", "b", how="ignored", at=now)  # type: ignore[arg-type]
