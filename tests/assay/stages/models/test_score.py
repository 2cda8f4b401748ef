"""The champion predicts a released batch, and its predictions are delivered like any other data."""

from __future__ import annotations

import csv
import io
import threading
from typing import Any

import pytest

from assay.errors import InputError
from assay.stages import models

DAY = "2024-01-04"


@pytest.fixture
def trained(home: Any, model: Any) -> Any:
    """A home with a champion."""
    model.train_model(home)
    return home


def _delivered(home: Any) -> list[dict[str, str]]:
    path = home.home / "inbox" / "passing_predictions" / f"{DAY}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_row_of_the_batch_has_a_prediction_under_its_key(trained: Any, model: Any) -> None:
    scored = models.score(trained.services, model.MODEL, DAY)

    rows = _delivered(trained)
    assert scored.rows == len(rows)
    assert list(rows[0]) == ["person", "prediction", "probability", "model_version"]
    assert {row["model_version"] for row in rows} == {"passing@1"}
    assert {row["prediction"] for row in rows} == {"0", "1"}
    assert all((float(r["probability"]) > 0.5) == (r["prediction"] == "1") for r in rows)
    snapshot, versions = trained.services.registry.partitions("visits", None)
    import pyarrow.parquet as pq

    data = pq.read_table(trained.services.registry.open(versions[DAY].objects["data"]))
    assert {row["person"] for row in rows} == set(data.column("person").to_pylist())
    right = dict(zip(data.column("person").to_pylist(), data.column("passed").to_pylist(),
                     strict=True))  # fmt: skip
    share = sum(int(r["prediction"]) == right[r["person"]] for r in rows) / len(rows)
    assert share > 0.7

    use = trained.services.registry.find_use("prediction_batch", scored.use)
    assert (use.delivers.dataset, use.delivers.batch) == ("passing_predictions", DAY)
    assert {o.kind for o in use.of} == {"model_version", "version"}
    assert snapshot.batches[DAY] in {o.id.rpartition("/")[2] for o in use.of}


def test_the_same_is_delivered_once(trained: Any, model: Any) -> None:
    first = models.score(trained.services, model.MODEL, DAY)
    head = trained.services.registry.head()
    again = models.score(trained.services, model.MODEL, DAY)
    assert (first.new, again.new) == (True, False)
    assert again.model_copy(update={"new": True}) == first
    assert trained.services.registry.head() == head


def test_what_filters_by_an_outcome_is_asked_about_all_the_same(home: Any, model: Any) -> None:
    data = {"dataset": "visits", "where": "passed is not null and score > 0"}
    model.write_model(home.project, data=data)
    model.train_model(home)
    assert models.score(home.services, model.MODEL, DAY).rows > 390


def test_without_champion_or_batch_there_is_nothing_to_score(home: Any, model: Any) -> None:
    with pytest.raises(InputError, match="no version of this model is registered"):
        models.score(home.services, model.MODEL, DAY)
    model.train_model(home)
    with pytest.raises(InputError, match="the batch isn't released"):
        models.score(home.services, model.MODEL, "2024-02-01")


def test_scoring_while_the_champion_moves_is_by_one_version_or_the_other(
    home: Any, model: Any
) -> None:
    """Each delivered file is whole, of one version that was the champion, and the last is right."""
    model.train_model(home, "past", snapshot=3)
    model.train_model(home, "now")
    path = home.home / "inbox" / "passing_predictions" / f"{DAY}.csv"
    seen, over = list[set[str]](), threading.Event()

    def read() -> None:
        while not over.is_set():
            if path.exists():
                rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
                seen.append({f"{len(rows)} {row['model_version']}" for row in rows})

    def score() -> None:
        for _ in range(6):
            models.score(home.services, model.MODEL, DAY)

    reader, scorer = threading.Thread(target=read), threading.Thread(target=score)
    reader.start()
    scorer.start()
    for name in ("passing@1", "passing@2", "passing@1"):
        models.promote_by_person(home.services, name, author="ann", reason="to and fro")
    scorer.join()
    over.set()
    reader.join()

    rows = models.score(home.services, model.MODEL, DAY).rows
    assert {row["model_version"] for row in _delivered(home)} == {"passing@1"}
    assert all(len(versions) == 1 for versions in seen)
    assert {one for versions in seen for one in versions} <= {
        f"{rows} passing@1", f"{rows} passing@2"
    }  # fmt: skip
    moves = [m.version for m in models.promotions_of(home.services, model.MODEL)]
    assert moves == ["passing@1", "passing@2", "passing@1", "passing@2", "passing@1"]
