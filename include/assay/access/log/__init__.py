"""The access log: who read what, when, for which purpose, and how many rows.

Each line holds the hash of the line before, so that no line can be edited, left out or moved
without a trace in all that follow. After each line the head, the number and the hash of the last
line, is signed. A chain alone doesn't show that its end was cut off, and who has the signing key
can write another one: so heads are also *anchored*, in a place that the writer can't rewrite.

People are in the log under random ids. Their names are encrypted with a key of their own: once it
is shredded, nobody can read who it was, and the chain still verifies.
"""

from assay.access.log._book import AccessEvent, AccessLog, Entry
from assay.access.log._check import LogCheck, LogFault, check_log
from assay.access.log._head import Head, open_head

__all__ = [
    "AccessEvent",
    "AccessLog",
    "Entry",
    "Head",
    "LogCheck",
    "LogFault",
    "check_log",
    "open_head",
]
