"""The model that makes the rows: a copula, a network, or the better of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assay.policy.synthesis import Method, SynthesisPolicy
from assay.stages.synthesis._released import Halves
from assay.synthesis import Generated, Generator, Rules, fit_copula, generate
from assay.synthesis.gan import train_gan
from assay.synthesis.judging import SynthesisReport, judge_synthesis, measure_synthesis
from assay.synthesis.raking import rake
from assay.verdict import Verdict

Step = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
    """Rows that a method made, what was measured of them, and the verdict."""

    method: str
    made: Generated
    report: SynthesisReport
    verdict: Verdict

    @property
    def rank(self) -> tuple[float, ...]:
        """Less is better: the verdict, then what a model loses, then how unlike pairs are."""
        found = self.report.utility
        lost = 0.0 if found is None or found.lost.value is None else found.lost.value
        return self.verdict.outcome.severity, lost, -self.report.pair_fidelity


def choose_rows(
    halves: Halves, policy: SynthesisPolicy, rules: Rules, *, rows: int, method: Method,
    quasi_identifiers: tuple[str, ...], checkpoint: Path, step: Step,
) -> Candidate:  # fmt: skip
    """Make rows by the method; by ``best`` the network's, if they are judged better.

    The checkpoint is removed once the network has been trained: it was learned from real rows.
    """
    wanted = ("copula", "gan") if method == "best" else (method,)
    found: list[Candidate] = []
    for name in wanted:
        model = _fitted(name, halves, policy, checkpoint, step)
        step(f"drawing rows ({name})")
        made = generate(
            model, rows, seed=policy.seed, rules=rules,
            step=partial(_count, step, f"drawing rows ({name})"),
        )  # fmt: skip
        report = measure_synthesis(
            halves.learned, halves.held, made.rows, policy, quasi_identifiers=quasi_identifiers,
            step=step,
        )  # fmt: skip
        found.append(Candidate(name, made, report, judge_synthesis(report, policy)))
    checkpoint.unlink(missing_ok=True)
    return min(found, key=lambda one: one.rank)


def _count(step: Step, what: str, done: int, of: int) -> None:
    step(f"{what} {done:,} of {of:,}")


def _fitted(
    name: str, halves: Halves, policy: SynthesisPolicy, checkpoint: Path, step: Step
) -> Generator:
    network = policy.network
    model: Generator
    if name == "copula" or network is None:
        step("fitting a copula")
        model = fit_copula(halves.learned)
    else:
        model = train_gan(
            halves.learned, epochs=network.epochs, batch=network.batch, seed=policy.seed,
            checkpoint=checkpoint,
            step=partial(_count, step, "training the network: epoch"),
        )  # fmt: skip
    if not policy.rake:
        return model
    step("raking")
    return rake(model, halves.learned, seed=policy.seed)
