"""One training run from its first stage to its last, as the command does it."""

from __future__ import annotations

from collections.abc import Callable

from assay.errors import AssayError, LeaseError
from assay.stages.models import chain
from assay.stages.models._notify import notify_training, notify_unpinned
from assay.stages.models._perform import perform_training
from assay.stages.models._pin import pin_training, read_model_file
from assay.stages.models._promote import give_lease_back, promote
from assay.stages.models._records import keep_training_crash
from assay.stages.models._spec import TrainingAsked
from assay.stages.models._training import Training
from assay.stages.run._result import Finished
from assay.stages.services import Services

Progress = Callable[[str], None]


def train(
    services: Services,
    model: str,
    run_id: str,
    *,
    snapshot: int | None = None,
    asked: TrainingAsked | None = None,
    progress: Progress = lambda _: None,
) -> Training:
    """Train a model: every stage, the promotion, and the incidents.

    Killed anywhere, the next call with the same ``run_id`` goes on where this one was. A training
    run that was done before is found: ``spec.known`` names its version.

    Returns
    -------
    Training
        With the result of ``promote``, which says what became of the version.

    Raises
    ------
    AssayError
        If a stage could not do its work; the incident is open then.
    """
    from assay.alerting import open_transports

    transports = open_transports(services.lake)
    stage = chain.PIN
    named = (read_model_file(services, model)[1].data.dataset, model, run_id)
    run: Training | None = None
    try:
        progress(stage)
        run = pin_training(services, model, run_id, "manual", snapshot=snapshot, asked=asked)
        for stage in [] if run.spec.known else chain.names():
            progress(stage)
            run = perform_training(run, stage)
        stage = chain.PROMOTE
        progress(stage)
        run = run.finished(stage, Finished(result=promote(run)))
    except LeaseError:  # another run does it, and notifies
        raise
    except (AssayError, OSError) as error:
        keep_training_crash(services, named, stage, error)
        if run is None:
            notify_unpinned(services, named, transports)
        else:
            give_lease_back(run)
            notify_training(run, transports, stage)
        raise
    notify_training(run, transports)
    return run
