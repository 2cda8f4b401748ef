"""Two small data sets, a register of sites and visits to them, and one run of a batch.

Run as a script it is one run: ``python mini_project.py PROJECT HOME DATASET BATCH RUN_ID``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assay.project import Project
from assay.stages import run as stages
from assay.stages.run import chain
from assay.stages.services import Services

REFERENCE_DAYS = ("2024-01-01", "2024-01-02")
ROWS = 500
HEADER = ("person", "site", "age", "score", "team", "passed", "seen")

_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:assay:{name}
name: {name}
version: 1.0.0
status: active
description: {{purpose: To try the stages on.}}
team: {{name: tests}}
servers:
  - server: inbox
    type: local
    path: inbox/{name}/{{batch}}.csv
    format: csv
    customProperties: [{{property: maxBytes, value: 50000000}}]
customProperties:
  - {{property: partition, value: {partition}}}
{more}schema:
  - name: {name}
    physicalType: table
    properties:
{columns}
"""
_SITES = """\
      - {name: code, logicalType: string, primaryKey: true}
      - {name: region, logicalType: string, required: true}
"""
_VISITS = """\
      - name: person
        logicalType: string
        classification: identifier
        primaryKey: true
        customProperties:
          - {property: identityDomain, value: people}
          - {property: canonical, value: {trim: true, case: upper}}
      - {name: site, logicalType: string, required: true, relationships: [{to: sites.code}]}
      - {name: age, logicalType: integer}
      - {name: score, logicalType: number}
      - name: team
        logicalType: string
        classification: sensitive
        enum: [{value: a}, {value: b}]
        customProperties: [{property: role, value: protected}]
      - name: passed
        logicalType: integer
        customProperties: [{property: role, value: label}]
      - {name: seen, logicalType: timestamp}
"""
IDLE = "on_inconclusive: hold\napplies: false\nreason: A register.\n"
LABEL_NOISE = """\
on_inconclusive: hold
label: passed
folds: 2
alpha: 0.05
least_rows: 100
least_number: 20
most_rows: 1000
max_estimated: {fail: 0.9, rationale: The labels of visits are drawn at random.}
"""
"""A policy by which the labels of visits are judged, for tests that ask for it."""
_RETENTION = "basis: {kind: contract, name: terms of the tests}\nzones:\n" + "".join(
    f"  {zone}: {{counts_from: {since}, max_age_days: {days}}}\n"
    for zone, since, days in (
        ("landing", "landed_at", 90),
        ("quarantine", "landed_at", 30),
        ("work", "released_at", 14),
        ("spill", "landed_at", 1),
        ("reports", "landed_at", 700),
        ("messages", "landed_at", 90),
    )
)
_COMMON = {
    "quality": "on_inconclusive: hold\nquarantine: {max_share: 0.1}\ngx: {max_rows: 10000}\n",
    "alerting": "opens: [FAIL, INCONCLUSIVE]\nroutes:\n  - slack: '#tests'\n",
    "retention": _RETENTION,
}
_POLICIES = {
    "sites": {
        "cleaning": "on_inconclusive: hold\nsteps: []\n",
        "drift": IDLE,
        "fairness": IDLE,
        "privacy": "columns: {}\n",
    },
    "visits": {
        "cleaning": """\
on_inconclusive: hold
steps:
  - {step: text, columns: {site: {trim: true, case: upper}}}
  - {step: impute, columns: {score: {method: median}}}
""",
        "drift": """\
on_inconclusive: hold
alpha: 0.01
references:
  first_days: {kind: pinned, batches: [2024-01-01, 2024-01-02]}
bootstrap: [2024-01-01, 2024-01-02]
columns:
  score: {test: anderson_darling, effect: ks_statistic, limit: 0.2}
  site: {test: chi_square, effect: cramers_v, limit: 0.3}
""",
        "fairness": """\
on_inconclusive: hold
favourable: 1
alpha: 0.05
least_number: 10
attributes:
  team: {reference: a, required_groups: [a, b]}
metrics:
  - {metric: demographic_parity_difference, outcome: label, max: 0.3}
""",
        "privacy": """\
columns:
  person: {treatment: pseudonymise}
  team: {treatment: keep, rationale: The fairness gate compares its groups.}
""",
    },
}


