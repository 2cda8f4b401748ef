"""The loop that released data are for: a model is trained, predicts later days, and is judged.

It is trained on the first days of flights, by ``train__late_arrival``, and scores them and the days
after, by ``score__late_arrival``. The predictions go through their own release train. Feedback
compares the later ones with what became of the flights. A second version, trained on all days, is
compared with the first one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import assay
from assay.errors import AssayError
from assay.policy.model import predictions_of
from demo.backfill import Airflow, run_assay
from demo.flights import BLIZZARD
from demo.plan import Stand, Wish

MODEL: Final = "late_arrival"
PREDICTIONS: Final = predictions_of(MODEL)
DATASET: Final = "flights"
FIRST: Final = BLIZZARD[:4]
"""Days that the first version learns from; by its predictions of them the later ones are judged."""
LATER: Final = BLIZZARD[4:]
TRAIN, SCORE, FEEDBACK = f"train__{MODEL}", f"score__{MODEL}", f"feedback__{MODEL}"
RELEASE: Final = f"release__{PREDICTIONS}"
_PATIENCE_S: Final = 600.0
_POLL_S: Final = 1.0


@dataclass(frozen=True)
class Learned:
    """What is on record of the model.

    Parameters
    ----------
    versions : list of dict
        As ``assay models list --json`` has them.
    feedback : list of dict
        As ``assay feedback --json`` has them: the newest of each batch.
    champion : str, optional
        The version that predicts.
    """

    versions: Sequence[dict[str, Any]] = ()
    feedback: Sequence[dict[str, Any]] = ()
    champion: str | None = None

    @property
    def judged(self) -> set[str]:
        """The batches that have feedback."""
        return {row["batch"] for row in self.feedback}


def read_learned(home: Path) -> Learned:
    """Read what is on record of the model by two commands."""
    models, judged = (json.loads(run_assay(home, *words, MODEL, "--json"))
                      for words in (("models", "list"), ("feedback",)))  # fmt: skip
    (model,) = models["models"]
    return Learned(model["versions"], judged["batches"], model["champion"])


def predicted_days(stand: Stand) -> tuple[str, ...]:
    """The released days whose flights are predicted."""
    days = stand.records.get(DATASET, {})
    return tuple(day for day in BLIZZARD if days.get(day, {}).get("state") == "released")


def wish_of(stand: Stand) -> Wish:
    """The prediction batches that the demo wants decided."""
    return Wish(PREDICTIONS, predicted_days(stand), after=(DATASET,))


def later_released(stand: Stand) -> set[str]:
    """The later days whose predictions are released, so that feedback may judge them."""
    records = stand.records.get(PREDICTIONS, {})
    return {day for day in LATER if records.get(day, {}).get("state") == "released"}


def is_closed(stand: Stand, learned: Learned) -> bool:
    """Whether nothing of the loop is left to do."""
    if learned.versions and all(version["state"] == "held" for version in learned.versions):
        return True
    decided = all(stand.decided(PREDICTIONS, day) for day in predicted_days(stand))
    return len(learned.versions) > 1 and decided and later_released(stand) <= learned.judged


@dataclass(frozen=True)
class Loop:
    """The loop at work in a running Airflow; what is done is found and not repeated.

    Parameters
    ----------
    say : callable
        Prints a line of progress.
    stand : callable
        Reads the status of every batch.
    """

    home: Path
    airflow: Airflow
    say: Callable[[str], None]
    stand: Callable[[], Stand]

    def close(self) -> None:
        """Do what is left of it; without a champion nothing is predicted, and it ends there."""
        learned = read_learned(self.home)
        self.airflow.await_dags([TRAIN, SCORE, RELEASE])
        if not learned.versions:
            number = self._first_snapshot()
            self.say(f"training {MODEL} on {DATASET}@{number}, from {FIRST[0]} to {FIRST[-1]}")
            run = self._start(TRAIN, [{"snapshot": number, "reason": "the first days"}])
            if "failed" in self._end(TRAIN, run):
                self.say(f"{MODEL} is held, so that it predicts nothing")
                return
        # By the predictions of the first days those of the later ones are judged.
        self._score(FIRST)
        self._await_predictions()
        self._score(LATER)
        again = self._train_again() if len(learned.versions) < 2 else []
        self._await_predictions()
        self._judge(learned)
        self._end(TRAIN, again)

    def _score(self, days: Sequence[str]) -> None:
        """Score the days that are left; each run starts the release of its predictions."""
        stand = self.stand()
        left = [day for day in predicted_days(stand)
                if day in days and not stand.decided(PREDICTIONS, day)]  # fmt: skip
        if left:
            self.say(f"scoring {', '.join(left)}, and releasing the predictions")
            self._end(SCORE, self._start(SCORE, [{"batch": day} for day in left]))

    def _await_predictions(self) -> None:
        self._await(lambda: not self.airflow.is_busy(RELEASE))

    def _train_again(self) -> list[str]:
        """Start the second version, while the predictions of the first one are released."""
        self.say(f"training {MODEL} again, on every released day")
        return self._start(TRAIN, [{"reason": "every day"}])

    def _judge(self, learned: Learned) -> None:
        """Have the predictions of the later days judged by what became of the flights."""
        left = sorted(later_released(self.stand()) - learned.judged)
        if left:
            self.airflow.await_dags([FEEDBACK])
            self.say(f"feedback on {', '.join(left)}")
            self._end(FEEDBACK, self._start(FEEDBACK, [{"batch": day} for day in left]))

    def _first_snapshot(self) -> int:
        """The first snapshot that holds the first days."""
        number = 1
        while not set(FIRST) <= set(assay.open(f"{DATASET}@{number}").batches):
            number += 1
        return number

    def _start(self, dag_id: str, confs: Sequence[dict[str, Any]]) -> list[str]:
        return [self.airflow.trigger(dag_id, **conf) for conf in confs]

    def _end(self, dag_id: str, runs: Sequence[str]) -> set[str]:
        """Wait for runs; the states in which they ended."""
        left, ended = set(runs), set[str]()

        def done() -> bool:
            states = {run: self.airflow.state(dag_id, run) for run in left}
            over = {run for run, state in states.items() if state not in {"queued", "running"}}
            ended.update(states[run] for run in over)
            left.difference_update(over)
            return not left

        self._await(done)
        return ended

    def _await(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                raise AssayError("the loop doesn't come to its end", where=MODEL)
            time.sleep(_POLL_S)


def compared(home: Path) -> dict[str, Any]:
    """The first version beside the second one, on the same rows."""
    words = ("experiments", "compare", f"{MODEL}@1", f"{MODEL}@2", "--json")
    found: dict[str, Any] = json.loads(run_assay(home, *words))
    return found


def lines_of(learned: Learned, comparison: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What the loop has found: what, of which, how, and the figures."""
    for version in learned.versions:
        data = f"{version['dataset']}@{version['snapshot']}"
        figure = f"ROC AUC {version['metrics'].get('roc_auc', '–')}"
        name = f"{MODEL}@{version['number']}"
        state = "champion" if name == learned.champion else version["state"]
        yield "version", name, state, f"from {data}", figure
    for row in learned.feedback:
        share = f"{row['labelled']:,} of {row['predicted']:,} have their outcome"
        figure = f"ROC AUC {row['metrics'].get('roc_auc', '–')}"
        yield "feedback", row["batch"], row["outcome"], share, figure
    for one in comparison.get("paired", ()):
        found = one["difference"]
        if one["metric"] == "roc_auc" and found["low"] is not None:
            names = f"{comparison['b']} − {comparison['a']}"
            ends = f"({found['low']:+.3f} to {found['high']:+.3f})"
            figure = f"ROC AUC {found['value']:+.3f} {ends}"
            yield "comparison", names, one["says"], f"{found['n']:,} same rows", figure
