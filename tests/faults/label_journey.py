"""What is killed: two rounds of labels on sheets, each from ``plan`` to ``land``.

Three annotators, of whom one errs, and an expert for the doubtful tasks. The second round knows the
labels of the first.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
import journey
import label_rounds

from assay.stages.labels import rounds
from assay.stages.labels.rounds._folder import FIRST, REVIEW, RoundFolder

NOW, differences = journey.NOW, journey.differences
DELIVERIES: tuple[int, ...] = (1, 2)
BUDGET = 12
STAGES = ("plan", "publish", "answer", "collect", "adjudicate", "decide", "land")
FLAGGED = label_rounds.PEOPLE[0]


@dataclass(frozen=True)
class Site(journey.Site):
    """A project and a home in a folder of their own, with visits that people label."""

    def prepare(self) -> None:
        """Release two days; import what planning needs."""
        super().prepare()
        label_rounds.prepare(self.train())
        for name in ("sklearn.cluster", "sklearn.ensemble", "sklearn.linear_model"):
            importlib.import_module(name)


def deliver(
    site: Site,
    number: int,
    *,
    run_id: str = "first",
    now: Any = NOW,
    resume: bool = False,
    mark: Callable[[str], None] = lambda _: None,
) -> None:
    """Take a round from its plan to its labels; each call finds what the earlier ones left."""
    del run_id, resume  # every verb goes on where it was
    services, wanted = site.train(now).services, DELIVERIES[number]
    known = [one for one in rounds.rounds_of(services, "visits") if one.number == wanted]
    if known and known[0].has("landed"):
        rounds.land_labels(services, known[0], label_rounds.sheets(known[0]), author="tester")
        return
    mark("plan >")
    rounds.plan_round(services, "visits", author="tester", budget=BUDGET)
    mark("plan <")
    folder = rounds.find_round(services, "visits", wanted)
    sheets = label_rounds.sheets(folder)
    mark("publish >")
    rounds.publish_round(services, folder, sheets)
    mark("publish <")
    mark("answer >")
    label_rounds.fill(folder, _says)
    mark("answer <")
    mark("collect >")
    rounds.collect_answers(services, folder, sheets)
    mark("collect <")
    mark("adjudicate >")
    asked = rounds.adjudicate_round(services, folder, sheets)
    mark("adjudicate <")
    mark("decide >")
    if asked.waiting:
        label_rounds.fill(folder, label_rounds.truth, [label_rounds.EXPERT], REVIEW)
        rounds.adjudicate_round(services, folder, sheets)
    mark("decide <")
    mark("land >")
    rounds.land_labels(services, folder, sheets, author="tester")
    mark("land <")


def _says(row: dict[str, str], who: str) -> str:
    """What each answers: one person takes every third score for the other."""
    right = label_rounds.truth(row, who)
    if who == FLAGGED and int(float(row["Score"])) % 3 == 0:
        return "low" if right == "high" else "high"
    return right


def flush(_: Site) -> None:
    """Nothing is sent in a round."""


def unmarked(_: Site) -> list[str]:
    """Nothing is sent in a round."""
    return []


def state_of(site: Site) -> dict[str, Any]:
    """All that a killed and repeated round must leave as an undisturbed one does, times apart."""
    services = site.train().services
    inbox = site.home / "inbox" / "visits_labels"
    return {
        "rounds": {one.round.name: _round(one) for one in rounds.rounds_of(services, "visits")},
        "status": [
            one.model_dump(mode="json", exclude={"deadline": True, "cost": {"a_day"}})
            for one in rounds.round_status(services, "visits")
        ],
        "labels": {p.name: p.read_text() for p in inbox.glob("*") if p.name[0] != "."}
        if inbox.is_dir()
        else {},
        "uses": sorted((u.kind, u.id) for u in services.registry.uses("label_round")),
        "catalog": sorted((u.kind, u.id) for u in services.catalog.uses.find("label_round")),
        "leases": [x.owner for x in services.catalog.leases.live(NOW)],
    }


def _round(folder: RoundFolder) -> dict[str, Any]:
    found = {
        "round": folder.round.model_dump(mode="json", exclude={"planned_at", "deadline"}),
        "closed": folder.has("closed") and folder.read("closed")["why"],
        "landed": folder.has("landed") and folder.read("landed")["rows"],
        "sheets": {
            str(path.relative_to(folder.path)): path.read_text()
            for path in sorted(folder.path.rglob("*.csv"))
        },
    }
    for asking in (FIRST, REVIEW):
        found[f"tasks {asking}"] = [one.model_dump(mode="json") for one in folder.tasks(asking)]
        found[f"annotations {asking}"] = [
            one.model_dump(mode="json", exclude={"collected_at"})
            for one in folder.annotations(asking)
        ]
    return found
