"""A snapshot as a dataset of MLflow: its name, its source, and a digest over all that it says.

MLflow keeps the first source that it sees under a name and a digest, and no other one. So equal
digests must mean equal sources. Its limits are 36 characters for the digest and 65 535 for the
source; the full digest of the snapshot is in the source, and in a tag of the input.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from assay.records.models import DataUsed

SOURCE_TYPE: Final = "assay"
_LONGEST_SOURCE: Final = 65_535
_DIGITS: Final = 36


def source_of(used: DataUsed) -> dict[str, Any]:
    """What MLflow shows of where data come from: data set, snapshot, versions and rules.

    Versions that are too many are named by their number and a hash; the registry has them.

    Examples
    --------
    >>> source = source_of(DataUsed(dataset="flights", number=12, digest="0" * 64, versions={}))
    >>> source["open"]
    'flights@12'
    """
    source: dict[str, Any] = {
        "open": used.name, "dataset": used.dataset, "snapshot": used.number,
        "digest": used.digest, "whole": used.whole, "batches": len(used.versions),
        "rules": {name: list(hashes) for name, hashes in sorted(used.rules.items())},
        "versions": dict(sorted(used.versions.items())),
    }  # fmt: skip
    for long in ("versions", "rules"):
        if len(source_text(source)) > _LONGEST_SOURCE:
            whole = json.dumps(source[long], sort_keys=True)
            source[long] = f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"
    return source


def source_text(source: dict[str, Any]) -> str:
    """A source as the JSON text that MLflow keeps."""
    return json.dumps(source, sort_keys=True, separators=(",", ":"))


def source_digest(used: DataUsed) -> str:
    """The digest of a dataset in MLflow: 36 hex digits over all that its source says."""
    return hashlib.sha256(source_text(source_of(used)).encode()).hexdigest()[:_DIGITS]
