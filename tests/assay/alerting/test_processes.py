"""Ten real processes at once, on PostgreSQL, against one Slack: each message is posted once."""

import multiprocessing
from datetime import UTC, datetime
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

from assay.alerting import AlertContext, SlackBot, open_transports, send_due
from assay.catalog import Catalog
from assay.lake import Lake
from assay.policy.alerting import AlertingPolicy
from assay.stages.run._notify import plan_into_outbox
from assay.verdict import Outcome, Reason

NOW = datetime(2013, 2, 9, 6, 0, tzinfo=UTC)
WHO = 10
REASON = Reason(code="drift_found", outcome=Outcome.FAIL, message="m")
POLICY = AlertingPolicy.model_validate(
    {
        "opens": ["FAIL"],
        "routes": [{"slack": "#one", "email": ["ann@example.org"]}, {"slack": "#two"}],
        "quiet_hours": {
            "timezone": "UTC",
            "windows": [{"days": ["sat"], "start": "05:00", "end": "06:00"}],
            "pierced_by": [],
        },
    }
)


class Services:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog


def fail(catalog: Catalog, check: str, batch: str, at: datetime) -> None:
    with catalog.transaction():
        change = catalog.incidents.open_or_update("d", check, batch, reasons=[REASON], at=at)
        context = AlertContext(owner="team", at=at)
        plan_into_outbox(Services(catalog), change, POLICY, context)  # type: ignore[arg-type]


def work(
    url: str, home: Path, slack: str, me: int, results: "SimpleQueue[tuple[str, str]]"
) -> None:
    catalog = Catalog(url)
    fail(catalog, "shared", f"b{me}", NOW)
    fail(catalog, f"own-{me}", "b", NOW)
    transports = open_transports(Lake(home), slack=SlackBot("xoxb", base_url=f"{slack}/api/"))
    for delivery in send_due(catalog.outbox, transports, lambda: NOW, owner="the same"):
        results.put((delivery.key, delivery.state))


def test_ten_senders_at_once(postgres_url: str, tmp_path: Path, slack: Any) -> None:
    catalog = Catalog(postgres_url)
    catalog.migrate()
    for n in range(3):  # held back until now: a bundle that all of them see
        fail(catalog, f"night-{n}", "b", NOW.replace(hour=5))
    slack.delay = 0.05
    fork = multiprocessing.get_context("fork")
    results: SimpleQueue[tuple[str, str]] = fork.SimpleQueue()
    processes = [
        fork.Process(target=work, args=(postgres_url, tmp_path, slack.url, me, results))
        for me in range(WHO)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [p.exitcode for p in processes] == [0] * WHO
    # Edits of the shared incident that waited for its post.
    last = open_transports(Lake(tmp_path), slack=SlackBot("xoxb", base_url=f"{slack.url}/api/"))
    send_due(catalog.outbox, last, lambda: NOW, owner="last")

    assert {i.state for i in catalog.outbox.find()} == {"sent"}
    posted = [(b["channel"], b["text"]) for p, b in slack.calls if p == "/api/chat.postMessage"]
    assert len(posted) == len(set(posted)) == 2 * (1 + 1 + WHO), "bundle, shared, own; two channels"
    said = []
    while not results.empty():
        said.append(results.get())
    keys = [key for key, state in said if state == "sent"]
    assert len(keys) == len(set(keys))
    shown = [str(blocks) for blocks in slack.messages.values() if "shared" in str(blocks)]
    assert len(shown) == 2
    assert all(f"b{me}" in text for text in shown for me in range(WHO)), "both say how it stands"
    assert len(list((tmp_path / "messages").glob("*.txt"))) == 1 + 1 + WHO
