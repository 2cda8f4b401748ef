"""Synthetic rows of a data set, and more rows of a file's rare classes."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from assay.cli._console import open_services, progress, progress_bar, show, spill_zone
from assay.cli._options import AsJson, Author, Data, Dataset
from assay.wording import folded

if TYPE_CHECKING:
    from assay.engine import FileDigest
    from assay.stages.synthesis import Synthesised


_MOST: Final = 8
"""Reasons that are printed; the report has all."""


def synthesise(
    dataset: Dataset,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows to make; as many as the policy says by default.")
    ] = None,
    method: Annotated[
        Literal["copula", "gan", "best"] | None,
        typer.Option(help="`copula` takes seconds, `gan` trains a network for minutes, `best` "
                          "takes the better one; the policy's by default."),
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Key of the batch that is delivered; today by default.")
    ] = None,
    draft: Annotated[
        bool,
        typer.Option(help="Draft contract, suites and policies of the synthetic data set, if it "
                          "has none."),
    ] = True,
    author: Author = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make rows like those of a released data set, that are about nobody.

    The policy `synthesis.yaml` says what is learned and what made rows must be like. Every row
    keeps the contract's rules, and none is a copy of a rare real row. The rows are judged:
    fidelity, utility, privacy and bias. If the verdict holds them, nothing is delivered. Otherwise
    they go into the inbox of the data set `<dataset>_synthetic`, marked by `__synthetic`, and its
    release judges them like any batch. A training that was stopped goes on where it was.

    Exit code 1 or 3: the verdict is FAIL, or inconclusive.

    Example: assay synthesise census_employment --rows 10000
    """
    from assay.stages.synthesis import synthesise as made

    with progress("reading released rows") as step:
        found = made(
            open_services(dataset), dataset, batch=batch, rows=rows, method=method, draft=draft,
            author=author or getpass.getuser(), step=step,
        )  # fmt: skip
    return show(found, as_json, "" if as_json else _lines(found), found.verdict.exit_code)


def _lines(found: Synthesised) -> list[str]:
    refused = ", ".join(f"{n:,} by {why}" for why, n in found.refused.items() if n) or "none"
    reasons = [f"{r.outcome.value} {r.code}: {r.message}" for r in found.verdict.reasons]
    lines = [
        f"{found.verdict.outcome.value}: {found.rows:,} synthetic rows ({found.method}) of "
        f"{found.dataset} {found.batch}, learned from snapshot {found.snapshot}",
        f"drawn {found.drawn:,}; refused: {refused}",
        *(f"  {line}" for line in folded(reasons, _MOST, "reasons: see the report")),
        f"report: {found.report}",
    ]
    if found.delivered is None:
        return [*lines, "The verdict holds the rows: nothing is delivered."]
    lines.append(f"delivered: {found.delivered}")
    lines += [f"drafted {path}" for path in found.drafted]
    next_ = "Read the drafts, run `assay check`, then release" if found.drafted else "Next: release"
    return [*lines, f"{next_} it: airflow dags trigger release__{found.dataset} --conf "
            f"'{{\"batch\": \"{found.batch}\"}}'"]  # fmt: skip


def augment_images(
    data: Data,
    policy: Annotated[
        Path,
        typer.Option("--policy", help="The policy `images.yaml`: which changes are safe for which "
                                      "label, as in include/policies/<dataset>/."),
    ],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="Images to make of each label; by default each gets as many as "
                                 "the commonest has."),
    ] = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make more images of the rare labels of a file, by changes that leave the label as it is.

    Flips, rotation, crops, brightness and noise, each with its probability, and only for the labels
    that the policy calls safe: a mirrored 6 isn't a 6. They are for training alone: never make
    images of test images. The file that is written holds the made images only, as PNG, each marked
    by `__synthetic`, with the row that it was made of and what was changed.

    Example: assay augment-images digits.parquet --policy images.yaml --out more.parquet
    """
    from assay.engine import open_session
    from assay.policy import load_policy
    from assay.policy.images import ImagesPolicy
    from assay.stages.synthesis import augment_images_file

    loaded = load_policy(policy, ImagesPolicy)
    with progress_bar("making images") as step, open_session(spill_zone()) as session:
        written, made = augment_images_file(session, data, out, loaded, rows=rows, step=step)
    return _written(out, loaded.label, written, made, as_json)


def augment(
    data: Data,
    label: Annotated[str, typer.Option(help="Column of the class.")],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    method: Annotated[
        Literal["smote", "mixup", "noise"],
        typer.Option(help="`smote`: between a row and one of its nearest; `mixup`: between any "
                          "two; `noise`: a row's numbers, moved a little."),
    ] = "smote",
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="Rows to make of each class; by default each class gets as many "
                                 "as the largest has."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="Column to leave out, such as a key; repeat for more."),
    ] = None,
    neighbours: Annotated[int, typer.Option(min=1, help="Of `smote`: nearest rows.")] = 5,
    reach: Annotated[
        float, typer.Option(min=0, help="Of `noise`: its size, in the column's own spread.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="The same gives the same rows.")] = 1,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make more rows of the rare classes of a file, from rows of the same class.

    They are for training alone: never make rows of test rows. The file that is written holds the
    made rows only, each marked by `__synthetic`.

    Example: assay augment train.parquet --label fraud --without id --out more.parquet
    """
    from assay.engine import open_session
    from assay.stages.synthesis import augment_file
    from assay.synthesis.augment import Augmentation

    how = Augmentation(method, reach=reach, neighbours=neighbours)
    with progress("making rows"), open_session(spill_zone()) as session:
        written, made = augment_file(
            session, data, out, label=label, how=how, rows=rows, without=tuple(without or ()),
            seed=seed,
        )  # fmt: skip
    return _written(out, label, written, made, as_json)


def _written(
    out: Path, label: str, written: FileDigest, made: dict[str, int], as_json: bool
) -> int:
    """Say which file was written, and how much of each label is in it."""
    result = {"out": str(out), "rows": written.rows, "sha256": written.sha256, "made": made}
    lines = [f"{label} = {level}: {number:,} rows" for level, number in made.items()]
    return show(result, as_json, [*lines, f"wrote {out}: {written.rows:,} rows"])