def expect(kind: str, column: str | None = None, **more: Any) -> dict[str, Any]:
    """An expectation as a suite holds it."""
    kwargs = {**({"column": column} if column else {}), **more}
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"why": kind}}


_SUITES = {
    ("sites", "raw"): [expect("expect_column_values_to_not_be_null", "region")],
    ("sites", "clean"): [expect("expect_column_values_to_be_unique", "code")],
    ("visits", "raw"): [
        expect("expect_table_row_count_to_be_between", min_value=100, max_value=5000),
        expect("expect_column_values_to_be_between", "age", min_value=0, max_value=120),
    ],
    ("visits", "clean"): [expect("expect_column_values_to_not_be_null", "score")],
}


def write_project(root: Path) -> Path:
    """Write contracts, suites and policies of both data sets; gives the project's folder."""
    grain = {
        "sites": ("{grain: year, timezone: UTC, first: 2024, last: 2024}", "", _SITES),
        "visits": (
            "{grain: day, timezone: UTC, first: 2024-01-01, last: 2024-12-31}",
            "  - {property: onDuplicate, value: keep_first}\n",
            _VISITS,
        ),
    }
    for name, (partition, more, columns) in grain.items():
        suites = {which: found for (owner, which), found in _SUITES.items() if owner == name}
        write_dataset(
            root, name, partition=partition, more=more, columns=columns,
            policies=_POLICIES[name], suites=suites,
        )  # fmt: skip
    return root


def write_dataset(
    root: Path,
    name: str,
    *,
    partition: str,
    columns: str,
    policies: dict[str, str],
    suites: dict[str, list[dict[str, Any]]],
    more: str = "",
) -> None:
    """Write the contract, the suites and the policies of one data set."""
    include = root / "include"
    text = _CONTRACT.format(name=name, partition=partition, more=more, columns=columns)
    _write(include / "contracts" / f"{name}.odcs.yaml", text)
    for noun, policy in {**_COMMON, **policies}.items():
        _write(include / "policies" / name / f"{noun}.yaml", policy)
    for which, expectations in suites.items():
        suite = {"name": f"{name}.{which}", "expectations": expectations, "meta": {}}
        _write(include / "suites" / name / f"{which}.json", json.dumps(suite))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def sites() -> str:
    """The register of sites, as CSV."""
    return as_csv(("code", "region"), [(f"S{i}", "north" if i % 2 else "south") for i in range(8)])


def visits(day: str, *, shift: float = 0.0, rows: int = ROWS, faults: int = 2) -> str:
    """A day of visits as CSV.

    Parameters
    ----------
    shift : float
        Added to every score.
    faults : int
        Rows whose age nobody reaches.
    """
    return as_csv(HEADER, visit_rows(day, shift=shift, rows=rows, faults=faults))


def visit_rows(
    day: str, *, shift: float = 0.0, rows: int = ROWS, faults: int = 2
) -> list[tuple[Any, ...]]:
    """The rows of a day; the same for the same arguments."""
    chance = random.Random(f"visits {day}")
    made: list[tuple[Any, ...]] = []
    for i in range(rows):
        age = 400 + i if i < faults else chance.randint(18, 90)
        score = "" if chance.random() < 0.02 else f"{chance.gauss(50, 10) + shift:.3f}"
        made.append(
            (
                f"MRK{day.replace('-', '')}{i:04d}",
                f"S{chance.randrange(8)}",
                age,
                score,
                "ab"[i % 2],
                int(chance.random() < 0.5),
                f"{day} {i // 60 % 24:02d}:{i % 60:02d}:00",
            )
        )
    return made


def as_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


BOUNDARIES = (chain.PIN, *chain.names(), chain.RELEASE)


