"""The objects that uses of released data keep in the registry's store."""

from __future__ import annotations

from typing import Final

from assay.records.uses import Use, UseKind
from assay.versioning._git import View
from assay.versioning._layout import uses_folder
from assay.versioning._records import load_records

_KEEPING: Final[UseKind] = "model_version"
"""The kind of use that keeps objects."""


def kept_objects(view: View) -> frozenset[str]:
    """The objects that uses keep, by their MD5."""
    kept = load_records(Use, view, uses_folder(_KEEPING))
    return frozenset(stored.md5 for use in kept for stored in use.objects.values())
