"""The lake: where files of a batch lie, in zones.

A *zone* is a place with one set of readers and one maximum age. Every file that Assay writes lies
in exactly one zone; restricted zones are readable by their owner alone, because clear values of
classified columns may be in them.

What is written is written *aside*, under a hidden name, and then renamed; what a killed process
left aside is removed by whoever works there next.
"""

from assay.lake._lake import ZONES, Lake, Zone, clear_aside, digest, publish
from assay.lake._private import locked, private_folder, queued

__all__ = [
    "ZONES",
    "Lake",
    "Zone",
    "clear_aside",
    "digest",
    "locked",
    "private_folder",
    "publish",
    "queued",
]
