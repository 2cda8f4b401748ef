from datetime import datetime, timedelta

import pytest

from assay.catalog import Catalog
from assay.errors import CatalogError
from assay.verdict import Outcome, Reason

HOUR = timedelta(hours=1)


def fail(catalog: Catalog, batch: str, at: datetime, **more: object) -> str:
    reason = Reason(code="drift_found", outcome=Outcome.FAIL, message="m", numbers={"psi": 0.3})
    change = catalog.incidents.open_or_update(
        "flights", "drift/age", batch, reasons=[reason], at=at, **more
    )  # type: ignore[arg-type]
    return change.kind


def passes(catalog: Catalog, batch: str, at: datetime) -> list[str]:
    changes = catalog.incidents.resolve_batch("flights", batch, how="passed", at=at)
    return [c.kind for c in changes]


def test_who_takes_it_on_is_on_record_once(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    assert catalog.responses.acknowledge(1, by="ann", at=now + HOUR).kind == "acknowledged"
    assert catalog.responses.acknowledge(1, by="bob", at=now + HOUR).kind == "unchanged"
    assert catalog.incidents.get(1).acknowledged == now + HOUR
    (did,) = catalog.responses.find(1)
    assert (did.action, did.author, did.at, did.reason) == ("acknowledge", "ann", now + HOUR, None)
    assert catalog.responses.find(since=now + 2 * HOUR) == []


def test_a_snooze_ends_with_a_reminder_and_a_clean_slate(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    catalog.responses.acknowledge(1, by="ann", at=now)
    snooze = {"until": now + HOUR, "reason": "later", "by": "ann"}
    assert catalog.responses.snooze(1, at=now, **snooze).kind == "snoozed"
    assert catalog.responses.snooze(1, at=now, **snooze).kind == "unchanged"
    assert catalog.incidents.get(1).snoozed(now)
    assert catalog.incidents.wake(now, ["flights"]) == []
    assert catalog.incidents.wake(now + HOUR, ["planes"]) == []
    (woken,) = catalog.incidents.wake(now + HOUR, ["flights"])
    assert (woken.kind, woken.incident.reminders) == ("woken", 1)
    assert (woken.incident.acknowledged, woken.incident.snoozed_until) == (None, None)
    assert catalog.incidents.wake(now + HOUR, ["flights"]) == []


def test_one_that_ended_while_it_was_snoozed_says_so_then(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    catalog.responses.snooze(1, until=now + HOUR, reason="later", by="ann", at=now)
    passes(catalog, "b1", now)
    (woken,) = catalog.incidents.wake(now + HOUR, ["flights"])
    assert woken.kind == "closed"


def test_a_dismissed_batch_stays_so_until_it_passes(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    fail(catalog, "b2", now)
    one = catalog.responses.dismiss(1, reason="known", by="ann", at=now, batch="b1")
    assert (one.kind, one.incident.failing) == ("updated", ("b2",))
    assert fail(catalog, "b1", now + HOUR) == "unchanged"
    rest = catalog.responses.dismiss(1, reason="known", by="ann", at=now)
    assert (rest.kind, rest.incident.resolution) == ("closed", "dismissed")
    again = catalog.responses.dismiss(1, reason="known", by="ann", at=now)
    assert again.kind == "unchanged", "a step that is repeated"
    assert fail(catalog, "b1", now + HOUR, continues_within=24 * HOUR) == "unchanged"
    assert fail(catalog, "b3", now + HOUR, continues_within=24 * HOUR) == "opened", "another one"
    assert catalog.incidents.checks_against("flights", "b1") == ["drift/age"]
    assert passes(catalog, "b1", now + HOUR) == []
    assert catalog.incidents.checks_against("flights", "b1") == []
    assert fail(catalog, "b1", now + 2 * HOUR) == "updated"


def test_a_dismissal_may_have_an_end(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    catalog.responses.dismiss(1, reason="known", by="ann", at=now, until=now + HOUR)
    assert fail(catalog, "b1", now + HOUR / 2) == "unchanged"
    assert fail(catalog, "b1", now + HOUR) == "opened"


def test_a_check_that_fails_again_soon_goes_on_with_its_incident(
    catalog: Catalog, now: datetime
) -> None:
    fail(catalog, "b1", now)
    catalog.responses.acknowledge(1, by="ann", at=now)
    for turn in range(1, 4):
        passes(catalog, "b1", now)
        assert fail(catalog, "b1", now + HOUR, continues_within=HOUR) == "reopened"
        now += HOUR
        (one,) = catalog.incidents.find()
        assert (one.state, one.closed, one.reopened) == ("open", None, turn)
    assert one.acknowledged, "it stays acknowledged"
    passes(catalog, "b1", now)
    assert fail(catalog, "b1", now + HOUR + HOUR / 60, continues_within=HOUR) == "opened"


def test_an_escalation_is_one_step_once(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    assert catalog.incidents.escalate(1, step=1, at=now).kind == "escalated"
    assert catalog.incidents.escalate(1, step=1, at=now).kind == "unchanged"
    assert catalog.incidents.escalate(1, step=2, at=now).incident.escalations == 2
    catalog.responses.acknowledge(1, by="ann", at=now)
    assert catalog.incidents.escalate(1, step=3, at=now).kind == "unchanged"


def test_silences_say_until_when_and_why(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    fail(catalog, "b2", now)
    fail(catalog, "b3", now)
    assert catalog.responses.silences(now) == []
    catalog.responses.dismiss(1, reason="for good", by="ann", at=now, batch="b1")
    catalog.responses.dismiss(1, reason="a while", by="ann", at=now, batch="b2", until=now + HOUR)
    catalog.responses.snooze(1, until=now + 2 * HOUR, reason="later", by="bob", at=now)
    found = {(s.kind, s.state): s.batches for s in catalog.responses.silences(now)}
    assert found == {
        ("snoozed", "active"): ("b3",),
        ("dismissed", "unbounded"): ("b1",),
        ("dismissed", "active"): ("b2",),
    }
    later = catalog.responses.silences(now + 3 * HOUR)
    assert [(s.kind, s.state) for s in later] == [
        ("snoozed", "expired"),
        ("dismissed", "unbounded"),
        ("dismissed", "expired"),
    ]
    assert later[0].response is not None
    assert (later[0].response.author, later[0].response.reason) == ("bob", "later")


def test_what_cannot_be_answered_says_why(catalog: Catalog, now: datetime) -> None:
    fail(catalog, "b1", now)
    with pytest.raises(CatalogError, match=r"no such incident.*open are: 1"):
        catalog.responses.acknowledge(7, by="ann", at=now)
    with pytest.raises(CatalogError, match="the time has passed"):
        catalog.responses.snooze(1, until=now, reason="r", by="ann", at=now)
    with pytest.raises(CatalogError, match=r"doesn't fail in the incident.*one of: b1"):
        catalog.responses.dismiss(1, reason="r", by="ann", at=now, batch="b2")
    passes(catalog, "b1", now)
    with pytest.raises(CatalogError, match=r"is closed.*passed at"):
        catalog.responses.dismiss(1, reason="r", by="ann", at=now)
