"""Training runs in MLflow, and in Weights & Biases beside it: for people who compare models.

What is true of a model is in the registry: its versions, which of them is the champion, the bytes
of each. MLflow shows it. Nothing that somebody changes in MLflow changes a decision here, and a
tracking server that is down holds up nothing. :class:`Tracker` writes what a
:class:`~assay.records.models.TrainingRecord` says, once, however often it is called.

``import mlflow`` takes seconds: it happens on the first call that needs it, in one module.
"""

from assay.training.tracking._contents import ModelContent
from assay.training.tracking._datasets import source_digest, source_of
from assay.training.tracking._place import TrackingPlace, TrackingUnavailable
from assay.training.tracking._tracker import Aliases, TrackedVersion, Tracker, get_ready
from assay.training.tracking._wandb import log_to_wandb

__all__ = [
    "Aliases",
    "ModelContent",
    "TrackedVersion",
    "Tracker",
    "TrackingPlace",
    "TrackingUnavailable",
    "get_ready",
    "log_to_wandb",
    "source_digest",
    "source_of",
]
