"""What every platform can do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from assay.errors import InputError, UnreachableError
from assay.labelling.rounds import Answer
from assay.labelling.rounds.cards import Card
from assay.policy.labelling import Instruction
from assay.verdict import Frozen


class PlatformError(InputError):
    """A platform doesn't do what it is asked; a person must correct something."""


class PlatformDown(PlatformError, UnreachableError):  # noqa: N818 - what is wrong is its name
    """A platform doesn't answer, or not now; later it may."""


class PlatformLost(PlatformError):  # noqa: N818 - what is wrong is its name
    """A platform has lost what was published; published again, the round goes on."""


class Sent(Frozen):
    """What :meth:`Platform.publish` did: for how many people something was new, or all found."""

    made: int
    found: int


class Platform(Protocol):
    """Where people answer; each method may be called again, and finds what it did before."""

    @property
    def name(self) -> str:
        """What the platform is, in a word."""
        ...

    def publish(
        self, project: str, instruction: Instruction, cards: Mapping[str, Sequence[Card]]
    ) -> Sent:
        """Show cards, those of each person (by name) to that person alone.

        Nothing that is there already is shown twice, and no answer is lost.
        """
        ...

    def collect(self, project: str, people: Collection[str] = ()) -> Iterator[Answer]:
        """All answers that the platform has, with the names of those who gave them.

        ``people`` are those to whom something was shown. A platform that knows that it has lost
        what one of them was shown raises :class:`PlatformLost`.
        """
        ...

    def withdraw(self, project: str) -> None:
        """Take away what was shown; answers that weren't collected are lost."""
        ...
