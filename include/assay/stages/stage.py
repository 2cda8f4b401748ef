"""One stage of a run, whatever the run is about, and what follows from a list of stages.

A run of a batch and a training run of a model are chains of stages alike. Each chain is one list
(``stages/run/chain.py``, ``stages/models/chain.py``), from which everything else derives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from assay.policy import OptionalGatePolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.policy import Policy
    from assay.stages.run import Finished


class Question(StrEnum):
    """What a reader of the overview wants to know of a batch."""

    GOOD = "Is it good?"
    FAIR = "Is it fair?"
    LEGAL = "Is it legal?"
    CHANGED = "What changed?"


@dataclass(frozen=True)
class Stage:
    """One stage of a run.

    Parameters
    ----------
    name : str
        The task's id, and the key of the stage's result.
    work : str
        ``module:function`` of the stage, ``(run) -> Finished``; imported when the stage works.
    does : str
        What it does, a sentence for people.
    policy : str, optional
        ``module:model`` of the policy that it follows. A stage whose policy is an
        :class:`~assay.policy.OptionalGatePolicy` is skipped where the policy says so.
    after : tuple of str
        Stages that have to end before.
    reads, writes : tuple of str
        Artefacts of the workspace. A stage can read and write no others.
    on_request : bool
        Whether a data set may do without the file of the policy. It then does without the stage,
        and its versions derive from the files that it has.
    question : Question, optional
        The question of the overview that it answers.
    by_reference : bool
        Whether it judges less where a person chose one reference, so that its result is kept apart.
    by_champion : bool
        Whether it asks the champion too, so that its result is kept apart for each champion.
    """

    name: str
    work: str
    does: str
    policy: str | None = None
    on_request: bool = False
    after: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    question: Question | None = None
    by_reference: bool = False
    by_champion: bool = False

    @property
    def title(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ")

    @property
    def room(self) -> str:
        """The room whose policy the stage follows; empty for a stage without one."""
        return (self.policy or "").partition(":")[0].removeprefix("assay.policy.")

    @property
    def function(self) -> Callable[[Any], Finished]:
        """The function that does the work."""
        found: Callable[[Any], Finished] = resolve_name(self.work)
        return found

    @property
    def policy_model(self) -> type[Policy] | None:
        """The model of the policy."""
        if self.policy is None:
            return None
        model: type[Policy] = resolve_name(self.policy)
        return model

    @property
    def optional(self) -> bool:
        """Whether the policy may say that the stage doesn't apply to a data set."""
        return self.policy_model is not None and issubclass(self.policy_model, OptionalGatePolicy)

    @property
    def noun(self) -> str:
        """The name of the policy's file; empty for a stage without a policy."""
        return "" if self.policy_model is None else self.policy_model.noun

    def why_idle(self, policies: Mapping[str, Policy], absent: Collection[str] = ()) -> str | None:
        """Why the stage doesn't apply to the data set; None if it applies.

        A policy may say so, or be among the ``absent`` ones of a stage that is there on request.
        """
        policy = policies.get(self.noun)
        if self.on_request and self.noun in absent:
            return f"the data set has no {self.noun}.yaml"
        if isinstance(policy, OptionalGatePolicy) and not policy.applies:
            return policy.reason or "its policy says that it doesn't apply"
        return None


def find_stage(stages: Sequence[Stage], name: str) -> Stage:
    """The stage of a name; KeyError for any other."""
    return {stage.name: stage for stage in stages}[name]


def ends_of(stages: Sequence[Stage]) -> list[str]:
    """Stages that no other stage comes after."""
    followed = {name for stage in stages for name in stage.after}
    return [stage.name for stage in stages if stage.name not in followed]


def before_stage(stages: Sequence[Stage], name: str) -> set[str]:
    """All stages that have to end before one."""
    direct = find_stage(stages, name).after
    return {*direct, *(earlier for one in direct for earlier in before_stage(stages, one))}


def needed_after(stages: Sequence[Stage], name: str) -> set[str]:
    """Artefacts of a stage that another stage reads."""
    later = {artefact for stage in stages if stage.name != name for artefact in stage.reads}
    return later & set(find_stage(stages, name).writes)
