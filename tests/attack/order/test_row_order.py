"""An adversary who knows the sorted clear keys reads every order that a reader of versions gets.

The upstream sends its rows sorted by the clear key, as SQL sources do, and the adversary has the
list of the keys. Each order that a file holds (of its rows, of a column of row numbers, of row
groups and their statistics, of several versions of one batch taken together) is a guess: the first
pseudonym is the first key, and so on. The guesses must be right no oftener than chance.

The slow test writes ``include/docs/evidence/row_order.md`` with ``ASSAY_UPDATE_EVIDENCE=1``.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import binom

from assay.keys import PseudonymKey
from assay.privacy._pseudonym import pseudonymiser
from assay.stages.services import Services
from demo.flights import drop_references

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "include" / "docs" / "evidence" / "row_order.md"
READABLE: Final = ("data", "observed", "scaled", "changes")
PEOPLE: Final = 3000
RISK: Final = 1e-4
MASTER: Final = bytes(range(32))
Guess = dict[str, Any]


def known_keys(mini: Any, train: Any) -> None:
    """Keys that are the same in each run, so that the figures are."""
    for name, content in (
        ("registry.key", MASTER),
        ("pseudonym.key", f"v1:{MASTER.hex()}\n".encode()),
    ):
        path = train.services.lake.make("secrets", name)
        path.write_bytes(content)
        path.chmod(0o600)


def people(day: str, follows: bool = False) -> list[tuple[Any, ...]]:
    """Visits in the order of the clear key; their times are random unless they follow it."""
    chance = random.Random(7)
    start = datetime.fromisoformat(day)
    rows = []
    for i in range(PEOPLE):
        seconds = i * 20 if follows else chance.randrange(86_400)
        seen = start + timedelta(seconds=seconds)
        rows.append(
            (
                f"P{i:06d}", f"S{chance.randrange(8)}", chance.randint(18, 90),
                f"{chance.gauss(50, 10):.3f}" if chance.random() > 0.02 else "",
                chance.choice("ab"), chance.randrange(2), seen.isoformat(sep=" "),
            )
        )  # fmt: skip
    return rows


def release_twice(train: Any, dataset: str, batch: str) -> list[str]:
    """Two versions of one batch, both released; their contracts differ in a number."""
    contract = train.project / "include" / "contracts" / f"{dataset}.odcs.yaml"
    text = contract.read_text()
    found = []
    for number in ("1.0.0", "1.0.1"):
        contract.write_text(text.replace("version: 1.0.0", f"version: {number}"))
        assert train.run(dataset, batch)["release"].snapshot
        found.append(train.batch(dataset, batch)["version"])
    assert found[0] != found[1]
    return found


@pytest.fixture
def visits(mini: Any, train: Any) -> Callable[..., Any]:
    """Make a home whose visits came sorted by the clear key; gives keys and versions."""

    def made(follows: bool = False) -> tuple[Any, str, list[str], str, list[str]]:
        known_keys(mini, train)
        include = train.project / "include"
        policy = include / "policies" / "visits" / "cleaning.yaml"
        scaling = "{step: scale, columns: [score], method: standardise, output: derived}"
        policy.write_text(f"{policy.read_text()}  - {scaling}\n")
        train.drop("sites", "2024", mini.sites())
        train.run("sites", "2024")
        day = mini.REFERENCE_DAYS[0]
        rows = people(day, follows)
        train.drop("visits", day, mini.as_csv(mini.HEADER, rows))
        versions = release_twice(train, "visits", day)
        return train, "visits", [row[0] for row in rows], day, versions

    return made


@pytest.fixture
def planes(mini: Any, tmp_path: Path) -> Callable[..., Any]:
    """Make a home with the demo's register of planes; gives tail numbers and versions."""

    def made() -> tuple[Any, str, list[str], str, list[str]]:
        project = tmp_path / "flying"
        for part in ("contracts", "policies", "suites"):
            shutil.copytree(ROOT / "include" / part, project / "include" / part)
        train = mini.Train(project, tmp_path / "hangar")
        known_keys(mini, train)
        drop_references(train.home / "inbox")
        with (train.home / "inbox" / "planes" / "2013.csv").open() as file:
            tails = sorted(row["tailnum"] for row in csv.DictReader(file))
        return train, "planes", tails, "2013", release_twice(train, "planes", "2013")

    return made


