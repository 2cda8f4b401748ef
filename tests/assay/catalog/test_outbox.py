from datetime import datetime, timedelta

import pytest

from assay.catalog import Catalog

TTL = timedelta(minutes=1)


def test_write_claim_send_mark(catalog: Catalog, now: datetime) -> None:
    assert catalog.outbox.add("k", {"text": "hello"}, at=now) is True
    assert catalog.outbox.add("k", {"text": "again"}, at=now) is False
    (item,) = catalog.outbox.due(now)
    assert item.body == {"text": "hello"}
    assert catalog.outbox.claim(item.id, "me", now=now, ttl=TTL) is True
    assert catalog.outbox.claim(item.id, "you", now=now, ttl=TTL) is False
    assert catalog.outbox.due(now) == []
    catalog.outbox.mark([item.id], "sent", owner="me", at=now, receipt={"ts": "1.2"})
    found = catalog.outbox.get("k")
    assert found is not None
    assert (found.state, found.receipt, found.sent, found.attempts) == (
        "sent",
        {"ts": "1.2"},
        now,
        1,
    )
    assert catalog.outbox.claim(item.id, "you", now=now + TTL, ttl=TTL) is False
    assert catalog.outbox.get("other") is None


def test_a_dead_senders_message_is_due_again(catalog: Catalog, now: datetime) -> None:
    catalog.outbox.add("k", {}, at=now)
    (item,) = catalog.outbox.due(now)
    catalog.outbox.claim(item.id, "dead", now=now, ttl=TTL)
    assert [i.id for i in catalog.outbox.due(now + TTL)] == [item.id]
    assert catalog.outbox.claim(item.id, "alive", now=now + TTL, ttl=TTL) is True


def test_a_retry_waits_for_its_time_and_a_failure_for_nothing(
    catalog: Catalog, now: datetime
) -> None:
    catalog.outbox.add("later", {}, at=now, due=now + TTL)
    catalog.outbox.add("retry", {}, at=now)
    catalog.outbox.add("dead", {}, at=now)
    ids = {i.key: i.id for i in catalog.outbox.due(now)}
    for item_id in ids.values():
        catalog.outbox.claim(item_id, "me", now=now, ttl=TTL)
    later, error = now + TTL, "channel_not_found"
    catalog.outbox.mark([ids["retry"]], "pending", owner="me", at=now, error="503", due=later)
    catalog.outbox.mark([ids["dead"]], "failed", owner="me", at=now, error=error)
    assert catalog.outbox.due(now) == []
    assert [i.key for i in catalog.outbox.due(now + TTL)] == ["later", "retry"]
    assert [(i.key, i.error) for i in catalog.outbox.find("failed")] == [
        ("dead", "channel_not_found")
    ]


def test_a_transaction_keeps_all_or_nothing(catalog: Catalog, now: datetime) -> None:
    def open_and_tell(*, dies: bool) -> None:
        with catalog.transaction():
            catalog.incidents.open_or_update("d", "c", "b", reasons=[], at=now)
            catalog.outbox.add("k", {}, at=now)
            assert len(catalog.incidents.find()) == len(catalog.outbox.find()) == 1
            if dies:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        open_and_tell(dies=True)
    assert catalog.incidents.find() == catalog.outbox.find() == []
    open_and_tell(dies=False)
    assert len(catalog.incidents.find()) == len(catalog.outbox.find()) == 1


def test_a_bundle_is_claimed_whole_and_once(catalog: Catalog, now: datetime) -> None:
    for key in ("a", "b"):
        catalog.outbox.add(key, {}, at=now, bundle="night", hold=now + TTL)
    catalog.outbox.add("c", {}, at=now, bundle="day")
    taken = catalog.outbox.claim_all("me", now=now, ttl=TTL, bundle="night")
    assert [i.key for i in taken] == ["a", "b"]
    assert catalog.outbox.claim_all("you", now=now, ttl=TTL, bundle="night") == []
    assert len(catalog.outbox.claim_all("you", now=now + TTL, ttl=TTL, bundle="night")) == 2
    ids = [i.id for i in taken]
    catalog.outbox.mark(ids, "sent", owner="you", at=now, receipt={"ts": "1"})
    assert [i.key for i in catalog.outbox.find("sent")] == ["a", "b"]


