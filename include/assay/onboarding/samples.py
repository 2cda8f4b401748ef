"""The files that a data set is drafted from: one, or several batches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from assay.contract import Partition
from assay.errors import InputError

Grain = Literal["day", "month", "year"]
_FIRST: Final = {"day": "0001-01-01", "month": "0001-01", "year": "0001"}
_PLACE: Final = "{batch}"


@dataclass(frozen=True)
class Samples:
    """Files in the order of their batches.

    ``keys`` has the batch of each; it is empty where there is one file whose name has no key.
    """

    paths: tuple[Path | str, ...]
    keys: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        """Whether there is more than one batch."""
        return len(self.paths) > 1

    @property
    def shown(self) -> str:
        """The names of the files, for a reader."""
        names = [Path(str(path)).name for path in self.paths]
        return names[0] if not names[1:] else f"{names[0]} … {names[-1]}"


def find_samples(data: Path | str | Sequence[Path | str], grain: Grain) -> Samples:
    """The files that a person names: each by itself, or by a pattern with ``{batch}`` in it.

    Raises
    ------
    InputError
        If a pattern has no file, or one of several files isn't named after a batch of its own.
    """
    asked = [data] if isinstance(data, Path | str) else list(data)
    partition = Partition(grain=grain, first=_FIRST[grain])
    paths = [path for one in asked for path in _found(one, partition)]
    keys = [partition.keys_in(Path(str(path).partition("?")[0]).name) for path in paths]
    named = [found[0] for found in keys if len(found) == 1]
    if not paths[1:]:
        return Samples(tuple(paths), tuple(named))
    for path, found in zip(paths, keys, strict=True):
        if len(found) != 1 or named.count(found[0]) > 1:
            raise InputError(
                "several samples are several batches, and this one's batch isn't known",
                where=str(path), got=", ".join(found) or "no key in the name",
                expected=f"one key of a {grain} in each name, and no key twice",
                do="Name each file after its batch, or give a pattern with {batch} in it.",
            )  # fmt: skip
    ordered = sorted(zip(named, map(str, paths), strict=True))
    return Samples(tuple(path for _, path in ordered), tuple(key for key, _ in ordered))


def _found(one: Path | str, partition: Partition) -> list[Path | str]:
    """The files of a pattern, whose names have a key where it has ``{batch}``; else the file."""
    text = str(one)
    if _PLACE not in text:
        return [one]
    path = Path(text)
    shape = re.escape(path.name).replace(re.escape(_PLACE), "(.+)", 1)
    shape = shape.replace(re.escape(_PLACE), r"\1")
    there = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    matches = [(p, re.fullmatch(shape, p.name)) for p in there]
    found = [p for p, match in matches if match and partition.is_key(match[1])]
    if not found:
        raise InputError(
            "no file fits the pattern", where=text,
            expected=f"files with a key of a {partition.grain} in the place of {{batch}}",
        )  # fmt: skip
    return list(found)
