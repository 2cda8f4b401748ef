"""`assay train` of one model after the other in this process; prints the last one's seconds.

Where there is more than one, everything that the last one needs is imported before it begins, here
and not in the second process that a first run leaves such imports to.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

from assay.cli._main import run
from assay.stages.models import get_ready_to_keep_models
from assay.stages.tracking import get_ready_to_track


def main() -> None:
    """Train each model as the shell does; the seconds and the area are the last one's."""
    *others, last = sys.argv[1:]
    for model in (*others, last):
        if others and model == last:
            get_ready_to_keep_models()
            get_ready_to_track()
        said, began = io.StringIO(), time.perf_counter()
        with contextlib.redirect_stdout(said):
            code = run(["train", model, "--json"])
        inside = time.perf_counter() - began
    (trained,) = json.loads(said.getvalue())["runs"]
    area = trained["figures"]["model"]["roc_auc"]["value"]
    print(json.dumps({"inside": inside, "roc_auc": area, "version": trained["version"]}))
    sys.exit(code)


if __name__ == "__main__":
    main()
