"""The platform without a server: a CSV file for each person, filled in and read again."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.labelling.platforms._platform import PlatformError, PlatformLost, Sent
from assay.labelling.rounds import Answer
from assay.labelling.rounds.cards import Card, Picture
from assay.lake import publish, write_text
from assay.policy import level_text
from assay.policy.labelling import Instruction

TASK, ANSWER = "task", "answer"
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
_INSTRUCTION: Final = "instruction.txt"
_PICTURES: Final = "pictures"
_FIRST: Final = re.compile(r'\s*"?task"?\s*([,;\t])')


@dataclass(frozen=True)
class Sheets:
    """A folder with one sheet for each person, ``<project>/<person>.csv``.

    A sheet has the columns ``task``, those that are shown, and ``answer``, which is empty. A person
    sees no sheet but their own, if they are given no other.

    Parameters
    ----------
    folder : Path
        Where sheets are written, and read from.
    """

    folder: Path

    @property
    def name(self) -> str:
        """What the platform is, in a word."""
        return "sheets"

    def publish(
        self, project: str, instruction: Instruction, cards: Mapping[str, Sequence[Card]]
    ) -> Sent:
        """Write the sheets that aren't there; one that is there may have answers, and stays."""
        folder = self.folder / project
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(folder / _INSTRUCTION, _as_text(instruction))
        missing = [who for who in cards if not _sheet(folder, who).exists()]
        for who in missing:
            pictures = _write_pictures(folder, cards[who])
            write_text(_sheet(folder, who), _as_csv(cards[who], pictures))
        return Sent(made=len(missing), found=len(cards) - len(missing))

    def collect(
        self,
        project: str,
        people: Collection[str] = (),  # noqa: ARG002 - a sheet may be with its person
    ) -> Iterator[Answer]:
        """Read the answers of all sheets, by whatever program they were written.

        Raises
        ------
        PlatformLost
            If there is no folder.
        PlatformError
            If a sheet lacks a column or can't be read.
        """
        folder = self.folder / project
        if not folder.is_dir():
            raise PlatformLost(
                "there are no sheets of this round", where=str(folder),
                do="Publish the round, or name the folder that they are in.",
            )  # fmt: skip
        for path in sorted(folder.glob("*.csv")):
            yield from _answers(path)

    def withdraw(self, project: str) -> None:
        """Remove the folder of the round."""
        shutil.rmtree(self.folder / project, ignore_errors=True)


def _sheet(folder: Path, who: str) -> Path:
    if "/" in who or "\0" in who or who.startswith("."):
        raise InputError("a person's name can't be that of a file",
                         expected="no / in it, and no dot at its beginning")  # fmt: skip
    return folder / f"{who}.csv"


def _write_pictures(folder: Path, cards: Sequence[Card]) -> dict[tuple[str, str], str]:
    """Write pictures beside the sheets; the path of each by task and title."""
    found: dict[tuple[str, str], str] = {}
    for card in cards:
        pictures = [(t, c) for t, c in card.cells.items() if isinstance(c, Picture)]
        for place, (title, picture) in enumerate(pictures):
            path = folder / _PICTURES / f"{card.task}-{place}.{picture.kind}"
            path.parent.mkdir(mode=0o700, exist_ok=True)
            aside = path.with_name(f".{path.name}")
            aside.write_bytes(picture.content)
            publish(aside, path)
            found[card.task, title] = f"{_PICTURES}/{path.name}"
    return found


def _as_csv(cards: Sequence[Card], pictures: Mapping[tuple[str, str], str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    titles = list(cards[0].cells) if cards else []
    if taken := sorted({TASK, ANSWER} & set(titles)):
        raise InputError(
            "a column that is shown has the title of one of the sheet's own", got=taken[0],
            do="Give it another `title` in the policy's `show`.",
        )  # fmt: skip
    writer.writerow([TASK, *titles, ANSWER])
    for card in cards:
        shown = [
            pictures[card.task, title] if isinstance(cell, Picture) else _harmless(cell)
            for title, cell in card.cells.items()
        ]
        writer.writerow([card.task, *shown, ""])
    return "\ufeff" + out.getvalue()  # the mark by which spreadsheets know UTF-8


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    if not text.startswith(_RISKY):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _answers(path: Path) -> Iterator[Answer]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlatformError("a sheet isn't UTF-8", where=path.parent.name,
                         do="Save it as CSV UTF-8.") from error  # fmt: skip
    rows = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    names = [name.strip() for name in rows.fieldnames or ()]
    if missing := [name for name in (TASK, ANSWER) if name not in names]:
        raise PlatformError(
            "a sheet lacks a column", where=path.parent.name, got=", ".join(names) or "no column",
            expected=" and ".join(missing), do="Keep the first line as it was.",
        )  # fmt: skip
    rows.fieldnames = names
    for row in rows:
        if task := (row[TASK] or "").strip():
            yield Answer(task=task, annotator=path.stem, given=row[ANSWER] or "")


def _delimiter(text: str) -> str:
    """The sign after the first name: spreadsheets of some languages write no comma."""
    found = _FIRST.match(text)
    return found[1] if found else ","


def _as_text(instruction: Instruction) -> str:
    """The instruction as people read it beside their sheet."""
    lines = [instruction.question, "", f"Write one of these into the column {ANSWER}:"]
    for one in instruction.answers:
        lines += ["", f"{level_text(one.value)}: {one.definition}"]
        lines += [f"    for example: {example}" for example in one.examples]
    if instruction.unsure:
        lines += ["", f"In doubt: {instruction.unsure}"]
    return "\n".join([*lines, "", f"Instruction {instruction.version}", ""])
