"""The demo of labelling: ``python -m demo.labels`` (or ``make demo-labels``).

Handwritten digits are released, and a round of labelling asks about sixty of them in a real
Label Studio, by the DAG ``label__digits``. Two scripted annotators answer there as people do: they
sign up, see a picture, and choose a digit; now and then they misread one. Where they differ, a
scripted expert decides. The labels go through their own release train.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import assay
from assay import launcher
from assay.errors import AssayError
from assay.keys import secret_file
from assay.lake import Lake
from assay.launcher import label_studio_page as page
from assay.policy.labelling import labels_of
from assay.project import Project
from demo.annotators import Annotator
from demo.backfill import Airflow, read_stand, run_assay
from demo.digits import BATCH, DATASET, digit_of_picture, drop_digits
from demo.screen import Screen

LABELS: Final = labels_of(DATASET)
RELEASE, LABEL, RELEASE_LABELS = f"release__{DATASET}", f"label__{DATASET}", f"release__{LABELS}"
EXPERT: Final = "expert@example.org"
ERRS: Final = {"annotator-1@example.org": 12, "annotator-2@example.org": 25, EXPERT: 0}
"""Account → one of how many pictures it misreads; 0 misreads none."""
_POLL_S: Final = 1.0
_PATIENCE_S: Final = 600.0
_OPEN: Final = {"queued", "running"}


def main() -> int:
    """Release digits, have them labelled, and show what was found. Exit code 2 on error."""
    screen, project = Screen(), Project.from_environment(os.environ)
    # TERM ends the demo as Ctrl-C does, so that what it started is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _demo(screen, project)
    except AssayError as error:
        screen.console.print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        screen.say("stopped; the next make demo-labels continues here")
        return 130


def _demo(screen: Screen, project: Project) -> int:
    new = drop_digits(project.lake.make("inbox"))
    found = read_found(project.home)
    if not new and found.done:
        _show(screen, project.lake, found)
        screen.say("[bold]nothing to do[/bold]: the round has landed, and its labels are released")
        return 0
    if page.find_python() is None:
        raise AssayError("Label Studio isn't installed", do="make labelling")
    _label(screen, project, found)
    found = read_found(project.home)
    _show(screen, project.lake, found)
    return 0 if found.done else 1


@dataclass(frozen=True)
class Found:
    """What is on record of the demo.

    Parameters
    ----------
    records : mapping
        Data set to batch to its record, as ``assay status --json`` has them.
    rounds : list of dict
        As ``assay label status --json`` has them, the newest first.
    """

    records: Mapping[str, Mapping[str, Any]]
    rounds: list[dict[str, Any]]

    @property
    def released(self) -> bool:
        """Whether the digits are released."""
        return bool(self.records.get(DATASET, {}).get(BATCH, {}).get("state") == "released")

    @property
    def labels(self) -> tuple[str, dict[str, Any]] | None:
        """The released batch of labels, the newest one, and its record."""
        batches = self.records.get(LABELS, {}).items()
        return max((b for b in batches if b[1]["state"] == "released"), default=None)

    @property
    def landed(self) -> bool:
        """Whether a round has landed."""
        return bool(self.rounds) and self.rounds[0]["state"] == "landed"

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.landed and self.labels is not None


def read_found(home: Path) -> Found:
    """Read what is on record by two commands."""
    rounds: list[dict[str, Any]] = json.loads(run_assay(home, "label", "status", DATASET, "--json"))
    return Found(read_stand(home).records, rounds)


def annotators(lake: Lake) -> list[Annotator]:
    """The people of the demo, with a password that the home keeps."""
    new = f"{secrets.token_hex(20)}\n".encode()
    password = secret_file(lake, "demo.annotators", new=new).decode().strip()
    return [Annotator(email, password, errs) for email, errs in ERRS.items()]


def _label(screen: Screen, project: Project, found: Found) -> None:
    """Have Airflow do what is left, with Label Studio beside it; both are stopped if they were."""
    home = project.home
    was_up = page.access(home) is not None
    screen.say("starting Airflow and Label Studio, whose first start makes its database")
    try:
        with ThreadPoolExecutor() as pool:
            studio = pool.submit(_start_studio, home)
            screen.say(f"Airflow runs at {launcher.up(home, keep=False).url}")
            airflow = Airflow(home)
            airflow.await_dags([RELEASE, LABEL, RELEASE_LABELS])
            work = Labelling(screen, airflow, annotators(project.lake))
            work.release(found)
            screen.say(f"Label Studio runs at {studio.result().url}")
        work.label(found, studio.result())
    finally:
        if not launcher.status(home).kept:
            screen.say("stopping Airflow and Label Studio")
            with ThreadPoolExecutor() as pool:
                stops = [launcher.down] if was_up else [launcher.down, page.stop_page]
                list(pool.map(lambda stop: stop(home), stops))


def _start_studio(home: Path) -> page.Access:
    page.start_page(home)
    page.await_page(home, _PATIENCE_S)
    access = page.access(home)
    if access is None:
        raise AssayError("Label Studio has ended", where=str(home))
    return access


@dataclass(frozen=True)
class Labelling:
    """A round at work in a running Airflow and Label Studio; what is done isn't repeated."""

    screen: Screen
    airflow: Airflow
    people: list[Annotator]

    def release(self, found: Found) -> None:
        """Release the digits."""
        if not found.released:
            self.screen.say("releasing 1,797 digits")
            self._end(RELEASE, self.airflow.trigger(RELEASE, batch=BATCH))

    def label(self, found: Found, studio: page.Access) -> None:
        """Take a round to its landing, and wait for the labels' release."""
        if not found.landed:
            self._round(studio)
        elif not self.airflow.is_busy(RELEASE_LABELS):
            (batch, *_) = sorted(self.airflow.home.glob(f"inbox/{LABELS}/*.csv"), reverse=True)
            self.airflow.trigger(RELEASE_LABELS, batch=batch.stem)
        self.screen.say("releasing the labels")
        self._await(lambda: not self.airflow.is_busy(RELEASE_LABELS))

    def _round(self, studio: page.Access) -> None:
        """Take a round through the DAG: people answer whenever the triggerer waits for them."""
        run = next((r.run_id for r in self.airflow.runs(LABEL) if r.state in _OPEN), None)
        run = run or self.airflow.trigger(LABEL)
        self.screen.say("planning a round, and publishing it in Label Studio")
        turns = {"collect": [p for p in self.people if p.email != EXPERT],
                 "adjudicate": [p for p in self.people if p.email == EXPERT]}  # fmt: skip
        while self.airflow.state(LABEL, run) in _OPEN:
            states = self.airflow.states(LABEL, run)
            for task in [one for one in turns if states.get(one) == "deferred"]:
                self._answer(turns.pop(task), studio)
            time.sleep(_POLL_S)
        self._end(LABEL, run)

    def _answer(self, people: Sequence[Annotator], studio: page.Access) -> None:
        """Let people answer all of their tasks, at the same time."""
        with ThreadPoolExecutor() as pool:
            counts = pool.map(lambda one: one.answer(studio, digit_of_picture()), people)
            for one, count in zip(people, counts, strict=True):
                self.screen.say(f"{one.email} has answered {count} tasks")

    def _end(self, dag_id: str, run_id: str) -> None:
        """Wait for a run to end well.

        Raises
        ------
        AssayError
            If it fails. The message has the logs of the failed tasks.
        """
        self._await(lambda: self.airflow.state(dag_id, run_id) not in _OPEN)
        if self.airflow.state(dag_id, run_id) != "success":
            run = next(one for one in self.airflow.runs(dag_id) if one.run_id == run_id)
            logs = "\n".join(self.airflow.failures(run))
            raise AssayError(f"{dag_id} has failed, see the logs:\n{logs}\n")

    def _await(self, done: Any) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                raise AssayError("the demo doesn't come to its end", where=LABEL)
            time.sleep(_POLL_S)


