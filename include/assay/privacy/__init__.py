"""Privacy: what becomes of a value that can lead to a person.

A value is *clear* until :func:`protect` has treated its column as the privacy policy says: dropped,
masked, made coarser, replaced by a pseudonym, or kept for a stated reason. Clear identifiers lie
in restricted places only. A pseudonym is keyed (:class:`assay.keys.PseudonymKey`): nobody can
recompute it without the key, however small the domain, and only data sets of one declared
*identity domain* join.
"""

from assay.privacy._observed import protect
from assay.privacy._policy import problems, removed_columns, version_label
from assay.privacy._pseudonym import pseudonym
from assay.privacy._treatments import treated_values

__all__ = ["problems", "protect", "pseudonym", "removed_columns", "treated_values", "version_label"]
