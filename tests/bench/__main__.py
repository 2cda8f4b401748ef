"""Assay beside its peers: the same data, whole processes, one run, equal results.

    make bench                      every comparison
    make bench ONLY=drift           one of them
    make bench ONLY=drift ROWS=1e5  on fewer rows

Each module beside this one that isn't private and has ``run(rows)`` is a comparison: it makes its
data, measures each side as a process of its own, checks that their results are equal, and prints
them side by side. It ends with an error where results differ; no time is ever asserted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from _measure import BenchError

HERE = Path(__file__).parent


def main() -> int:
    """Run the comparisons that were asked for; the exit code is the number of those that failed."""
    names = sorted(p.stem for p in HERE.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"some of: {', '.join(names)}")
    parser.add_argument("--rows", type=float, help="rows; each comparison has its own default")
    parser.add_argument("--all", action="store_true", help="the ones that take an hour too")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.only) - set(names)):
        parser.error(f"no such comparison: {', '.join(unknown)}; there are {', '.join(names)}")
    failed = 0
    for name in asked.only or names:
        module = importlib.import_module(name)
        if not asked.only and getattr(module, "LONG", False) and not asked.all:
            continue
        try:
            module.run(int(asked.rows) if asked.rows else module.ROWS)
        except BenchError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
