"""Planning a round: which rows are asked, who is asked, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from assay.errors import InputError, problems_error
from assay.labelling.rounds import Candidate, Round, Task, plan_tasks
from assay.labelling.rounds.records import GOLD, KeyPart
from assay.policy import load_policy
from assay.policy.labelling import LabellingPolicy
from assay.stages.labels.rounds._folder import (
    RoundFolder,
    alone,
    person_of,
    rounds_of,
    write_round,
)
from assay.stages.labels.rounds._known import known_answers
from assay.stages.labels.suggest import request_of, suggest_of_dataset
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.stages.labels.suggest import Suggested

_ALPHA: Final = 0.05
_MORE: Final = ("place", "reason", "score", "inclusion")


class EnoughLabels(InputError):  # noqa: N818 - what is the case is its name
    """The policy's stop rule asks for no other round."""


@dataclass(frozen=True)
class Planned:
    """A round, its tasks, and whether this call made it."""

    round: Round
    tasks: tuple[Task, ...]
    new: bool


def plan_round(
    services: Services, dataset: str, *, author: str, budget: int | None = None,
    annotators: Sequence[str] = (), labels: str | None = None, gold: str | None = None,
    anyway: bool = False, run: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Planned:  # fmt: skip
    """Plan the next round of a data set; a round that hasn't ended is found.

    Parameters
    ----------
    author : str
        User id on record.
    budget : int, optional
        Rows; by default the policy's.
    annotators : sequence of str, optional
        User ids of those who are asked; by default the policy's.
    labels : str, optional
        A file with the labels so far; by default the released rows of ``<dataset>_labels``.
    gold : str, optional
        A file with the key and ``label`` of rows whose answer is known; experts' answers of earlier
        rounds are known without it.
    anyway : bool
        Plan it though the policy's stop rule says that no other round is worth it.
    run : str, optional
        Id of the run that asks. A run that asks again finds its round, landed or not.

    Raises
    ------
    EnoughLabels
        If the policy asks for no other round.
    InputError
        If nothing names a row, or nobody is asked.
    PolicyError
        If the data set has no labelling policy, or it shows what it mustn't.
    """
    contract = services.project.contract(dataset)
    policy = _policy(services, dataset)
    with alone(services, dataset):
        if (there := _planned(services, dataset, run)) is not None:
            return Planned(there.round, there.tasks(), new=False)
        if not contract.primary_key:
            raise InputError("the data set has no key, so that nothing names a row",
                             where=dataset, do="Give its contract a primary key.")  # fmt: skip
        people = tuple(annotators) or policy.annotators
        snapshot = _snapshot(services, dataset)
        request = request_of(policy, budget, alpha=_ALPHA)
        with services.session() as session:
            found = suggest_of_dataset(
                services, session, dataset, request, labels=labels, progress=progress
            )
            known = known_answers(services, session, dataset, contract.primary_key, policy, gold)
        _check_worth(found, anyway)
        if _snapshot(services, dataset) != snapshot:
            raise InputError("a release came in between", where=dataset, do="Plan it again.")
        return _write(services, dataset, policy, snapshot, found, known, people, author, run)


def _policy(services: Services, dataset: str) -> LabellingPolicy:
    path = services.project.policy(dataset, LabellingPolicy.noun)
    policy = load_policy(path, LabellingPolicy)
    if faults := list(_faults(services, dataset, policy)):
        raise problems_error(InputError, faults)
    return policy


def _faults(services: Services, dataset: str, policy: LabellingPolicy) -> Sequence[Any]:
    """What is wrong with the policy beside the other files, as ``assay check`` finds it."""
    from assay.contract import Contract, load_contracts
    from assay.stages.authoring._check import policy_models
    from assay.stages.authoring._file_problems import DatasetFiles
    from assay.stages.authoring._labelling_problems import labelling_problems

    loaded = load_contracts(services.project.contracts)
    contracts = {name: one for name, one in loaded.items() if isinstance(one, Contract)}
    policies = {}
    for noun, model in policy_models().items():
        path = services.project.policy(dataset, noun)
        if path.is_file():
            policies[noun] = load_policy(path, model)
    files = DatasetFiles(services.project, contracts[dataset], contracts, policies)
    return list(labelling_problems(files, policy))


def _planned(services: Services, dataset: str, run: str | None) -> RoundFolder | None:
    """The round that a run planned before, or one that hasn't ended."""
    newest_first = rounds_of(services, dataset)[::-1]
    own = (one for one in newest_first if run is not None and one.round.run == run)
    return next(own, None) or next((r for r in newest_first if not r.ended), None)


def _snapshot(services: Services, dataset: str) -> int:
    return services.registry.snapshot(dataset).number


def _check_worth(found: Suggested, anyway: bool) -> None:
    if found.worth is not None and found.worth.stop and not anyway:
        raise EnoughLabels(
            "the policy asks for no other round", got=found.worth.stop,
            do="--anyway plans it all the same.",
        )  # fmt: skip


def _write(
    services: Services, dataset: str, policy: LabellingPolicy, snapshot: int, found: Suggested,
    known: Sequence[Candidate], people: Sequence[str], author: str, run: str | None,
) -> Planned:  # fmt: skip
    number = 1 + max(_numbers(services, dataset), default=0)
    names = {person_of(services, one): one for one in (*people, *policy.experts)}
    chosen = _candidates(found, services.project.contract(dataset).primary_key)
    asked = {one.key for one in chosen}
    tasks = plan_tasks(
        chosen, [person_of(services, one) for one in people], double=policy.double_labelling,
        seed=policy.selection.seed + number, name=partial(task_id, services, dataset, number),
        known=[one for one in known if one.key not in asked], gold_rate=policy.gold_rate,
    )  # fmt: skip
    now = services.clock()
    said = [*found.said]
    if policy.gold_rate and not any(one.reason == GOLD for one in tasks):
        said.append("no answer is known yet, so that there are no gold tasks")
    made = Round(
        dataset=dataset, number=number, snapshot=snapshot,
        id=services.registry.use_id("label_round", [
            dataset, number, snapshot, policy.hash, [one.model_dump(mode="json") for one in tasks],
        ]),
        key=services.project.contract(dataset).primary_key,
        instruction=policy.instruction.version, answers=policy.answers,
        annotators=tuple(person_of(services, one) for one in people),
        experts=tuple(person_of(services, one) for one in policy.experts),
        planned_at=now, deadline=now + timedelta(days=policy.round.deadline_days), author=author,
        said=tuple(said), run=run,
    )  # fmt: skip
    write_round(services, made, policy, tasks, names)
    return Planned(made, tasks, new=True)


def _numbers(services: Services, dataset: str) -> Sequence[int]:
    """Numbers of rounds: of those that are kept, and of those whose labels were delivered."""
    landed = (u for u in services.registry.uses("label_round") if u.subject == dataset)
    return [one.number for one in rounds_of(services, dataset)] + [
        int(use.details["round"]) for use in landed
    ]


def _candidates(found: Suggested, key: Sequence[str]) -> list[Candidate]:
    rows: list[Mapping[str, Any]] = found.table.to_pylist()
    return [
        Candidate(key_of(row, key), row["reason"], row["score"], row["inclusion"]) for row in rows
    ]


def key_of(row: Mapping[str, Any], key: Sequence[str]) -> tuple[KeyPart, ...]:
    """The key of a row, as records have it: a date is a text."""
    values = (row[name] for name in key)
    return tuple(
        one if one is None or isinstance(one, str | int | float) else str(one) for one in values
    )


def task_id(
    services: Services, dataset: str, number: int, key: tuple[KeyPart, ...], asking: str = ""
) -> str:
    """The id of a task: a keyed hash of the round and the row, which leads back to neither."""
    about = ["task", dataset, str(number), asking]
    return services.seal.of(about, list(key))[:32]