@dataclass
class Train:
    """A project with a home, and runs of its batches through every stage."""

    project: Path
    home: Path
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    count: int = 0

    @property
    def services(self) -> Services:
        """Make new services: what the old ones had open is opened again."""
        environ = {"ASSAY_PROJECT": str(self.project), "ASSAY_HOME": str(self.home)}
        return Services(Project.from_environment(environ), clock=self.now)

    def later(self, **more: float) -> Train:
        """The same home at a later time."""
        return Train(self.project, self.home, lambda: datetime.now(UTC) + timedelta(**more))

    def drop(self, dataset: str, batch: str, text: str | bytes) -> Path:
        """Drop a file as an upstream would: whole or not at all."""
        path = self.home / "inbox" / dataset / f"{batch}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".aside")
        aside.write_bytes(text if isinstance(text, bytes) else text.encode())
        aside.replace(path)
        return path

    def run(
        self,
        dataset: str,
        batch: str,
        *,
        until: str | None = None,
        approved_by: str | None = None,
        run_id: str | None = None,
        run_type: str = "manual",
        **asked: Any,
    ) -> dict[str, stages.StageResult]:
        """One run of a batch as the operators make it; ``until`` dies after that stage."""
        self.count += 1
        run_id = run_id or f"run-{dataset}-{batch}-{self.count}"
        wants = stages.Asked(by="tester", **asked)
        run = stages.pin(self.services, dataset, batch, run_id, run_type, wants)
        if until == chain.PIN:
            return {}
        for name in chain.names():
            run = perform(run, name)
            if until == name:
                return dict(run.done)
        if approved_by and run.held_by:
            approve(run, approved_by)
        run = run.finished(chain.RELEASE, stages.Finished(result=stages.release(run)))
        if until != chain.RELEASE:
            stages.notify(run, transports(run.services))
        return dict(run.done)

    def batch(self, dataset: str, batch: str) -> dict[str, Any]:
        """What the status says of a batch."""
        return next(b for b in self.dataset(dataset)["batches"] if b["batch"] == batch)

    def dataset(self, dataset: str) -> dict[str, Any]:
        """What the status says of a data set."""
        found = self.services.catalog.status([dataset])["datasets"]
        return next(d for d in found if d["name"] == dataset)

    def objects(self) -> dict[tuple[str, str, str], dict[str, tuple[str, int]]]:
        """(Data set, batch, version) → object → its hash and size, by the registry."""
        registry = self.services.registry
        return {
            (d, v.batch, v.version): {n: (o.md5, o.size) for n, o in v.objects.items()}
            for d in registry.datasets()
            for v in registry.versions(d)
        }

    def contents(self) -> dict[str, Any]:
        """What a second run of the same batches must leave as it is."""
        registry = self.services.registry
        return {
            "objects": self.objects(),
            "released": {d: dict(registry.snapshot(d).batches) for d in _released(registry)},
            "batches": {
                d["name"]: [{k: v for k, v in b.items() if k != "started"} for b in d["batches"]]
                for d in self.services.catalog.status()["datasets"]
            },
        }


def copy(train: Train, to: Path) -> Train:
    """The same project and home in another folder; equal runs give equal versions in both."""
    shutil.copytree(train.project, to / "project")
    shutil.copytree(train.home, to / "home", symlinks=True)
    return Train(to / "project", to / "home", count=train.count)


def approve(run: stages.Run, by: str, *, approves: bool = True) -> bool:
    """Ask whether a held batch is to be forced, and answer."""
    stages.ask_approval(run, "the task")
    at = run.services.clock()
    return stages.answer_approval(run, "the task", approves=approves, by=by, at=at)


def perform(run: stages.Run, name: str) -> stages.Run:
    """One stage as its operator does it: skipped where the batch is held, or it doesn't apply."""
    try:
        return stages.perform(run, name)
    except stages.DoesNotApply:
        return run


def _released(registry: Any) -> list[str]:
    return [d for d in registry.datasets() if registry.pointer(d) is not None]


def transports(services: Services) -> Any:
    """Messages into files of the home, as where no connection is configured."""
    from assay.alerting import open_transports

    return open_transports(services.lake)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    project, home, dataset, batch, run_id = sys.argv[1:]
    Train(Path(project), Path(home)).run(dataset, batch, run_id=run_id)
