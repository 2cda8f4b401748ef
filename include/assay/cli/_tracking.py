"""Training runs that wait for MLflow, sent now."""

from __future__ import annotations

import os

from assay.cli._console import errors, open_services, print_json, progress, results
from assay.cli._options import AsJson


def sync(as_json: AsJson = False) -> int:
    """Send the training runs that wait for MLflow, and let its aliases follow the registry.

    A run waits where MLflow's server was down when it ended. A version that MLflow has never been
    sent is found in the registry, so an emptied catalog is no loss.

    Exit code 2: something waits still.

    Example: assay experiments sync
    """
    from assay.stages import tracking

    services = open_services()
    with progress("sending to MLflow"):
        tracking.plan_missing(services)
        owner = f"sync {os.getpid()}"
        found = tracking.send_tracking(services, os.environ, owner, at_once=True)
        for model in sorted({use.subject for use in services.registry.uses("model_version")}):
            tracking.mirror_aliases(services, model, os.environ)
    waits = tracking.waiting_runs(services)
    if as_json:
        print_json(
            {
                "sent": [one.key for one in found if one.state == "sent"],
                "waiting": {item.key: item.error for item in waits},
            }
        )
        return 2 if waits else 0
    results.print(f"{sum(one.state == 'sent' for one in found)} training runs sent")
    for item in waits:
        errors.print(f"{item.key} waits: {item.error or 'not tried yet'}", soft_wrap=True)
    return 2 if waits else 0