class Adversary:
    """What a reader may fetch of some versions of a batch, and the guesses that it gives.

    Parameters
    ----------
    services : Services
        To fetch objects as a reader does; no key of them is used for a guess.
    keys : list of str
        The clear keys in their order: what the adversary knows.
    names : list of str
        Their pseudonyms, by which a guess is marked.
    """

    def __init__(
        self, services: Services, dataset: str, batch: str, keys: list[str], identifier: str
    ) -> None:
        self.services, self.dataset, self.batch = services, dataset, batch
        contract = services.project.contract(dataset)
        column = next(c for c in contract.columns if c.name == identifier)
        of = pseudonymiser(column.identity_domain, PseudonymKey(1, MASTER))
        self.place = {of(key): place for place, key in enumerate(keys)}
        self.identifier, self.n = identifier, len(keys)

    def table(self, version: str, name: str) -> Path | None:
        """The file of an object, if the version has it."""
        found = self.services.registry.find(self.dataset, self.batch, version)
        if found is None or name not in found.objects:
            return None
        return self.services.registry.fetch(self.dataset, self.batch, version, name)

    def right(self, ordered: list[str]) -> int:
        """Guesses that hit: the i-th pseudonym is the i-th key, from either end."""
        truth = np.array([self.place[name] for name in ordered])
        at = np.round(np.linspace(0, self.n - 1, len(truth))).astype(int)
        return max(int((truth == at).sum()), int((truth == at[::-1]).sum()))

    def numbered(self, names: list[str], numbers: np.ndarray[Any, Any]) -> int:
        """Guesses that hit where a number is taken as the place itself, or as a rank."""
        truth = np.array([self.place[name] for name in names])
        by_rank = [names[i] for i in np.argsort(numbers, kind="stable")]
        return max(int((truth == numbers - numbers.min()).sum()), self.right(by_rank))

    def orders(self, versions: list[str]) -> Iterator[tuple[str, int]]:
        """Each order that the versions' files have → how many pseudonyms it gives away."""
        ranks: dict[str, dict[str, np.ndarray[Any, Any]]] = {"data": {}, "observed": {}}
        for number, version in enumerate(versions, 1):
            names_by_id: dict[tuple[str, int], str] = {}
            for name in READABLE:
                path = self.table(version, name)
                if path is None:
                    continue
                table = pq.read_table(path)
                system = [c for c in table.column_names if is_number(table, c)]
                if self.identifier in table.column_names:
                    names = table[self.identifier].to_pylist()
                    ranks[name][version] = np.array([self.place[n] for n in names])
                    yield f"version {number}, {name}: order of the file", self.right(names)
                    yield from self._groups(path, f"version {number}, {name}", names)
                    names_by_id |= {
                        (c, i): n
                        for c in system
                        for i, n in zip(table[c].to_pylist(), names, strict=True)
                    }
                for column in system:
                    ids = table[column].to_pylist()
                    known = [(i, names_by_id[column, i]) for i in ids if (column, i) in names_by_id]
                    numbers = np.array([i for i, _ in known])
                    hits = self.numbered([n for _, n in known], numbers) if known else 0
                    yield f"version {number}, {name}: {column}", hits
                    if self.identifier not in table.column_names:
                        in_file = list(dict.fromkeys(n for _, n in known))
                        what = f"version {number}, {name}: order of the file"
                        yield what, self.right(in_file)
        yield from self._together(ranks)

    def _groups(self, path: Path, what: str, names: list[str]) -> Iterator[tuple[str, int]]:
        """Row groups in the order of each column's statistics."""
        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        starts = np.cumsum([0, *(g.num_rows for g in groups)])
        for place in range(file.metadata.num_columns):
            chunks = [group.column(place) for group in groups]
            if any(c.statistics is None or not c.statistics.has_min_max for c in chunks):
                continue
            least = sorted(range(len(groups)), key=lambda i: (str(chunks[i].statistics.min), i))
            ordered = [n for i in least for n in names[starts[i] : starts[i + 1]]]
            yield f"{what}: row groups by their statistics", self.right(ordered)

    def _together(
        self, ranks: dict[str, dict[str, np.ndarray[Any, Any]]]
    ) -> Iterator[tuple[str, int]]:
        """The mean place of a pseudonym in all versions and tables."""
        names = {place: name for name, place in self.place.items()}
        places = [truth for tables in ranks.values() for truth in tables.values()]
        sums = dict.fromkeys(range(self.n), 0.0)
        for truth in places:
            for at, person in enumerate(truth):
                sums[int(person)] += at / len(truth)
        ordered = [names[person] for person in sorted(sums, key=lambda p: sums[p])]
        yield "all versions and tables: mean place", self.right(ordered)

    def times(self, version: str, column: str) -> int:
        """Guesses that hit by the order of a column of times: what a row itself says."""
        path = self.table(version, "data")
        assert path
        table = pq.read_table(path).sort_by(column)
        return self.right(table[self.identifier].to_pylist())


