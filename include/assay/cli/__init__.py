"""The ``assay`` command: the same library calls that the operators make, for a person at a shell.

Exit codes: 0 pass or warn, 1 a judged FAIL and nothing else, 2 an error in input, policy or
program, 3 inconclusive. JSON goes to stdout alone; progress and logs go to stderr.
"""

from assay.cli._main import main

__all__ = ["main"]
