"""What waits for the tracking server, beside the messages to people."""

from __future__ import annotations

from datetime import datetime, timedelta

from assay.catalog import Catalog

TTL = timedelta(minutes=1)


def test_neither_queue_sees_the_other(catalog: Catalog, now: datetime) -> None:
    catalog.outbox.add("incident/1/opened", {}, at=now)
    catalog.tracking.add("tracking/late/1", {}, at=now)
    for queue, key in (
        (catalog.outbox, "incident/1/opened"), (catalog.tracking, "tracking/late/1"),
    ):  # fmt: skip
        assert [item.key for item in queue.due(now)] == [key]
        assert [item.key for item in queue.find()] == [key]
    assert catalog.outbox.get("tracking/late/1") is None
    assert catalog.outbox.about("tracking/") == []
    catalog.outbox.hasten(now + TTL)
    assert [item.due for item in catalog.tracking.find()] == [now]


def test_what_was_put_off_is_tried_at_once(catalog: Catalog, now: datetime) -> None:
    catalog.tracking.add("tracking/late/1", {}, at=now)
    (item,) = catalog.tracking.due(now)
    catalog.tracking.claim(item.id, "me", now=now, ttl=TTL)
    catalog.tracking.mark([item.id], "pending", owner="me", at=now, due=now + TTL, error="down")
    assert catalog.tracking.due(now) == []
    assert catalog.tracking.hasten(now) == 1
    assert [item.error for item in catalog.tracking.due(now)] == ["down"]
