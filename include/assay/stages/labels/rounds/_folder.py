"""Where a round is kept: the only module that knows the names of its files.

``labelling/<data set>/round-0001/<id>/`` holds sealed JSON records. Each is written once, aside and
renamed; which of them are there says how far the round is. A round that is killed between two of
them goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from assay.errors import InputError
from assay.labelling.rounds import Annotation, Refusal, Round, Task
from assay.lake import beside, locked, replace_folder, write_text
from assay.policy.labelling import LabellingPolicy
from assay.privacy import pseudonym
from assay.stages.labels._annotations import DOMAIN
from assay.stages.services import Services

ZONE: Final = "labelling"
_PREFIX: Final = "round-"
SHEETS: Final = "sheets"
"""The folder of a round in which its sheets lie, where no other is named."""
FIRST, REVIEW = "", "review"
"""The two askings of a round: of the annotators, then of the experts."""


@dataclass(frozen=True)
class RoundFolder:
    """The records of one round."""

    services: Services
    dataset: str
    number: int
    path: Path

    def has(self, name: str) -> bool:
        """Whether a record is there."""
        return self._file(name).is_file()

    @property
    def ended(self) -> bool:
        """Whether the round has landed, or was dropped: the next one may begin."""
        return self.has("landed") or self.has("dropped")

    def read(self, name: str) -> Any:
        """The content of a record.

        Raises
        ------
        InputError
            If it isn't as it was written.
        """
        found = self.services.seal.open(self._about(name), self._file(name).read_bytes())
        if found is None:
            raise InputError(
                "a record of a round isn't as it was written", where=self._shown(name),
                do="Restore it from a backup, or plan another round.",
            )  # fmt: skip
        return found

    def write(self, name: str, content: Any) -> None:
        """Write a record, aside and renamed."""
        write_text(self._file(name), self.services.seal.close(self._about(name), content))

    @cached_property
    def round(self) -> Round:
        """The round."""
        return Round.model_validate(self.read("round"))

    @cached_property
    def policy(self) -> LabellingPolicy:
        """The policy as it was when the round was planned."""
        return LabellingPolicy.model_validate(self.read("policy"))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Pseudonym to name: the only record with the names of those who are asked."""
        found: dict[str, str] = self.read("names")
        return found

    def tasks(self, asking: str = FIRST) -> tuple[Task, ...]:
        """The tasks of an asking, by place; none where it hasn't begun."""
        name = _named("tasks", asking)
        found = self.read(name) if self.has(name) else []
        return tuple(Task.model_validate(one) for one in found)

    def annotations(self, asking: str = FIRST) -> list[Annotation]:
        """What all collections took, in their order."""
        found: list[Annotation] = []
        while self.has(name := self._collection(asking, len(found))):
            found += [Annotation.model_validate(one) for one in self.read(name)]
        return found

    def add_annotations(self, new: tuple[Annotation, ...], asking: str = FIRST) -> None:
        """Keep what a collection took."""
        name = self._collection(asking, len(self.annotations(asking)))
        self.write(name, [one.model_dump(mode="json") for one in new])

    def refused(self, asking: str = FIRST) -> tuple[Refusal, ...]:
        """Answers that the last collection didn't take."""
        name = _named("refused", asking)
        found = self.read(name) if self.has(name) else []
        return tuple(Refusal.model_validate(one) for one in found)

    def person(self, name: str) -> str:
        """The pseudonym of a person's name."""
        known = {own: who for who, own in self.names.items()}
        return known.get(name) or person_of(self.services, name)

    def _collection(self, asking: str, taken: int) -> str:
        """The record of the collection that begins after so many annotations."""
        return f"{_named('annotations', asking)}-{taken:06d}"

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.json"

    def _about(self, name: str) -> list[str]:
        return ["labelling", self.dataset, str(self.number), name]

    def _shown(self, name: str) -> str:
        return self.services.relative(self._file(name))


def _named(what: str, asking: str) -> str:
    return f"{asking}_{what}" if asking else what


def person_of(services: Services, name: str) -> str:
    """The pseudonym of an annotator: one in all rounds and files."""
    return str(pseudonym(name, DOMAIN, services.key))


@contextmanager
def alone(services: Services, dataset: str) -> Iterator[None]:
    """Hold the lock of a data set's rounds among the processes of this machine."""
    with locked(services.lake.make(ZONE, dataset, ".lock")):
        yield


def rounds_of(services: Services, dataset: str) -> list[RoundFolder]:
    """The rounds of a data set that are there, by number."""
    root = services.lake.path(ZONE, dataset)
    found = root.glob(f"{_PREFIX}*/*/round.json") if root.is_dir() else ()
    made = [
        RoundFolder(services, dataset, int(path.parts[-3].removeprefix(_PREFIX)), path.parent)
        for path in found
        if not path.parent.name.startswith(".")
    ]
    return sorted(made, key=lambda one: one.number)


def find_round(services: Services, dataset: str, number: int | None = None) -> RoundFolder:
    """A round; the newest one, where no number is given.

    Raises
    ------
    InputError
        If there is none.
    """
    found = rounds_of(services, dataset)
    chosen = [one for one in found if number in {None, one.number}]
    if not chosen:
        known = ", ".join(str(one.number) for one in found) or "none is planned yet"
        raise InputError(
            "no such round", where=dataset, got="none" if number is None else number,
            expected=known, do=f"Plan one: assay label plan {dataset}.",
        )  # fmt: skip
    return chosen[-1]


def write_round(
    services: Services, asked: Round, policy: LabellingPolicy, tasks: tuple[Task, ...],
    names: Mapping[str, str],
) -> RoundFolder:  # fmt: skip
    """Write a new round: all of its records at once, or none."""
    place = services.lake.make(ZONE, asked.dataset, f"{_PREFIX}{asked.number:04d}", asked.id)
    with beside(place) as aside:
        whole = aside / asked.id
        whole.mkdir(mode=0o700)
        made = RoundFolder(services, asked.dataset, asked.number, whole)
        made.write("policy", policy.model_dump(mode="json"))
        made.write("names", dict(names))
        made.write("tasks", [one.model_dump(mode="json") for one in tasks])
        made.write("round", asked.model_dump(mode="json"))
        replace_folder(whole, place)
    return RoundFolder(services, asked.dataset, asked.number, place)
