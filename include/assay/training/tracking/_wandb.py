"""The one door to Weights & Biases: a training run beside MLflow, offline without a key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from assay.errors import InputError
from assay.records.models import TrainingRecord
from assay.training.tracking._contents import gates_said, metrics_of, parameters_of


def log_to_wandb(
    record: TrainingRecord, files: Mapping[str, Path], folder: Path, environ: Mapping[str, str]
) -> Path:
    """Write a training run for Weights & Biases, once.

    With ``WANDB_API_KEY`` it goes to its server. Without one it stays in the folder, and
    ``wandb sync`` sends it later.

    Parameters
    ----------
    folder : Path
        Where runs lie; one that lies there whole isn't written again.

    Returns
    -------
    Path
        The run's folder.

    Raises
    ------
    InputError
        If the library isn't installed.
    """
    done = folder / f"{record.training_run}.done"
    if done.exists():
        return folder / done.read_text("utf-8")
    try:
        import wandb
    except ImportError:
        raise InputError(
            "Weights & Biases isn't installed", where=f"tracking.wandb of {record.model}",
            do="pip install 'assay[wandb]', or write `wandb: false`.",
        ) from None  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    online = bool(environ.get("WANDB_API_KEY"))
    os.environ.setdefault("WANDB_SILENT", "true")
    run = wandb.init(
        project=record.model, id=record.training_run, resume="allow" if online else None,
        mode="online" if online else "offline", dir=str(folder), name=record.data[0].name,
        config=dict(parameters_of(record)), tags=[gates_said(record)],
    )  # fmt: skip
    try:
        run.summary.update(dict(metrics_of(record)))
        if files:
            kept = wandb.Artifact(f"{record.model}-{record.training_run[:12]}", type="report")
            for name, path in files.items():
                kept.add_file(str(path), name=name)
            run.log_artifact(kept)
        place = Path(run.dir).parent
    finally:
        run.finish(exit_code=int(record.state == "failed"))
    done.write_text(place.relative_to(folder).as_posix(), encoding="utf-8")
    return place