def is_number(table: pa.Table, column: str) -> bool:
    """Whether a column may be a row number: a system's column of whole numbers."""
    return column.startswith("__") and pa.types.is_integer(table.schema.field(column).type)


def allowed(n: int, guesses: int) -> int:
    """Hits that chance gives in the best of some guesses, with a risk of one in 10 000."""
    return int(binom.isf(RISK / guesses, n, 1 / n))


def attacked(made: Any, identifier: str) -> tuple[Adversary, dict[str, int], list[str]]:
    """The adversary's hits by each order."""
    train, dataset, keys, batch, versions = made
    adversary = Adversary(train.services, dataset, batch, keys, identifier)
    worst: dict[str, int] = {}
    for order, hits in adversary.orders(versions):
        worst[order] = max(hits, worst.get(order, 0))
    return adversary, worst, versions


@pytest.mark.parametrize(("source", "identifier"), [("visits", "person"), ("planes", "tailnum")])
def test_no_order_gives_a_pseudonym_away(
    source: str, identifier: str, request: pytest.FixtureRequest
) -> None:
    adversary, found, _ = attacked(request.getfixturevalue(source)(), identifier)
    assert len(found) >= 8
    most = allowed(adversary.n, 2 * len(found))
    assert {order: hits for order, hits in found.items() if hits > most} == {}


def test_versions_share_no_row_number_and_no_order(visits: Any) -> None:
    train, dataset, keys, batch, versions = visits()
    adversary = Adversary(train.services, dataset, batch, keys, "person")
    one, two = (
        dict(zip(t["person"].to_pylist(), t["__id"].to_pylist(), strict=True))
        for v in versions
        if (t := pq.read_table(adversary.table(v, "data")))
    )
    both = sorted(one.keys() & two.keys())
    assert sum(one[p] == two[p] for p in both) <= allowed(len(both), 1)
    correlation = np.corrcoef([one[p] for p in both], [two[p] for p in both])[0, 1]
    assert abs(correlation) < 5 / len(both) ** 0.5


