from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from assay.cleaning import FittedState, clean_file, render_text
from assay.cleaning._report import CleaningReport
from assay.errors import InputError, PolicyError

_POLICY = """\
on_inconclusive: hold
roles: {y: label}
steps:
  - step: text
    columns: {s: {trim: true}}
  - step: impute
    columns: {x: {method: median}}
"""
_SCALE = """\
  - step: scale
    columns: [x]
    method: standardise
    output: derived
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.csv").write_text("x,s,y\n1, a,0\n,b,1\n9,c,0\n")
    (tmp_path / "reference.csv").write_text("x,s,y\n4,a,0\n4,b,1\n5,c,1\n")
    (tmp_path / "cleaning.yaml").write_text(_POLICY)
    (tmp_path / "scaling.yaml").write_text(_POLICY + _SCALE)
    return tmp_path


def test_without_a_reference_it_fits_on_the_data_and_says_so(folder: Path) -> None:
    done = clean_file(
        folder / "data.csv", folder / "cleaning.yaml", folder / "out.parquet",
        report=folder / "report.json",
    )  # fmt: skip
    assert pd.read_parquet(folder / "out.parquet")["x"].tolist() == [1, 5, 9]
    assert done.verdict.outcome == "PASS"
    assert done.verdict.detail["fitted_on"] == "batch"
    written = CleaningReport.model_validate_json((folder / "report.json").read_text())
    assert written == done.report
    state = FittedState.from_json(done.beside["state"].read_text())
    assert state.hash == written.state_hash
    log = pd.read_parquet(done.beside["change_log"])
    assert log[["__row", "column", "rule"]].values.tolist() == [
        [0, "s", "text"], [1, "x", "impute.median"],
    ]  # fmt: skip


def test_a_page_to_read_has_its_numbers_beside_it_and_a_terminal_the_steps(folder: Path) -> None:
    done = clean_file(
        folder / "data.csv", folder / "cleaning.yaml", folder / "out.parquet",
        report=folder / "report.html",
    )  # fmt: skip
    assert "Cells changed by column" in (folder / "report.html").read_text()
    numbers = CleaningReport.model_validate_json((folder / "report.json").read_text())
    assert numbers == done.report
    text = render_text(done.verdict, done.report)
    assert text.splitlines()[0] == ("clean: PASS. 2 of 3 rows were changed (66.7 %), none dropped.")
    assert [line.split() for line in text.splitlines()[-2:]] == [
        ["1.", "text", "s", "1", "0", "0"], ["2.", "impute", "x", "1", "1", "0"],
    ]  # fmt: skip


def test_with_a_reference_it_scales_beside_the_data(folder: Path) -> None:
    done = clean_file(folder / "data.csv", folder / "scaling.yaml", folder / "out.parquet",
                      reference=folder / "reference.csv")  # fmt: skip
    assert pd.read_parquet(folder / "out.parquet")["x"].tolist() == [1, 4, 9]
    assert done.report.fitted_on == "reference"
    assert sorted(done.beside) == ["scaled", "scaler"]
    scaled = pd.read_parquet(done.beside["scaled"])["x"]
    assert scaled.tolist() == pytest.approx([(v - 13 / 3) / (2**0.5 / 3) for v in (1, 4, 9)])


def test_scaling_without_a_reference_is_refused(folder: Path) -> None:
    with pytest.raises(PolicyError, match="refused without a reference"):
        clean_file(folder / "data.csv", folder / "scaling.yaml", folder / "out.parquet")
    assert not (folder / "out.parquet").exists()


def test_csv_is_written_too(folder: Path) -> None:
    done = clean_file(folder / "data.csv", folder / "cleaning.yaml", folder / "out.csv")
    text = (folder / "out.csv").read_text()
    assert text.splitlines()[:2] == ["__row,x,s,y,x__imputed", "0,1,a,0,false"]
    assert (done.out.rows, done.out.bytes) == (3, len(text))
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


def test_no_other_format_is_written(folder: Path) -> None:
    with pytest.raises(InputError, match="is Parquet or CSV"):
        clean_file(folder / "data.csv", folder / "cleaning.yaml", folder / "out.xlsx")


def test_the_import_is_light() -> None:
    code = (
        "import sys, assay.cleaning as c\n"
        "heavy = [m for m in ('sklearn', 'scipy', 'airflow', 'great_expectations') "
        "if m in sys.modules]\n"
        "sys.exit(repr(heavy) if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