def test_a_claim_can_be_prolonged_by_its_owner_alone(catalog: Catalog, now: datetime) -> None:
    catalog.outbox.add("k", {}, at=now)
    (item,) = catalog.outbox.due(now)
    catalog.outbox.claim(item.id, "me", now=now, ttl=TTL)
    assert catalog.outbox.prolong([item.id], "you", until=now + 9 * TTL) == 0
    assert catalog.outbox.prolong([item.id], "me", until=now + 3 * TTL) == 1
    assert catalog.outbox.due(now + 2 * TTL) == []
    assert len(catalog.outbox.due(now + 3 * TTL)) == 1


def test_what_waits_in_its_thread_takes_no_place(catalog: Catalog, now: datetime) -> None:
    for n in range(5):
        catalog.outbox.add(f"a{n}", {}, at=now, due=now if n else now + TTL, thread="a")
    for n in range(5):
        catalog.outbox.add(f"b{n}", {}, at=now, thread="b")
    catalog.outbox.add("c", {}, at=now)
    assert [i.key for i in catalog.outbox.due(now)] == ["b0", "c"]
    (first,) = catalog.outbox.due(now, limit=1)
    (second,) = catalog.outbox.due(now, after=first.id, limit=1)
    assert (first.key, second.key) == ("b0", "c")
    assert catalog.outbox.due(now, after=second.id) == []
    assert catalog.outbox.claim(first.id, "me", now=now, ttl=TTL)
    assert [i.key for i in catalog.outbox.due(now)] == ["c"], "it is under way"
    rest = catalog.outbox.claim_all("me", now=now, ttl=TTL, thread="b")
    assert [i.key for i in rest] == ["b1", "b2", "b3", "b4"]
    assert catalog.outbox.claim_all("you", now=now, ttl=TTL, thread="b") == []
    assert [i.key for i in catalog.outbox.due(now + TTL)] == ["a0", "b0", "c"]


def test_each_thread_begins_with_what_was_not_taken_back(catalog: Catalog, now: datetime) -> None:
    for key, thread in (("7/opened/a", "a"), ("7/x/b", "b"), ("7/closed/a", "a"), ("70/x", "c")):
        catalog.outbox.add(f"incident/{key}", {}, at=now, thread=thread)
    assert [i.key for i in catalog.outbox.first("incident/7/")] == [
        "incident/7/opened/a",
        "incident/7/x/b",
    ]
    catalog.outbox.withdraw("incident/7/opened/")
    catalog.outbox.withdraw("incident/7/x/")
    assert [i.key for i in catalog.outbox.first("incident/7/")] == ["incident/7/closed/a"]


def test_who_has_lost_a_claim_records_nothing(catalog: Catalog, now: datetime) -> None:
    catalog.outbox.add("k", {}, at=now)
    (item,) = catalog.outbox.due(now)
    catalog.outbox.claim(item.id, "slow", now=now, ttl=TTL)
    catalog.outbox.claim(item.id, "quick", now=now + TTL, ttl=TTL)
    catalog.outbox.mark([item.id], "failed", owner="slow", at=now + TTL, error="no route")
    assert [i.key for i in catalog.outbox.find("claimed")] == ["k"]
    catalog.outbox.mark([item.id], "sent", owner="quick", at=now + TTL, receipt={"ts": "1"})
    catalog.outbox.mark([item.id], "pending", owner="slow", at=now + TTL, error="timed out")
    (sent,) = catalog.outbox.find()
    assert (sent.state, sent.receipt, sent.error) == ("sent", {"ts": "1"}, None)


def test_what_waits_can_be_put_off_or_taken_back(catalog: Catalog, now: datetime) -> None:
    catalog.outbox.add("incident/1/x", {}, at=now, bundle="backfill/d/1", hold=now + TTL)
    catalog.outbox.add("incident/11/x", {}, at=now, bundle="backfill/dd/1", hold=now + TTL)
    assert catalog.outbox.put_off("backfill/d/", hold=now + 5 * TTL) == 1
    assert catalog.outbox.put_off("backfill/d/", hold=now + 3 * TTL) == 0, "never earlier"
    assert [i.hold for i in catalog.outbox.find()] == [now + 5 * TTL, now + TTL]
    assert catalog.outbox.withdraw("incident/1/") == 1
    assert [i.state for i in catalog.outbox.find()] == ["withdrawn", "pending"]
    assert [i.key for i in catalog.outbox.due(now + TTL)] == ["incident/11/x"]
    assert catalog.outbox.withdraw("incident/1_/") == 0, "no wildcard"
