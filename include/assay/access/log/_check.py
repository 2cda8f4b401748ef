"""Whether the access log is whole: its chain, its signed head, and the heads that are anchored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from assay.access.log._book import START, AccessLog, hash_of
from assay.access.log._head import Head, open_head


@dataclass(frozen=True)
class LogFault:
    """What is wrong with a log, and at which line, where one can be named."""

    what: str
    line: int | None = None


@dataclass(frozen=True)
class LogCheck:
    """The result of a check.

    Parameters
    ----------
    lines : int
        Lines that are there.
    anchored : int
        Lines up to the last anchor: those after it could be cut off unseen.
    anchors : int
        Anchors that were compared.
    faults : tuple of LogFault
        Empty if the log is whole.
    others : tuple of str
        Other logs that are anchored in the same place: of other hosts, or of a key that was lost.
    """

    log: str
    lines: int
    anchored: int
    anchors: int
    last_anchor: str | None
    faults: tuple[LogFault, ...]
    others: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def check_log(log: AccessLog, anchors: Iterable[str]) -> LogCheck:
    """Compare each line with the one before, and with every head that was signed.

    Parameters
    ----------
    anchors : iterable of str
        Signed heads from where they are anchored, the oldest first.

    Notes
    -----
    An edited, removed, added or moved line breaks the chain at the next one, and the last one
    differs from the head. A chain that was written again as a whole, or whose end is missing,
    differs from an anchor.
    """
    if not log.began and not log.path.exists():
        return LogCheck("", 0, 0, 0, None, ())
    texts = list(anchors)
    heads = [open_head(text) for text in texts]
    own = [head for head in heads if head is not None and head.log == log.name]
    faults = [LogFault("an anchor isn't signed by the log's key")] * (len(texts) - len(own))
    faults += _falling(own)
    text = log.head_text()
    signed = open_head(text) if text is not None else None
    if text is not None and (signed is None or signed.log != log.name):
        faults.append(LogFault("the head isn't signed by the log's key"))
        signed = None
    expected = dict[int, set[str]]()
    for head in ([signed] if signed else []) + own:
        expected.setdefault(head.lines, set()).add(head.hash)
    lines, found = _chain(log, expected)
    faults += found
    faults += _ends(lines, signed, own)
    last = own[-1] if own else None
    return LogCheck(
        log.name, lines, last.lines if last else 0, len(own), last.at if last else None,
        tuple(faults),
    )  # fmt: skip


def _chain(log: AccessLog, expected: dict[int, set[str]]) -> tuple[int, list[LogFault]]:
    """The number of lines, and the first fault of each kind in the chain."""
    before, lines, faults = START, 0, list[LogFault]()
    for line in log.lines():
        lines += 1
        number, says = _links(line)
        if number != lines:
            faults.append(LogFault("isn't the line that belongs here", lines))
        if says != before:
            faults.append(LogFault("the line before was changed, moved or removed", lines))
        before = hash_of(line)
        if expected.get(lines, {before}) != {before}:
            faults.append(LogFault("differs from what was signed", lines))
        if len(faults) > 20:
            break
    return lines, faults


def _links(line: bytes) -> tuple[int | None, str | None]:
    try:
        said = json.loads(line)
        return said["n"], said["before"]
    except (ValueError, KeyError, TypeError):
        return None, None


def _falling(own: list[Head]) -> Iterator[LogFault]:
    """Anchors that say fewer lines than an earlier one."""
    for earlier, later in pairwise(own):
        if later.lines < earlier.lines:
            yield LogFault("the anchors were set back", later.lines)


def _ends(lines: int, signed: Head | None, own: list[Head]) -> Iterator[LogFault]:
    """A tail that is missing, or that nobody signed."""
    most = max([head.lines for head in own] + ([signed.lines] if signed else []), default=0)
    if lines < most:
        yield LogFault(f"lines are missing at the end: {most} were signed", lines)
    # A writer that was killed leaves one line at most that isn't signed yet.
    if lines > (signed.lines if signed else 0) + 1:
        yield LogFault("lines at the end aren't signed", (signed.lines if signed else 0) + 1)