def test_nothing_that_a_reader_gets_has_a_landing_row_number(visits: Any) -> None:
    train, dataset, _, batch, versions = visits()
    registry = train.services.registry
    for version in versions:
        for name in registry.find(dataset, batch, version).objects:
            path = registry.fetch(dataset, batch, version, name)
            if path.read_bytes()[:4] == b"PAR1":
                assert "__row" not in pq.read_schema(path).names, name
    for path in (train.home / "reports").rglob("*"):
        if path.suffix == ".parquet":
            assert "__row" not in pq.read_schema(path).names, path.name
        if path.suffix in {".json", ".html"}:
            assert "index_list" not in path.read_text(), path.name


def page(made: dict[str, tuple[Any, str]], following: Any) -> str:
    """The evidence, each figure held against chance."""
    lines = HEAD.splitlines()
    for title, (home, identifier) in made.items():
        adversary, found, _ = attacked(home, identifier)
        most = allowed(adversary.n, 2 * len(found))
        assert max(found.values()) <= most
        lines += [
            f"## {title}", "",
            f"{adversary.n:,} pseudonyms; allowed: {most} hits in the best of "
            f"{2 * len(found)} guesses.".replace(",", " "),
            "", "| order | hits | share |", "|---|---|---|",
            *(f"| {o} | {k} | {k / adversary.n:.4%} |" for o, k in found.items()), "",
        ]  # fmt: skip
    adversary, _, versions = attacked(following, "person")
    hits = adversary.times(versions[0], "seen")
    lines += [*TIMES.splitlines(), f"{hits:,} of {adversary.n:,} ({hits / adversary.n:.1%}).", ""]
    return "\n".join(lines)


HEAD = """\
# Evidence: what the order of released rows gives away

Written by `ASSAY_UPDATE_EVIDENCE=1 pytest -m slow tests/attack/order`; without the variable the
same test attacks again, and fails where a figure is above chance or the page names other orders.

The rows arrive sorted by the clear identifier, as SQL sources send them. The adversary knows all
clear identifiers and their order, reads two released versions of the batch, and takes each order
that a file has as a guess: the first pseudonym is the first identifier, and so on, from either
end. A row number is taken as a place and as a rank. By chance one guess is right on average,
whatever the number of rows; *allowed* is the number that chance exceeds in one of 10 000 attacks.

With landing row numbers in the files, and rows in the order of pseudonym and landing row, the same
attack had 3 000 of 3 000 visits and 3 322 of 3 322 planes.

"""
TIMES = """\
## What times in the rows still tell

The order of rows is hidden, their content isn't. Where a column of times follows the clear key (a
queue by name, a register by number), sorting by it is the order again. The same visits, their times
20 seconds apart in the order of the key; pseudonyms found by sorting by that column:
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_says_what_is_computed(
    visits: Any, planes: Any, mini: Any, tmp_path: Path
) -> None:
    sources = {
        "3 000 visits, times random": (visits(), "person"),
        "The demo's register of planes": (planes(), "tailnum"),
    }
    computed = page(sources, _following(mini, tmp_path))
    if os.environ.get("ASSAY_UPDATE_EVIDENCE"):
        PAGE.write_text(computed, encoding="utf-8")
    assert _titles(PAGE.read_text(encoding="utf-8")) == _titles(computed)


def _titles(text: str) -> list[str]:
    """The page without its hits, which are other ones where a contract or a policy has changed."""
    return [line.rsplit("|", 3)[0] if line.startswith("| version") else line
            for line in text.splitlines() if not line.startswith("| all versions")]  # fmt: skip


def _following(mini: Any, tmp_path: Path) -> Any:
    """The same visits in a home of their own, their times in the order of the key."""
    train = mini.Train(mini.write_project(tmp_path / "queue"), tmp_path / "queued")
    known_keys(mini, train)
    train.drop("sites", "2024", mini.sites())
    train.run("sites", "2024")
    day = mini.REFERENCE_DAYS[0]
    rows = people(day, follows=True)
    train.drop("visits", day, mini.as_csv(mini.HEADER, rows))
    return train, "visits", [row[0] for row in rows], day, release_twice(train, "visits", day)
