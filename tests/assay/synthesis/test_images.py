"""Made images: only by changes that are safe for their label, and never a copy."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image
from pydantic import ValidationError
from sklearn.datasets import load_digits

from assay.cli._main import run
from assay.errors import InputError
from assay.policy.images import ImageChange, ImagesPolicy
from assay.synthesis.images import change_image, safe_changes

SAFE = {"rotate": "all", "flip_horizontally": [0, 8], "noise": "all"}


def policy(**changes):
    """A policy of digits; ``changes`` replaces keys."""
    most = {"rotate": 12, "noise": 0.05}
    listed = [
        {"change": name, "probability": 0.5, "safe_for": safe, "rationale": "seen"}
        | ({"most": most[name]} if name in most else {})
        for name, safe in SAFE.items()
    ]
    return {"image": "image", "label": "digit", "seed": 1, "changes": listed, **changes}


def png(values, form="PNG"):
    written = io.BytesIO()
    Image.fromarray(values).save(written, form)
    return written.getvalue()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)), dtype=float)


@pytest.fixture
def digits(tmp_path):
    """The digits that scikit-learn ships, fewer of the higher ones, as a Parquet file of PNG."""
    data = load_digits()
    kept = [i for i in range(400) if i % (data.target[i] + 1) == 0]
    scaled = [png((data.images[i] * 15).astype(np.uint8).repeat(4, 0).repeat(4, 1)) for i in kept]
    table = pa.table({"image": scaled, "digit": data.target[kept].tolist(), "id": kept})
    pq.write_table(table, tmp_path / "digits.parquet")
    (tmp_path / "images.yaml").write_text(yaml.safe_dump(policy()))
    return tmp_path


def augment(folder, capsys, *more):
    data, rules, out = (str(folder / n) for n in ("digits.parquet", "images.yaml", "more.parquet"))
    code = run(["augment-images", data, "--policy", rules, "--out", out, *more])
    return code, capsys.readouterr()


def test_each_label_gets_as_many_as_the_commonest_by_safe_changes_alone(digits, capsys):
    code, said = augment(digits, capsys, "--json")

    assert code == 0
    real = pq.read_table(digits / "digits.parquet").to_pylist()
    made = pq.read_table(digits / "more.parquet")
    assert made.column_names == ["image", "digit", "made_of", "changes", "__synthetic"]
    counts = np.bincount([row["digit"] for row in real])
    found = {d: json.loads(said.out)["made"][str(d)] for d in range(10)}
    assert found == {d: counts.max() - n for d, n in enumerate(counts)}
    for row in made.to_pylist():
        source = real[row["made_of"]]
        assert row["digit"] == str(source["digit"])
        assert pixels(row["image"]).shape == (32, 32)
        changed = {one.split()[0] for one in row["changes"].split(", ")}
        assert changed
        assert "flip_horizontally" not in changed or row["digit"] in {"0", "8"}
        assert not np.array_equal(pixels(row["image"]), pixels(source["image"]))


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(digits, capsys):
    augment(digits, capsys, "--rows", "5")
    first = (digits / "more.parquet").read_bytes()
    augment(digits, capsys, "--rows", "5")
    assert (digits / "more.parquet").read_bytes() == first
    (digits / "images.yaml").write_text(yaml.safe_dump(policy(seed=2)))
    augment(digits, capsys, "--rows", "5")
    assert (digits / "more.parquet").read_bytes() != first


def test_a_label_that_no_change_is_safe_for_is_refused(digits, capsys):
    flips = policy()["changes"][1:2]
    (digits / "images.yaml").write_text(yaml.safe_dump(policy(changes=flips)))
    code, said = augment(digits, capsys)
    assert code == 2
    assert "no change is safe for a label" in said.err
    assert not (digits / "more.parquet").exists()


def test_paths_lie_below_the_file_s_folder(digits, capsys):
    (digits / "pictures").mkdir()
    rows = pq.read_table(digits / "digits.parquet").to_pylist()
    for i, row in enumerate(rows):
        (digits / "pictures" / f"{i}.png").write_bytes(row["image"])
        row["image"] = f"pictures/{i}.png"
    pq.write_table(pa.Table.from_pylist(rows), digits / "digits.parquet")
    assert augment(digits, capsys)[0] == 0
    outside = digits.parent / "outside.png"
    outside.write_bytes((digits / "pictures" / "0.png").read_bytes())
    for other in ("../outside.png", str(outside), "pictures/none.png", "pictures"):
        changed = [row | {"image": other} for row in rows]
        pq.write_table(pa.Table.from_pylist(changed), digits / "digits.parquet")
        code, said = augment(digits, capsys)
        assert code == 2
        assert "no such picture" in said.err
        assert str(digits.parent) not in said.err.replace(str(digits), "")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not a whole image"),
        (b"GIF89a", "not a whole image"),
        (png(np.zeros((9, 9), np.uint8))[:-30], "not a whole image"),
        (png(np.zeros((200, 200), np.uint8)), "too large"),
        (png(np.zeros((9, 9), np.uint16)), "more than 8 bits"),
        (png(np.zeros((9, 9), np.uint8)), "no change alters"),
    ],
)
def test_what_is_no_such_image_is_refused_by_its_place(content, what):
    changes = (ImageChange(change="flip_vertically", probability=1, safe_for="all", rationale="r"),)
    with pytest.raises(InputError, match=rf"row 7: .*{what}"):
        change_image(content, changes, np.random.default_rng(1), most_pixels=10_000, where="row 7")


SHAPES = {"gray": (20, 30), "colored": (20, 30, 3), "with alpha": (20, 30, 4)}
FORMS = [
    (form, shape)
    for form in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
    for shape in SHAPES
    if (form, shape) != ("JPEG", "with alpha")
]


@pytest.mark.parametrize(("form", "kind"), FORMS)
def test_every_change_keeps_the_size_in_every_form(form, kind):
    shape = SHAPES[kind]
    random = np.random.default_rng(1)
    content = png(random.integers(60, 200, shape, dtype=np.uint8), form)
    was = pixels(content)
    for name in ("flip_horizontally", "flip_vertically", "rotate", "crop", "brighten", "noise"):
        most = None if name.startswith("flip") else 0.2
        one = ImageChange(change=name, probability=1, most=most, safe_for="all", rationale="r")
        made = change_image(content, (one,), random, most_pixels=1_000)
        found = pixels(made.content)
        assert found.shape[:2] == was.shape[:2]
        assert made.changes.split()[0] == name
        if shape == (20, 30) and form in {"PNG", "BMP", "TIFF"}:
            expected = {"flip_horizontally": was[:, ::-1], "flip_vertically": was[::-1]}
            assert np.array_equal(found, expected.get(name, found))
            assert not np.array_equal(found, was)


def test_a_change_is_as_frequent_as_the_policy_says():
    """Given that there is one at least: 1/2 of (1/2, 1/2) is 2/3 each."""
    content = png(np.arange(64, dtype=np.uint8).reshape(8, 8))
    model = ImagesPolicy.model_validate(policy())
    random = np.random.default_rng(1)
    changes = safe_changes(model, "3")
    assert [one.change for one in changes] == ["rotate", "noise"]
    said = [change_image(content, changes, random, most_pixels=64).changes for _ in range(600)]
    share = np.mean(["rotate" in one for one in said])
    assert abs(share - 2 / 3) < 4 * np.sqrt(2 / 9 / 600)


@pytest.mark.parametrize(
    "change",
    [
        {"change": "rotate"}, {"change": "rotate", "most": 181}, {"change": "crop", "most": 1},
        {"change": "flip_vertically", "most": 1}, {"change": "noise", "most": -1},
        {"change": "noise", "most": 0.1, "safe_for": []},
    ],
)  # fmt: skip
def test_a_policy_that_says_too_much_or_too_little_is_refused(change):
    whole = {"probability": 0.5, "safe_for": "all", "rationale": "r", **change}
    with pytest.raises(ValidationError):
        ImagesPolicy.model_validate(policy(changes=[whole]))
