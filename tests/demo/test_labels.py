"""The demo of labelling: what it shows people, how they answer, and what is left to do."""

from __future__ import annotations

import base64
import csv
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assay import launcher
from assay.launcher import label_studio_page as page
from demo.annotators import Annotator
from demo.digits import digit_of_picture, drop_digits
from demo.labels import LABELS, Found, lines_of


def _round(state: str) -> dict[str, Any]:
    figure = {"value": 0.8, "low": 0.7, "high": 0.9}
    return {
        "round": 1, "state": state, "labels": 79, "progress": {"given": 120, "tasks": 80},
        "agreement": {"krippendorff_alpha": figure, "fleiss_kappa": figure},
    }  # fmt: skip


def test_digits_are_dropped_once_and_their_labels_never(tmp_path: Path) -> None:
    assert drop_digits(tmp_path)
    assert not drop_digits(tmp_path)
    rows = list(csv.DictReader((tmp_path / "digits" / "1998.csv").open()))
    assert len(rows) == 1797
    assert list(rows[0])[:2] == ["id", "picture"]
    assert len(rows[0]) == 66
    picture = Image.open(BytesIO(base64.b64decode(rows[0]["picture"])))
    # The darker a pixel of the picture, the more ink is in the row.
    assert picture.size == (96, 96)
    inks = {(int(rows[0][f"p{y}{x}"]), picture.getpixel((12 * x + 6, 12 * y + 6)))
            for y in range(8) for x in range(8)}  # fmt: skip
    assert {255 - int(ink * 255 / 16) - grey for ink, grey in inks} <= {0, 1}


def test_people_misread_the_same_few_pictures() -> None:
    digits = digit_of_picture()
    careful, other = Annotator("a@example.org", "p", 12), Annotator("b@example.org", "p", 12)
    wrong = [{p for p in digits if one.read(p, digits) != digits[p]} for one in (careful, other)]
    assert all(100 < len(one) < 200 for one in wrong)
    assert len(wrong[0] & wrong[1]) < 30
    assert all(Annotator("e", "p").read(p, digits) == digits[p] for p in digits)


def test_nothing_is_left_to_do_when_labels_are_released() -> None:
    records = {LABELS: {"2026-01-05": {"state": "released", "version": "0123456789abcdef"}}}
    assert not Found({}, []).done
    assert not Found(records, [_round("with experts")]).done
    assert not Found({LABELS: {"2026-01-05": {"state": "held"}}}, [_round("landed")]).done
    done = Found(records, [_round("landed")])
    assert done.done
    said = dict(lines_of(done, (78, 79)))
    assert said["Round 1"] == "120 answers to 80 tasks"
    assert said["Krippendorff alpha"] == "0.80 (0.70 to 0.90)"
    assert said["Labels landed"] == "79; 78 of 79 are the digit that was written"
    assert said["Released"] == "digits_labels batch 2026-01-05, version 0123456789ab"


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.timeout(1800)
def test_the_demo_twice(tmp_path: Path) -> None:
    if page.find_python() is None:
        pytest.skip("Label Studio isn't installed: make labelling")
    said = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "demo.labels"], capture_output=True, text=True, check=False,
            env={**os.environ, "ASSAY_HOME": str(tmp_path)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert "nothing to do" not in said[0]
    assert "nothing to do" in said[1]
    assert "starting" not in said[1]
    assert "are the digit that was written" in said[0]
    assert not launcher.status(tmp_path).running
    assert page.access(tmp_path) is None
