"""More images of the classes of a file, for training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from assay.engine import ROW, FileDigest, Session, data_columns
from assay.errors import InputError, unknown
from assay.pictures import read_picture
from assay.policy.images import ImageChange, ImagesPolicy
from assay.synthesis.images import change_image, safe_changes
from assay.synthetic import SYNTHETIC

if TYPE_CHECKING:
    import pyarrow as pa

CHANGES: Final = "changes"
MADE_OF: Final = "made_of"
_ROWS: Final = 256
"""Rows, and made images, that are in memory at once."""
Step = Callable[[int, int, str], object]


def augment_images_file(
    session: Session, path: str, out: Path, policy: ImagesPolicy, *, rows: int | None = None,
    step: Step | None = None,
) -> tuple[FileDigest, dict[str, int]]:  # fmt: skip
    """Make images of a file's classes, and write them alone, each marked as synthetic.

    Parameters
    ----------
    path : str
        Parquet or CSV with a column of image bytes, or of paths beside the file.
    out : Path
        Parquet: image (PNG), label, the row that it was made of, and by which changes.
    rows : int, optional
        Images to make of each label; by default as many as give each label as many as the largest.
    step : callable
        Called with the number of images that are made, the number in all, and the label.

    Returns
    -------
    FileDigest
    dict of str to int
        Label to images that were made of it.

    Raises
    ------
    InputError
        If the file or a column is missing, no change is safe for a label, or a row that is drawn
        has no whole image.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = session.open_data(path)
    names = data_columns(table)
    for name in (policy.image, policy.label):
        if name not in names:
            raise InputError("no such column", where=Path(path).name, **unknown(name, names))
    known = table.filter(table[policy.image].notnull() & table[policy.label].notnull())
    pairs = known.select(number=known[ROW], label=known[policy.label].cast("string"))
    turns, wanted = _turns(session.arrow(pairs.order_by("number")), policy.seed, rows)
    changes = {label: safe_changes(policy, label) for label, n in wanted.items() if n}
    drawn = known.filter(known[ROW].isin(sorted(turns) or [-1])).select(
        number=known[ROW], label=known[policy.label].cast("string"), image=known[policy.image]
    )
    aside, done, total = session.aside() / "made.parquet", 0, sum(wanted.values())
    schema = pa.schema({
        policy.image: pa.binary(), policy.label: pa.string(), MADE_OF: pa.int64(),
        CHANGES: pa.string(), SYNTHETIC: pa.bool_(), ROW: pa.int64(),
    })  # fmt: skip
    rows_read = (row for block in session.blocks(drawn, _ROWS) for row in block.to_pylist())
    made = (
        one for row in rows_read
        for one in _made(row, turns[row["number"]], changes, policy, Path(path).parent)
    )  # fmt: skip
    with pq.ParquetWriter(aside, schema) as writer:
        while some := list(islice(made, _ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema))
            done += len(some)
            if step is not None:
                step(done, total, some[-1][policy.label])
    written = session.write_parquet(
        session.read_parquet(aside), out, order_by=[MADE_OF, ROW], without=[ROW]
    )
    return written, wanted


def _turns(known: pa.Table, seed: int, rows: int | None) -> tuple[dict[int, int], dict[str, int]]:
    """Row → images to make of it, and label → images to make of it.

    Each row of a label is used as often as the others, but for one turn that is drawn.
    """
    random = np.random.default_rng(seed)
    numbers, labels = known.column("number").to_numpy(), np.array(known.column("label").to_pylist())
    levels, counts = np.unique(labels, return_counts=True)
    turns: dict[int, int] = {}
    wanted: dict[str, int] = {}
    for level, count in zip(levels.tolist(), counts.tolist(), strict=True):
        wanted[level] = int(counts.max() - count if rows is None else rows)
        each, more = divmod(wanted[level], count)
        mine = random.permutation(numbers[labels == level])
        turns |= {int(row): each + (i < more) for i, row in enumerate(mine) if each + (i < more)}
    return turns, wanted


def _made(
    row: dict[str, Any], turns: int, changes: dict[str, tuple[ImageChange, ...]],
    policy: ImagesPolicy, folder: Path,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """The images that are made of one row, as rows."""
    content = _content(row, folder)
    for turn in range(turns):
        random = np.random.default_rng([policy.seed, row["number"], turn])
        made = change_image(
            content, changes[row["label"]], random, most_pixels=policy.most_pixels,
            where=f"row {row['number']}",
        )  # fmt: skip
        yield {
            policy.image: made.content, policy.label: row["label"], MADE_OF: row["number"],
            CHANGES: made.changes, SYNTHETIC: True, ROW: turn,
        }  # fmt: skip


def _content(row: dict[str, Any], folder: Path) -> bytes:
    """Bytes of a row's image; a path must lie beside the data file."""
    if isinstance(row["image"], bytes):
        return row["image"]
    return read_picture(folder, str(row["image"]), where=f"row {row['number']}")
