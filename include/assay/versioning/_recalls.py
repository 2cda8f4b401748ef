"""Versions that were recalled: no snapshot takes them again until the recall is lifted."""

from __future__ import annotations

from collections.abc import Mapping

from assay.errors import RegistryError
from assay.records.uses import Use
from assay.versioning._git import View
from assay.versioning._layout import uses_folder
from assay.versioning._records import load_records


def refuse_recalled(view: View, dataset: str, batches: Mapping[str, str]) -> None:
    """Raise where a version of some batches is recalled.

    Raises
    ------
    RegistryError
        With the reason of the recall, and how it is lifted.
    """
    recalls = load_records(Use, view, uses_folder("recall"))
    if not recalls:
        return
    lifted = load_records(Use, view, uses_folder("recall_lifted"))
    gone = {origin.id for use in lifted for origin in use.of}
    for recall in (r for r in recalls if r.id not in gone):
        for named, batch, version in (o.version for o in recall.of if o.kind == "version"):
            if named == dataset and batches.get(batch) == version:
                raise RegistryError(
                    f"version {version} was recalled: {recall.details.get('reason', '')}",
                    where=f"{dataset} {batch}",
                    do="Correct the source or the rules, so that a run makes another version. Was "
                    f"the recall an error? assay recall {dataset} {version} --lift --reason WHY",
                )
