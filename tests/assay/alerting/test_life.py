"""The life of incidents, step by step at random, against a plain model of who knows what."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assay.alerting import AlertContext, send_due
from assay.catalog import Catalog
from assay.policy.alerting import AlertingPolicy
from assay.records.incidents import IncidentChange
from assay.stages.run._notify import plan_into_outbox
from assay.verdict import Outcome, Reason

CHECKS, BATCHES = st.sampled_from(["a", "b"]), st.sampled_from(["1", "2", "3"])
START = datetime(2013, 2, 4, tzinfo=UTC)
WINDOW = timedelta(minutes=30)


@dataclass
class Wire:
    """A transport that remembers what people see; it edits, or it doesn't."""

    edits: bool
    heard: list[Any] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    def send(self, letter: Any, step: Any, now: datetime) -> Any:
        if step.edits:
            for receipt in step.edits:
                self.seen[receipt["ts"]] = letter
            return dict(step.edits[-1])
        self.heard.append(letter)
        ts = str(len(self.heard))
        self.seen[ts] = letter
        return {"channel": "C", "ts": ts}


@dataclass
class Services:
    catalog: Catalog


class Life(RuleBasedStateMachine):
    """Batches fail and pass, people answer, time goes by, and now and then messages are sent."""

    @initialize(edits=st.booleans())
    def begin(self, edits: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "catalog.sqlite"
        path.write_bytes(MIGRATED.read_bytes())
        self.catalog, self.now, self.wire = Catalog(f"sqlite:///{path}"), START, Wire(edits)
        self.policy = AlertingPolicy.model_validate(
            {
                "opens": ["FAIL"],
                "continues_within_minutes": 30,
                "routes": [{"slack": "#all"}],
            }
        )
        self.failing: dict[str, set[str]] = {"a": set(), "b": set()}
        self.dismissed: set[tuple[str, str]] = set()
        self.snoozed: dict[int, datetime] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    def plan(self, change: IncidentChange) -> None:
        context = replace(AlertContext("team", START), at=self.now)
        plan_into_outbox(Services(self.catalog), change, self.policy, context)  # type: ignore[arg-type]

    def open_id(self, check: str) -> int | None:
        found = [i.id for i in self.catalog.incidents.find("d", state="open") if i.check == check]
        return found[0] if found else None

    @rule(check=CHECKS, batch=BATCHES)
    def fails(self, check: str, batch: str) -> None:
        reason = Reason(code="x", outcome=Outcome.FAIL, message="m")
        with self.catalog.transaction():
            change = self.catalog.incidents.open_or_update(
                "d", check, batch, reasons=[reason], at=self.now, continues_within=WINDOW
            )
            self.plan(change)
        if (check, batch) in self.dismissed:
            assert change.kind == "unchanged"
            return
        news = "unchanged" if batch in self.failing[check] else "updated"
        expected = {news} if self.failing[check] else {"opened", "reopened"}
        assert change.kind in expected
        self.failing[check].add(batch)

    @rule(batch=BATCHES)
    def passes(self, batch: str) -> None:
        with self.catalog.transaction():
            for change in self.catalog.incidents.resolve_batch(
                "d", batch, how="passed", at=self.now
            ):
                self.plan(change)
        for check, failing in self.failing.items():
            failing.discard(batch)
            self.dismissed.discard((check, batch))

    @rule(check=CHECKS)
    def acknowledge(self, check: str) -> None:
        if (number := self.open_id(check)) is not None:
            with self.catalog.transaction():
                self.plan(self.catalog.responses.acknowledge(number, by="p", at=self.now))

    @rule(check=CHECKS, hours=st.integers(1, 3))
    def snooze(self, check: str, hours: int) -> None:
        if (number := self.open_id(check)) is not None:
            until = self.now + timedelta(hours=hours)
            with self.catalog.transaction():
                self.plan(
                    self.catalog.responses.snooze(
                        number, until=until, reason="r", by="p", at=self.now
                    )
                )
            self.snoozed[number] = until

    @rule(check=CHECKS, only=st.none() | BATCHES)
    def dismiss(self, check: str, only: str | None) -> None:
        number = self.open_id(check)
        if number is None or (only is not None and only not in self.failing[check]):
            return
        with self.catalog.transaction():
            self.plan(
                self.catalog.responses.dismiss(number, reason="r", by="p", at=self.now, batch=only)
            )
        gone = self.failing[check] if only is None else {only}
        self.dismissed |= {(check, b) for b in gone}
        self.failing[check] = self.failing[check] - gone
        if not self.failing[check]:
            self.snoozed.pop(number, None)

    @rule(minutes=st.sampled_from([5, 20, 45, 90]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def send(self) -> None:
        with self.catalog.transaction():
            for change in self.catalog.incidents.wake(self.now, ["d"]):
                self.snoozed.pop(change.incident.id)
                self.plan(change)
        before = len(self.wire.heard)
        send_due(self.catalog.outbox, {"slack": self.wire}, lambda: self.now, owner="p")
        for letter in self.wire.heard[before:]:
            until = self.snoozed.get(letter.incident)
            assert until is None or self.now >= until, "nobody hears of what is snoozed"

    @invariant()
    def one_is_open_for_each_check_that_fails(self) -> None:
        if not hasattr(self, "catalog"):
            return
        opened = self.catalog.incidents.find("d", state="open")
        assert sorted(i.check for i in opened) == sorted(c for c, b in self.failing.items() if b)
        for incident in opened:
            assert set(incident.failing) == self.failing[incident.check]

    @precondition(lambda self: hasattr(self, "catalog"))
    @rule()
    def in_the_end_everybody_knows_how_things_stand(self) -> None:
        """Once every wait is over: each change was sent once, and all see the present state."""
        self.now += timedelta(hours=4)
        for _ in range(3):
            self.send()
        assert self.catalog.outbox.find("pending") == []
        keys = [letter.key for letter in self.wire.heard]
        assert len(keys) == len(set(keys)), "nothing is planned twice"
        incidents = {i.id: i for i in self.catalog.incidents.find("d")}
        for number, incident in incidents.items():
            heard = [x for x in self.wire.heard if x.incident == number]
            if incident.state == "open":
                assert heard, "who must know was notified"
            if heard:
                last = [x for x in self.wire.seen.values() if x.incident == number][-1]
                assert (last.closed is None) == (incident.state == "open")


MIGRATED = Path(tempfile.mkdtemp(prefix="assay-life-")) / "migrated.sqlite"


@pytest.fixture(autouse=True, scope="module")
def _migrated() -> Iterator[None]:
    Catalog(f"sqlite:///{MIGRATED}").migrate()
    yield
    shutil.rmtree(MIGRATED.parent)


def _run(examples: int) -> None:
    few = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=few)


def test_each_change_is_told_once_and_what_is_seen_is_so() -> None:
    _run(8)


@pytest.mark.slow
def test_each_change_is_told_once_in_many_lives() -> None:
    _run(100)
