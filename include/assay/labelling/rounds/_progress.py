"""What of a round is done, and by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.labelling.rounds._take import latest
from assay.labelling.rounds.records import Annotation, Task
from assay.verdict import Frozen


class Progress(Frozen):
    """How far a round is.

    Parameters
    ----------
    tasks, answered : int
        Tasks, and those that everybody who is asked has answered.
    asked, given : int
        Answers that are asked for, and those that are there.
    by_annotator : mapping of str to (int, int)
        Pseudonym to the answers that are there and those that are asked for.
    edited : int
        Answers that were changed after a collection.
    """

    tasks: int
    answered: int
    asked: int
    given: int
    by_annotator: dict[str, tuple[int, int]]
    edited: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.given == self.asked


def measure_progress(tasks: Sequence[Task], annotations: Iterable[Annotation]) -> Progress:
    """Count what is answered.

    Examples
    --------
    >>> tasks = [Task(id="t", key=(1,), place=0, reason="random", annotators=("A", "B"))]
    >>> found = measure_progress(tasks, [])
    >>> found.by_annotator, found.complete
    ({'A': (0, 1), 'B': (0, 1)}, False)
    """
    every = list(annotations)
    there = set(latest(every))
    asked = [(task.id, who) for task in tasks for who in task.annotators]
    wanted, given = (
        Counter(who for _, who in asked),
        Counter(w for t, w in asked if (t, w) in there),
    )
    return Progress(
        tasks=len(tasks),
        answered=sum(all((t.id, who) in there for who in t.annotators) for t in tasks),
        asked=len(asked), given=given.total(),
        by_annotator={who: (given[who], wanted[who]) for who in sorted(wanted)},
        edited=sum(one.number > 1 for one in every),
    )  # fmt: skip
