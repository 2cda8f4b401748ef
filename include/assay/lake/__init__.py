"""The lake: where files of a batch lie, in zones.

A *zone* is a place with one set of readers and one maximum age. Every file that Assay writes lies
in exactly one zone; restricted zones are readable by their owner alone, because clear values of
classified columns may be in them.
"""

from assay.lake._lake import ZONES, Lake, Zone, digest, publish

__all__ = ["ZONES", "Lake", "Zone", "digest", "publish"]
