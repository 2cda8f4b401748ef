"""Texts judged by Python in a process of its own, with a bound on time.

Python's regular expressions may take years for a text of thirty letters, and nothing in the same
process can stop them. RE2, which the engine uses, is linear; only what it can't judge comes here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assay.errors import InputError
from assay.quality._frame import Unjudged

_PROGRAM: Final = Path(__file__).with_name("_judge_program.py")
_BLOCK: Final = 1000
SETTING: Final = "ASSAY_PATTERN_SECONDS"
_SECONDS: Final = "10"
"""Seconds of the processor for a block of texts: ten thousand times what most patterns take."""
_BLOCKS_AT_FIRST: Final = 6
_SHARE_OF_EACH: Final = 10_000
"""All blocks together: as long as for six of them, and a ten thousandth of one for each text."""


@dataclass(frozen=True)
class Judging:
    """What texts are judged by, and its name in a message."""

    kind: str
    argument: Any
    name: str


@dataclass
class JudgeProcess:
    """A running process that judges texts.

    Parameters
    ----------
    seconds : float
        Seconds of the processor that a block of texts may take.
    judged : int
        Texts that it has answered for.
    """

    judging: Judging
    process: subprocess.Popen[str]
    seconds: float
    judged: int = 0
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = _BLOCKS_AT_FIRST * self.seconds

    def holds(self, texts: Sequence[str]) -> list[bool]:
        """Whether each text meets what is judged by.

        Raises
        ------
        Unjudged
            If the time is over; the message names the pattern, and how many texts were judged.
        """
        found: list[bool] = []
        for start in range(0, len(texts), _BLOCK):
            found += self._block(texts[start : start + _BLOCK])
        return found

    def _block(self, texts: Sequence[str]) -> list[bool]:
        self.left += self.seconds * len(texts) / _SHARE_OF_EACH
        seconds = max(0.001, min(self.seconds, self.left))
        answer = self._asked({"texts": list(texts), "seconds": seconds})
        if "holds" not in answer:
            self.judged += int(answer.get("late", 0))
            raise Unjudged(answer.get("fails") or self._late())
        self.judged += len(texts)
        self.left -= float(answer["seconds"])
        return [digit == "1" for digit in answer["holds"]]

    def send(self, message: dict[str, Any]) -> None:
        """Write a line to the process."""
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a block; empty where the system has ended the process."""
        try:
            self.send(question)
        except BrokenPipeError:
            return {}
        line = self.process.stdout.readline() if self.process.stdout else ""
        return dict(json.loads(line)) if line else {}

    def _late(self) -> str:
        return (
            f"{self.judging.name} takes too long: it had judged {self.judged} distinct values "
            "when its time was over"
        )


@contextmanager
def judge_process(judging: Judging) -> Iterator[JudgeProcess]:
    """Start the process, and end it with the block.

    Raises
    ------
    InputError
        If ``ASSAY_PATTERN_SECONDS`` is no number of seconds.
    """
    seconds = _configured()
    process = subprocess.Popen(
        [sys.executable, "-P", str(_PROGRAM)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        encoding="ascii",
    )  # fmt: skip
    with process:
        try:
            judge = JudgeProcess(judging, process, seconds)
            judge.send({"kind": judging.kind, "argument": judging.argument})
            yield judge
        finally:
            process.kill()


def _configured() -> float:
    """The seconds that the environment sets, checked, or the default.

    They aren't the policy's: what a machine takes for a pattern says nothing of the data, and a
    policy's hash would name other versions on a faster one.
    """
    asked = os.environ.get(SETTING, "").strip() or _SECONDS
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", asked, flags=re.ASCII) or not float(asked):
        raise InputError(
            "is no number of seconds", where=SETTING, got=asked,
            expected="seconds of the processor for a thousand values, such as 10 or 0.5",
        )  # fmt: skip
    return float(asked)
