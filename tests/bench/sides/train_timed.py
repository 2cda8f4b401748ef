"""`assay train MODEL` in this process; prints its seconds after its first imports."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time

from assay.cli._main import run


def main() -> None:
    """Run the command as the shell does, and read the area under the ROC curve off its result."""
    began = time.perf_counter()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = run(["train", sys.argv[1], "--json"])
    inside = time.perf_counter() - began
    (trained,) = json.loads(said.getvalue())["runs"]
    area = trained["figures"]["model"]["roc_auc"]["value"]
    print(json.dumps({"inside": inside, "roc_auc": area, "version": trained["version"]}))
    sys.exit(code)


if __name__ == "__main__":
    main()