def right_labels() -> tuple[int, int]:
    """Released labels that are the digit that was written, and all released labels."""
    digits = assay.open(DATASET).to_pandas(columns=["id", "picture"])
    labels = assay.open(LABELS).to_pandas(columns=["id", "label"])
    known = digits.set_index("id")["picture"].map(digit_of_picture())
    right = labels["label"].astype(str) == labels["id"].map(known)
    return int(right.sum()), len(labels)


def lines_of(found: Found, right: tuple[int, int]) -> list[tuple[str, str]]:
    """What was found, in words."""
    one, (batch, record) = found.rounds[0], found.labels or ("", {})
    lines = [
        (name.replace("_", " ").capitalize(), _figure(figure))
        for name, figure in one["agreement"].items()
        if name in {"krippendorff_alpha", "raw_agreement"}
    ]
    return [
        (f"Round {one['round']}", f"{one['progress']['given']} answers to "
                                  f"{one['progress']['tasks']} tasks"),
        *lines,
        ("Labels landed", f"{one['labels']}; {right[0]} of {right[1]} are the digit that was "
                          "written"),
        ("Released", f"{LABELS} batch {batch}, version {record.get('version', '')[:12]}"),
    ]  # fmt: skip


def _figure(found: Mapping[str, Any]) -> str:
    if found["value"] is None or found["low"] is None:
        return "inconclusive"
    return f"{found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})"


def _show(screen: Screen, lake: Lake, found: Found) -> None:
    """Print what was found, and where to look."""
    if not found.done:
        screen.console.print("[red]the labels aren't released[/red]: assay status")
        return
    where = (
        ("see it in both UIs", ".venv/bin/assay up --labelling; make down stops them"),
        ("rounds, annotators, agreement", f".venv/bin/assay label status {DATASET}"),
        ("agreement for each label and pair", f".venv/bin/assay label agree {DATASET}"),
        ("the labels' lineage", f".venv/bin/assay lineage {LABELS}"),
        ("how rounds work", "include/docs/labels.md"),
        ("Label Studio's password", str(lake.path("secrets", "label_studio.password"))),
    )
    for what, how in [*lines_of(found, right_labels()), *where]:
        screen.console.print(f"  {what:<36}{how}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
