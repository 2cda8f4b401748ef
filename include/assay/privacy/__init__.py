"""Privacy: what becomes of a value that can lead to a person.

A value is *clear* until :func:`protect` has treated its column as the privacy policy says: dropped,
masked, made coarser, replaced by a pseudonym, or kept for a stated reason. Clear identifiers lie
in restricted places only. A pseudonym is keyed (:class:`PseudonymKey`): whoever lacks the key can't
recompute it, however small the domain, and only data sets of one declared *identity domain* join.

What must be kept clear for a time lies in *sealed* files (:func:`seal_file`), under a key of their
period that goes with the last of them.
"""

from assay.privacy._check import problems, removed_columns, version_label
from assay.privacy._key import PseudonymKey, load_key
from assay.privacy._period import discard_period_keys, period_key, period_of
from assay.privacy._protect import protect
from assay.privacy._pseudonym import pseudonym
from assay.privacy._seal import seal_file, unseal_file

__all__ = [
    "PseudonymKey",
    "discard_period_keys",
    "load_key",
    "period_key",
    "period_of",
    "problems",
    "protect",
    "pseudonym",
    "removed_columns",
    "seal_file",
    "unseal_file",
    "version_label",
]
