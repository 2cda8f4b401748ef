"""Pictures that rows name by path are shown, and nothing else of the disk."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import label_rounds as support
import pytest
from pydantic import ValidationError

from assay.errors import InputError
from assay.pictures import read_picture
from assay.policy.labelling import ShownColumn
from assay.stages.labels import rounds

PNG = b"\x89PNG....."


def test_a_round_shows_the_pictures_that_are_there(ready: Any, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "S1").write_bytes(PNG)
    shown = "show:\n  - {column: site, display: image_path, folder: " + str(folder) + "}"
    support.prepare(ready, support.POLICY.replace("show:", shown))
    rounds.plan_round(ready.services, "visits", author="tester", budget=30)
    found = rounds.find_round(ready.services, "visits")
    rounds.publish_round(ready.services, found, support.sheets(found))

    for who in support.PEOPLE:
        sheet = support.sheet(found, who)
        rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
        assert rows
        assert {row["site"][:9] for row in rows} <= {"", "pictures/"}
        kept = [path.read_bytes() for path in (sheet.parent / "pictures").rglob("*.png")]
        assert set(kept) <= {PNG}
    assert list(found.path.rglob("*.png"))


OUTSIDE = ("../secret", "/etc/hostname", "link", "", "none", "a\0b", "x" * 5000)


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="photo: no such picture") as error:
        read_picture(folder, name, where="photo")
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize(
    "shown", [{"display": "image_path"}, {"display": "value", "folder": "/pictures"}]
)
def test_a_folder_belongs_to_paths(shown: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="`folder` belongs to `image_path`"):
        ShownColumn.model_validate({"column": "site", **shown})
