"""The lake: the folders below one home, in zones.

A *zone* is a place with one set of readers and one maximum age. Every file that Assay writes lies
in exactly one zone. Only their owner can read restricted zones, because they may hold clear values
of classified columns.

:meth:`Lake.path` names a place and makes nothing. :meth:`Lake.make` names a place to write to, and
makes the folders above it.

A file is written *aside*, under a hidden name, and then renamed. The next process that works in the
folder removes what a killed process left aside.
"""

from assay.lake._beside import beside, replace_folder
from assay.lake._lake import ZONES, Lake, Zone, clear_aside, digest, publish, write_text
from assay.lake._private import locked, private_folder, queued

__all__ = [
    "ZONES",
    "Lake",
    "Zone",
    "beside",
    "clear_aside",
    "digest",
    "locked",
    "private_folder",
    "publish",
    "queued",
    "replace_folder",
    "write_text",
]
