"""`assay train` of one model after the other in this process; prints the last one's seconds."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

from assay.cli._main import run


def main() -> None:
    """Train each model as the shell does; the seconds and the area are the last one's."""
    for model in sys.argv[1:]:
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
